import { HandshakeError } from 'pushwire';
import { printableLine } from '../../terminal/printable.ts';

const DROPPED = 'a proxy in front of it does not forward the fields Upgrade and Connection';

/** What each status of a response says about the opening handshake, and what to do. */
const STATUS: Readonly<Record<number, string>> = {
  400: `The server found no valid opening handshake. Possibly ${DROPPED}.`,
  401: 'The server demands credentials: use --auth USER:PASSWORD or --header "Authorization: ...".',
  403: 'The server refuses this client. If it checks the origin, use --origin ORIGIN; if it needs credentials, use --header.',
  404: 'The server has no WebSocket at this path. Check the path of the URL, such as /ws.',
  405: 'The server has no WebSocket at this path. Check the path of the URL, such as /ws.',
  407: 'A proxy demands credentials.',
  426: `The request reached the server without Upgrade. Probably ${DROPPED}.`,
  429: 'The server has received too many requests.',
  500: 'The server failed. Its log may say why.',
  502: 'A proxy answered, but could not reach the server behind it.',
  503: 'The server, or the server behind a proxy, is not available now.',
  504: 'A proxy answered, but the server behind it did not answer in time.',
};

const CERTIFICATE =
  'The certificate of the server could not be verified. Use --ca FILE to trust its issuer, or --insecure to verify nothing.';
const NO_TLS = 'The server answered without TLS. If it uses none, the URL begins with ws:.';

/** What each error of the network means, and what to do. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at this address. Check the port, and whether the server runs.',
  ECONNRESET: 'The server ended the connection without a response. If it uses TLS, the URL begins with wss:.',
  ENOTFOUND: 'The host name has no address. Check its spelling.',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of the server is for another host name. Check the URL, or use --insecure to verify nothing.',
  CERT_HAS_EXPIRED: CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
};

/** Says in one line what the failure of a connection means and what to do. Empty if the error says all there is to say. */
export function explainFailure(error: Error): string {
  if (error instanceof HandshakeError) {
    if (error.reason !== 'WS_ERR_UNEXPECTED_RESPONSE' || error.status === 101) return '';
    const { server } = error.headers;
    return printableLine(
      `${explainResponse(error)}${server === undefined ? '' : ` The Server field of the response is "${server}".`}`,
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
  if (/^text\/event-stream\b/i.test(type)) return 'This is an event stream: use pushwire listen URL.';
  if (versions !== undefined && !versions.split(',').some((version) => version.trim() === '13')) {
    return `The server does not accept version 13 of the protocol. It accepts ${versions}.`;
  }
  if (status === 429 && delay !== undefined) return `${STATUS[429]} Its field Retry-After is "${delay}".`;
  if (Object.hasOwn(STATUS, status)) return STATUS[status]!;
  const what = /^text\/html\b/i.test(type) ? 'with a web page' : 'the request as plain HTTP';
  return `The server answered ${what}. Check the path of the URL, such as /ws. If it is right, possibly ${DROPPED}.`;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
