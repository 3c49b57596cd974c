import { hash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`, RFC 6455 §4.2.2 step 5.4. */
export function acceptKey(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/**
 * Whether a `Sec-WebSocket-Key` is 16 bytes in base64 (§4.2.1, item 5). The unused bits of the last character may have any
 * value: in the RFC's own example (§4.1, item 7), they are not zero.
 */
export function isValidKey(value: string): boolean {
  return /^[0-9A-Za-z+/]{22}==$/.test(value);
}
