import { unescape as percentDecode } from 'node:querystring';

/**
 * The value of `Authorization` (RFC 7617) for the credentials of a URL, else for those of `auth`, the option of
 * node:http; undefined if there are none.
 */
export function basicCredentials({ username, password }: URL, auth: string | null | undefined): string | undefined {
  const inUrl = username !== '' || password !== '';
  // Unlike `decodeURIComponent`, `percentDecode` takes what is no valid UTF-8, as browsers do.
  const credentials = inUrl ? `${percentDecode(username)}:${percentDecode(password)}` : auth;
  return credentials ? `Basic ${Buffer.from(credentials).toString('base64')}` : undefined;
}
