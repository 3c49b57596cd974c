/**
 * The layout of a frame header, RFC 6455 §5.2.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 *     |I|S|S|S|  (4)  |A|     (7)     |            (16 or 64)         |
 *     |N|V|V|V|       |S|             | (if payload len is 126 or 127)|
 *     | |1|2|3|       |K|             |                               |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 */

/** Which side of the connection an endpoint is: a client masks every frame, and a server masks none (§5.1). */
export type Role = 'client' | 'server';

/** @internal */
export const FIN_BIT = 0x80;
/** @internal */
export const RSV1_BIT = 0x40;
/** @internal */
export const RSV2_BIT = 0x20;
/** @internal */
export const RSV3_BIT = 0x10;
/** @internal */
export const OPCODE_BITS = 0x0f;

/** @internal */
export const MASK_BIT = 0x80;
/** @internal */
export const LENGTH_BITS = 0x7f;

/** In the 7-bit field: the length is in the 16 bits that follow. @internal */
export const LENGTH_16 = 126;
/** In the 7-bit field: the length is in the 64 bits that follow. @internal */
export const LENGTH_64 = 127;

/** The largest length of each form: "the minimal number of bytes MUST be used to encode the length". @internal */
export const MAX_LENGTH_7 = 125;
/** @internal */
export const MAX_LENGTH_16 = 0xffff;

/** §5.5: "All control frames MUST have a payload length of 125 bytes or less". @internal */
export const MAX_CONTROL_PAYLOAD = 125;
/** The reason of a Close frame: 125 bytes minus two for the close code (§5.5.1). @internal */
export const MAX_CLOSE_REASON: number = MAX_CONTROL_PAYLOAD - 2;

/** @internal */
export const MASKING_KEY_BYTES = 4;
/** Two bytes, a 64-bit length and a masking key. @internal */
export const MAX_HEADER_BYTES = 14;

/** How many bytes of extended payload length follow the 7-bit field with this value. @internal */
export function extendedLengthBytes(lengthField: number): 0 | 2 | 8 {
  if (lengthField < LENGTH_16) return 0;
  return lengthField === LENGTH_16 ? 2 : 8;
}

/** The value of the 7-bit field for a payload of this many bytes, in the minimal form. @internal */
export function lengthFieldOf(payloadLength: number): number {
  if (payloadLength <= MAX_LENGTH_7) return payloadLength;
  return payloadLength <= MAX_LENGTH_16 ? LENGTH_16 : LENGTH_64;
}
