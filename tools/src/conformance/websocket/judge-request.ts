import type { SeenHandshake } from './client-handshake-case.ts';
import { type ParameterFault, parameterFault } from './deflate-parameters.ts';
import { isToken, parseExtensions } from './extensions.ts';
import { VERSION } from './protocol.ts';

/** What is wrong with the request of a client, RFC 6455 §4.1; empty if nothing is. */
export function judgeRequest({ method, target, httpVersion, headers, early }: SeenHandshake): string {
  if (method !== 'GET') return `Wrong method; expected GET; received ${method} (RFC 6455 §4.1, item 2)`;
  if (httpVersion !== '1.1') return `Wrong HTTP version; expected 1.1; received ${httpVersion} (RFC 6455 §4.1, item 2)`;
  if (target.includes('#')) {
    return `Wrong request target; expected one without a fragment; received ${target} (RFC 6455 §4.1, item 3)`;
  }
  if (!headers.host) return 'Missing Host (RFC 6455 §4.1, item 4)';
  if (!tokensOf(headers.upgrade).includes('websocket')) {
    return `Wrong Upgrade; expected websocket; received ${quote(headers.upgrade)} (RFC 6455 §4.1, item 5)`;
  }
  if (!tokensOf(headers.connection).includes('upgrade')) {
    return `Wrong Connection; expected Upgrade; received ${quote(headers.connection)} (RFC 6455 §4.1, item 6)`;
  }
  const key = headers['sec-websocket-key'];
  if (!/^[+/\dA-Za-z]{21}[AQgw]==$/.test(key ?? '')) {
    return `Wrong Sec-WebSocket-Key; expected the base64 of 16 bytes; received ${quote(key)} (RFC 6455 §4.1, item 7)`;
  }
  const version = headers['sec-websocket-version'];
  if (version !== VERSION) {
    return `Wrong Sec-WebSocket-Version; expected ${VERSION}; received ${quote(version)} (RFC 6455 §4.1, item 9)`;
  }
  const protocols = headers['sec-websocket-protocol'];
  if (protocols !== undefined && !areProtocols(protocols)) {
    const expected = 'expected different tokens';
    return `Wrong Sec-WebSocket-Protocol; ${expected}; received ${quote(protocols)} (RFC 6455 §4.1, item 10)`;
  }
  const offers = headers['sec-websocket-extensions'];
  const fault = offers === undefined ? '' : offerFault(offers);
  if (fault !== '') return `Wrong Sec-WebSocket-Extensions; expected ${fault}; received ${quote(offers)}`;
  if (early === 0) return '';
  const expected = 'expected the client to wait for it';
  return `Octets before the response; ${expected}; received ${early} octets (RFC 6455 §4.1: "The client MUST wait for a response from the server before sending any further data.")`;
}

/** Whether the key is that of an earlier request. */
export function judgeKey({ headers, isKeyRepeated }: SeenHandshake): string {
  if (!isKeyRepeated) return '';
  const expected = 'expected one that is selected randomly for each connection';
  return `Repeated Sec-WebSocket-Key; ${expected}; received ${quote(headers['sec-websocket-key'])} again (RFC 6455 §4.1, item 7)`;
}

/** The elements of a list, in lower case. */
function tokensOf(value = ''): string[] {
  return value.split(',').map((token) => token.trim().toLowerCase());
}

function areProtocols(value: string): boolean {
  const protocols = value.split(',').map((protocol) => protocol.trim());
  return protocols.every((protocol) => isToken(protocol)) && new Set(protocols).size === protocols.length;
}

/** What was expected in place of an invalid offer; empty for a valid one. */
function offerFault(value: string): string {
  const offers = parseExtensions(value);
  if (offers === null) return 'the grammar of RFC 6455 §9.1';
  const faults = offers
    .filter(({ name }) => name === 'permessage-deflate')
    .map((offer) => parameterFault(offer, 'offer'));
  const wrong = faults.find((fault) => fault !== undefined);
  return wrong === undefined ? '' : EXPECTED[wrong.fault](wrong.name);
}

/** What was expected in place of parameters with this fault. */
const EXPECTED: Readonly<Record<ParameterFault['fault'], (name: string) => string>> = {
  repeated: (name) => `${name} once (RFC 7692 §7.1)`,
  unknown: (name) => `only parameters that the extension defines, and not ${name} (RFC 7692 §7.1)`,
  'has a value': (name) => `no value of ${name} (RFC 7692 §7.1.1)`,
  'invalid value': (name) => `${name} from 8 to 15 (RFC 7692 §7.1.2)`,
};

function quote(value: string | undefined): string {
  return value === undefined ? 'no such field' : `"${value}"`;
}
