import { createHash } from 'node:crypto';

/*
 * The facts of RFC 6455 that the tester uses, each in this one place. They are written down from the standard, and not
 * shared with the module: an oracle must not repeat the mistakes of what it tests.
 */

/** RFC 6455 §11.8. */
export const Opcode = {
  CONTINUATION: 0,
  TEXT: 1,
  BINARY: 2,
  CLOSE: 8,
  PING: 9,
  PONG: 10,
} as const;

const OPCODE_NAMES: Readonly<Record<number, string>> = {
  [Opcode.CONTINUATION]: 'continuation',
  [Opcode.TEXT]: 'text',
  [Opcode.BINARY]: 'binary',
  [Opcode.CLOSE]: 'Close',
  [Opcode.PING]: 'ping',
  [Opcode.PONG]: 'pong',
};

export function opcodeName(opcode: number): string {
  return OPCODE_NAMES[opcode] ?? `opcode ${opcode}`;
}

/** RFC 6455 §5.2: "%xB-F are reserved for further control frames". */
export function isControl(opcode: number): boolean {
  return opcode >= 8;
}

/** RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less". */
export const MAX_CONTROL_PAYLOAD = 125;

/** RSV1, in a number that holds the three reserved bits. */
export const RSV1 = 0b100;

/** The three reserved bits as digits, such as `100` for RSV1. */
export function reservedBits(rsv: number): string {
  return rsv.toString(2).padStart(3, '0');
}

/** The close codes that the tester sends or expects by name, RFC 6455 §7.4.1. */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** A Close frame without a code; never sent. */
  NO_STATUS: 1005,
  INVALID_DATA: 1007,
  POLICY_VIOLATION: 1008,
  TOO_BIG: 1009,
} as const;

/** RFC 6455 §4.1, item 9. */
export const VERSION = '13';

/** The nonce of RFC 6455 §1.3, and the Sec-WebSocket-Accept that answers it. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const SAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** The Sec-WebSocket-Accept for a Sec-WebSocket-Key, RFC 6455 §4.2.2, item 5.4. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
