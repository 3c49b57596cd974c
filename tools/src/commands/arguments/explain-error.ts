const CERTIFICATE =
  'The certificate of the server could not be verified. Use --ca FILE to trust its issuer, or --insecure to skip the verification.';

/** Errors of a TLS client whose peer does not use TLS. */
const NO_TLS: ReadonlySet<string> = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

/** What each error of the network means, and what to do. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'No server listens at this address. Check the port, and whether the server is running.',
  ENOTFOUND: 'The host name has no address. Check its spelling.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of the server is for another host name. Check the URL, or use --insecure to skip the verification.',
  CERT_HAS_EXPIRED: CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
};

/**
 * Returns one line about what the failure of a connection means and what to do. Empty if the error needs no explanation.
 *
 * @param scheme of a URL without TLS
 */
export function explainError(error: unknown, scheme: 'ws' | 'http'): string {
  const code = networkCode(error);
  if (code === undefined) return '';
  if (NO_TLS.has(code))
    return `The server answered without TLS. If it does not use TLS, the URL must begin with ${scheme}:.`;
  if (code === 'ECONNRESET') {
    return `The server closed the connection without a response. If it uses TLS, the URL must begin with ${scheme}s:.`;
  }
  return Object.hasOwn(CODES, code) ? CODES[code]! : '';
}

/** Errors of certificates. */
const CERTIFICATE_CODE = /^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Whether the next attempt would fail, too: the certificate cannot be verified, or the server does not use TLS. */
export function isPermanentError(error: unknown): boolean {
  const code = networkCode(error) ?? '';
  return NO_TLS.has(code) || CERTIFICATE_CODE.test(code);
}

/** The code of an error, or of its cause. */
function networkCode(error: unknown): string | undefined {
  const { code, cause } = Object(error) as { code?: string; cause?: { code?: string } };
  return code ?? cause?.code;
}

/** What went wrong, without the places in the source of OpenSSL that its errors name. */
export function errorText(error: Error): string {
  const [, reason] = /:error:\w+:[^:]*:[^:]*:([^:]+)/.exec(error.message) ?? [];
  if (reason !== undefined) return `TLS: ${reason}`;
  // The AggregateError for several addresses has a code, but no message.
  return error.message.trim() || (error as NodeJS.ErrnoException).code || error.name;
}
