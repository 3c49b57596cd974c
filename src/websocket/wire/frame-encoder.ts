import {
  extendedLengthSize,
  FIN_BIT,
  LENGTH_16,
  LENGTH_64,
  lengthFieldOf,
  MASK_BIT,
  MASKING_KEY_LENGTH,
  MAX_HEADER_LENGTH,
  RSV1_BIT,
} from './frame.ts';
import { mask, readMaskingKey } from './mask.ts';
import type { Opcode } from './opcode.ts';

/** Where encoded bytes go. */
export interface BytesSink {
  /**
   * Send `chunk[start, end)`. Returns true if the bytes have been consumed during the call, so that their memory may be
   * used again; false if the transport still refers to them.
   */
  onBytes(chunk: Uint8Array, start: number, end: number): boolean;
}

/** Fills four bytes with a fresh masking key. RFC 6455 §5.3: it "MUST be derived from a strong source of entropy". */
export type GenerateMask = (maskingKey: Uint8Array) => void;

/** Text as a string, or bytes. */
export type Payload = string | Uint8Array;

const POOL_SIZE = 64 * 1024;

/**
 * Payloads up to this size are copied behind their header, so that many frames make one write. Larger ones are written
 * from where they stand, unless they must be masked: the caller must not change them until they are sent.
 */
export const COPY_LIMIT: number = 16 * 1024;

/**
 * The memory that all connections encode into. One connection at a time fills it; when another one wants to, the first
 * one's bytes are sent before. Bytes that the transport took at once are overwritten by the next ones; bytes that it
 * still refers to stay, and the next ones follow behind them.
 */
let pool: Buffer = Buffer.allocUnsafeSlow(POOL_SIZE);
let poolStart = 0;
let poolEnd = 0;
let poolOwner: FrameEncoder | null = null;

/**
 * Bytes that wait for the encoder's `flush()`.
 *
 * No method, so that nothing is read from the encoder: a broadcast asks for thousands in a row, which no cache can hold.
 */
export function pendingBytes(encoder: FrameEncoder): number {
  return poolOwner === encoder ? poolEnd - poolStart : 0;
}

/** Frames to bytes, RFC 6455 §5.2. Frames are collected until `flush()`. */
export class FrameEncoder {
  readonly #sink: BytesSink;
  readonly #generateMask: GenerateMask | null;
  readonly #maskingKey: Uint8Array | null;

  /** @param generateMask in a client; null in a server, which "MUST NOT mask any frames" (§5.1). */
  constructor(sink: BytesSink, generateMask: GenerateMask | null) {
    this.#sink = sink;
    this.#generateMask = generateMask;
    this.#maskingKey = generateMask === null ? null : new Uint8Array(MASKING_KEY_LENGTH);
  }

  encode(fin: boolean, opcode: Opcode, payload: Payload, rsv1 = false): void {
    const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    const firstByte = (fin ? FIN_BIT : 0) | (rsv1 ? RSV1_BIT : 0) | opcode;
    if (length > COPY_LIMIT) {
      this.#encodeLarge(firstByte, payload, length);
    } else {
      this.#reserve(MAX_HEADER_LENGTH + length);
      poolEnd = this.#writeFrame(pool, poolEnd, firstByte, payload, length);
    }
  }

  /** Sends what waits. */
  flush(): void {
    if (poolOwner !== this) return;
    const chunk = pool;
    const start = poolStart;
    const end = poolEnd;
    poolOwner = null;
    poolStart = end;
    const consumed = this.#sink.onBytes(chunk, start, end);
    // The sink may have led to other connections' frames: only if none of them stands behind ours is the room free.
    if (consumed && pool === chunk && poolEnd === end && poolOwner === null) {
      poolStart = start;
      poolEnd = start;
    }
  }

  /** Makes this the one that fills the pool, with room for `length` bytes. */
  #reserve(length: number): void {
    while (poolOwner !== null && (poolOwner !== this || POOL_SIZE - poolEnd < length)) poolOwner.flush();
    if (POOL_SIZE - poolEnd < length) {
      pool = Buffer.allocUnsafeSlow(POOL_SIZE);
      poolStart = 0;
      poolEnd = 0;
    }
    poolOwner = this;
  }

  #encodeLarge(firstByte: number, payload: Payload, length: number): void {
    if (typeof payload === 'string' || this.#generateMask !== null) {
      this.flush();
      const frame = Buffer.allocUnsafe(MAX_HEADER_LENGTH + length);
      this.#sink.onBytes(frame, 0, this.#writeFrame(frame, 0, firstByte, payload, length));
    } else {
      this.#reserve(MAX_HEADER_LENGTH);
      poolEnd = writeHeader(pool, poolEnd, firstByte, length, false);
      this.flush();
      this.#sink.onBytes(payload, 0, length);
    }
  }

  #writeFrame(target: Buffer, start: number, firstByte: number, payload: Payload, length: number): number {
    const generateMask = this.#generateMask;
    let offset = writeHeader(target, start, firstByte, length, generateMask !== null);
    if (generateMask !== null) {
      const maskingKey = this.#maskingKey!;
      generateMask(maskingKey);
      target.set(maskingKey, offset);
      offset += MASKING_KEY_LENGTH;
    }
    const end = offset + length;
    if (typeof payload === 'string') target.write(payload, offset);
    else target.set(payload, offset);
    if (generateMask !== null) mask(target, offset, end, readMaskingKey(target, offset - MASKING_KEY_LENGTH));
    return end;
  }
}

/** A whole frame of a server, in memory of its own: it can be sent to many. */
export function encodeFrame(opcode: Opcode, payload: Payload): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const headerLength = 2 + extendedLengthSize(lengthFieldOf(length));
  const frame = Buffer.allocUnsafeSlow(headerLength + length);
  const offset = writeHeader(frame, 0, FIN_BIT | opcode, length, false);
  if (typeof payload === 'string') frame.write(payload, offset);
  else frame.set(payload, offset);
  return frame;
}

/** Writes a header but for its masking key; returns the offset behind it. */
export function writeHeader(
  target: Uint8Array,
  start: number,
  firstByte: number,
  length: number,
  masked: boolean,
): number {
  const lengthField = lengthFieldOf(length);
  target[start] = firstByte;
  target[start + 1] = lengthField | (masked ? MASK_BIT : 0);
  let offset = start + 2;
  if (lengthField === LENGTH_16) {
    target[offset++] = length >>> 8;
    target[offset++] = length;
  } else if (lengthField === LENGTH_64) {
    const high = Math.floor(length / 0x1_0000_0000);
    for (const half of [high, length]) {
      target[offset++] = half >>> 24;
      target[offset++] = half >>> 16;
      target[offset++] = half >>> 8;
      target[offset++] = half;
    }
  }
  return offset;
}
