/** The statuses of a redirect, Fetch §2.2.6. */
export const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Header fields, in lower case, that must not be told to whom a redirect leads, if that is somebody else. */
export const CREDENTIALS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];
