import { HandshakeError } from 'pushwire';
import { printableLine } from '../../terminal/printable.ts';

const DROPPED = 'a proxy in front of the server does not forward the header fields Upgrade and Connection';

/** What each status of a response says about the opening handshake, and what to do. */
const STATUS: Readonly<Record<number, string>> = {
  400: `The server found no valid opening handshake. Perhaps ${DROPPED}.`,
  401: 'The server requires credentials. Use --auth USER:PASSWORD or --header "Authorization: ...".',
  403: 'The server rejects this client. If it checks the origin, use --origin ORIGIN. If it requires credentials, use --header TEXT.',
  404: 'The server has no WebSocket at this path. Check the path of the URL, such as /ws.',
  405: 'The server has no WebSocket at this path. Check the path of the URL, such as /ws.',
  407: 'A proxy requires credentials.',
  426: `The request arrived without the header field Upgrade. Probably ${DROPPED}.`,
  429: 'The server has received too many requests from this client.',
  500: 'An error occurred in the server. Its log may contain the reason.',
  502: 'A proxy answered, because it could not connect to the server behind it.',
  503: 'The server, or the server behind a proxy, is unavailable.',
  504: 'A proxy answered, because the server behind it did not answer in time.',
};

const CERTIFICATE =
  'The certificate of the server could not be verified. Use --ca FILE to trust its issuer, or --insecure to skip the verification.';
const NO_TLS = 'The server answered without TLS. If it does not use TLS, the URL must begin with ws:.';

/** What each error of the network means, and what to do. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'No server listens at this address. Check the port, and whether the server is running.',
  ECONNRESET: 'The server closed the connection without a response. If it uses TLS, the URL must begin with wss:.',
  ENOTFOUND: 'The host name has no address. Check its spelling.',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of the server is for another host name. Check the URL, or use --insecure to skip the verification.',
  CERT_HAS_EXPIRED: CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
};

/** Returns one line about what the failure of a connection means and what to do. Empty if the error needs no explanation. */
export function explainFailure(error: Error): string {
  if (error instanceof HandshakeError) {
    if (error.reason !== 'WS_ERR_UNEXPECTED_RESPONSE' || error.status === 101) return '';
    const { server } = error.headers;
    return printableLine(
      `${explainResponse(error)}${server === undefined ? '' : ` The header field Server of the response is "${server}".`}`,
    );
  }
  const code = codeOf(error) ?? codeOf(error.cause);
  return code !== undefined && Object.hasOwn(CODES, code) ? CODES[code]! : '';
}

function explainResponse({ status, headers }: HandshakeError): string {
  const { location, 'content-type': type = '', 'sec-websocket-version': versions, 'retry-after': delay } = headers;
  if (status >= 300 && status < 400 && location !== undefined) {
    return `The server redirects to ${location}. Use --follow to connect there.`;
  }
  if (/^text\/event-stream\b/i.test(type)) return 'This is an event stream. Use pushwire listen URL.';
  if (versions !== undefined && !versions.split(',').some((version) => version.trim() === '13')) {
    return `The server does not support version 13 of the protocol. It supports ${versions}.`;
  }
  if (status === 429 && delay !== undefined)
    return `${STATUS[429]} The header field Retry-After of the response is "${delay}".`;
  if (Object.hasOwn(STATUS, status)) return STATUS[status]!;
  const what = /^text\/html\b/i.test(type) ? 'with a web page' : 'the request as plain HTTP';
  return `The server answered ${what}. Check the path of the URL, such as /ws. If it is correct, perhaps ${DROPPED}.`;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
