/** The redirect statuses, Fetch §2.2.6. */
export const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/** The headers with credentials, in lower case. A redirect to another origin drops them. */
export const CREDENTIAL_HEADERS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];
