import { unescape as percentDecode } from 'node:querystring';

/**
 * Returns the value of the Authorization header (RFC 7617). The credentials are those of the URL or, if it has none, those of
 * the option `auth` of node:http. Returns undefined if there are none.
 */
export function basicCredentials({ username, password }: URL, auth: string | null | undefined): string | undefined {
  const urlHasCredentials = username !== '' || password !== '';
  // Like browsers, and unlike `decodeURIComponent`, `percentDecode` accepts invalid UTF-8.
  const credentials = urlHasCredentials ? `${percentDecode(username)}:${percentDecode(password)}` : auth;
  return credentials ? `Basic ${Buffer.from(credentials).toString('base64')}` : undefined;
}
