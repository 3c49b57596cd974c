import {
  extendedLengthBytes,
  FIN_BIT,
  LENGTH_16,
  lengthFieldOf,
  MASK_BIT,
  MASKING_KEY_BYTES,
  MAX_HEADER_BYTES,
  RSV1_BIT,
} from './frame.ts';
import { mask, readMaskingKey } from './mask.ts';
import { isControl, type Opcode } from './opcode.ts';

/** Receives encoded bytes. */
export interface BytesSink {
  /**
   * Sends `chunk[start, end)`. Returns true if the bytes were consumed during the call, so that their memory may be
   * reused; false if the transport still refers to them.
   *
   * @param overhead how many of the bytes are no payload of a message: headers, and whole control frames
   */
  onBytes(chunk: Uint8Array, start: number, end: number, overhead: number): boolean;
}

/** Fills four bytes with a fresh masking key. RFC 6455 §5.3: it "MUST be derived from a strong source of entropy". */
export type GenerateMask = (maskingKey: Uint8Array) => void;

/** One end of a connection. A client masks every frame, so it needs a source of masking keys; a server masks none (§5.1). */
export type Endpoint = { readonly role: 'server' } | { readonly role: 'client'; readonly generateMask: GenerateMask };

/** Text as a string, or bytes. */
export type Payload = string | Uint8Array;

const POOL_BYTES = 64 * 1024;

/**
 * Payloads of up to this many bytes are copied after their header, so that many frames become one write. Larger payloads
 * are written without a copy, unless they must be masked: the caller must not change them until they are sent.
 *
 * @internal
 */
export const COPY_LIMIT: number = 16 * 1024;

/**
 * The memory that all connections encode into. One connection at a time owns it; before another one takes it over, the
 * bytes of the first are sent. Bytes that the transport consumed are overwritten by the next ones. Bytes that it still
 * refers to stay, and the next ones follow them.
 */
let pool: Buffer = /* @__PURE__ */ Buffer.allocUnsafeSlow(POOL_BYTES);
let poolStart = 0;
let poolEnd = 0;
/** The overhead of the owner's bytes (`BytesSink.onBytes`). */
let poolOverhead = 0;
let poolOwner: FrameEncoder | null = null;

/**
 * Bytes that wait for the encoder's `flush()`.
 *
 * It is a function and not a method, so that the encoder object is not read: a broadcast calls it for thousands of encoders
 * in a row, too many for a CPU cache.
 *
 * @internal
 */
export function pendingBytes(encoder: FrameEncoder): number {
  return poolOwner === encoder ? poolEnd - poolStart : 0;
}

/**
 * How many of the pending bytes are not payload of a message. All of them belong to the encoder with `pendingBytes()`.
 *
 * @internal
 */
export function pendingOverhead(): number {
  return poolOverhead;
}

/**
 * Sends the collected frames. At most one connection has any.
 *
 * @internal
 */
export function flushCollected(): void {
  poolOwner?.flush();
}

/** Frames to bytes, RFC 6455 §5.2. Frames are collected until `flush()`. */
export class FrameEncoder {
  readonly #sink: BytesSink;
  readonly #generateMask: GenerateMask | null;
  readonly #maskingKey: Uint8Array | null;

  /**
   * @param sink     receives the encoded bytes
   * @param endpoint the side that sends: a client masks
   */
  constructor(sink: BytesSink, endpoint: Endpoint) {
    this.#sink = sink;
    this.#generateMask = endpoint.role === 'client' ? endpoint.generateMask : null;
    this.#maskingKey = endpoint.role === 'client' ? new Uint8Array(MASKING_KEY_BYTES) : null;
  }

  /**
   * Encodes a frame. A large payload that is neither text nor masked is not copied: it must not change until it is sent.
   *
   * @param fin  whether this is the last frame of a message (§5.4)
   * @param rsv1 whether this is the first frame of a compressed message (RFC 7692 §6.1)
   */
  encode(fin: boolean, opcode: Opcode, payload: Payload, rsv1 = false): void {
    const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    const firstByte = (fin ? FIN_BIT : 0) | (rsv1 ? RSV1_BIT : 0) | opcode;
    if (length > COPY_LIMIT) {
      this.#encodeLarge(firstByte, payload, length);
    } else {
      this.#reserve(MAX_HEADER_BYTES + length);
      const end = this.#writeFrame(pool, poolEnd, firstByte, payload, length);
      poolOverhead += end - poolEnd - (isControl(opcode) ? 0 : length);
      poolEnd = end;
    }
  }

  /** Adds a frame that was encoded before, of at most `COPY_LIMIT` bytes. */
  append(frame: Uint8Array): void {
    this.#reserve(frame.length);
    pool.set(frame, poolEnd);
    poolEnd += frame.length;
    poolOverhead += overheadOf(frame);
  }

  /** Sends the frames that were collected. */
  flush(): void {
    if (poolOwner !== this) return;
    const chunk = pool;
    const start = poolStart;
    const end = poolEnd;
    const overhead = poolOverhead;
    poolOwner = null;
    poolStart = end;
    poolOverhead = 0;
    const consumed = this.#sink.onBytes(chunk, start, end, overhead);
    // Other connections may have encoded during the call. The space is free only if nothing follows these bytes.
    if (consumed && pool === chunk && poolEnd === end && poolOwner === null) {
      poolStart = start;
      poolEnd = start;
    }
  }

  /** Makes this encoder the owner of the pool, with room for `length` bytes. */
  #reserve(length: number): void {
    while (poolOwner !== null && (poolOwner !== this || POOL_BYTES - poolEnd < length)) poolOwner.flush();
    if (POOL_BYTES - poolEnd < length) {
      pool = Buffer.allocUnsafeSlow(POOL_BYTES);
      poolStart = 0;
      poolEnd = 0;
    }
    poolOwner = this;
  }

  #encodeLarge(firstByte: number, payload: Payload, length: number): void {
    if (typeof payload === 'string' || this.#generateMask !== null) {
      this.flush();
      const frame = Buffer.allocUnsafe(MAX_HEADER_BYTES + length);
      const end = this.#writeFrame(frame, 0, firstByte, payload, length);
      this.#sink.onBytes(frame, 0, end, end - length);
    } else {
      this.#reserve(MAX_HEADER_BYTES);
      const end = writeHeader(pool, poolEnd, firstByte, length, false);
      poolOverhead += end - poolEnd;
      poolEnd = end;
      this.flush();
      this.#sink.onBytes(payload, 0, length, 0);
    }
  }

  #writeFrame(target: Buffer, start: number, firstByte: number, payload: Payload, length: number): number {
    const generateMask = this.#generateMask;
    let offset = writeHeader(target, start, firstByte, length, generateMask !== null);
    if (generateMask !== null) {
      const maskingKey = this.#maskingKey!;
      generateMask(maskingKey);
      target.set(maskingKey, offset);
      offset += MASKING_KEY_BYTES;
    }
    const end = offset + length;
    if (typeof payload === 'string') target.write(payload, offset);
    else target.set(payload, offset);
    if (generateMask !== null) mask(target, offset, end, readMaskingKey(target, offset - MASKING_KEY_BYTES));
    return end;
  }
}

/** Encodes a whole, unmasked frame of a server into a new Buffer, which can be sent to many clients. */
export function encodeFrame(opcode: Opcode, payload: Payload, compressed = false): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const headerLength = 2 + extendedLengthBytes(lengthFieldOf(length));
  const frame = Buffer.allocUnsafeSlow(headerLength + length);
  const offset = writeHeader(frame, 0, FIN_BIT | (compressed ? RSV1_BIT : 0) | opcode, length, false);
  if (typeof payload === 'string') frame.write(payload, offset);
  else frame.set(payload, offset);
  return frame;
}

/**
 * The bytes of the header of a frame that `encodeFrame()` has returned for a message: its second byte is the length alone.
 *
 * @internal
 */
export function overheadOf(frame: Uint8Array): number {
  return 2 + extendedLengthBytes(frame[1]!);
}

/** Writes a header without its masking key; returns the offset after it. */
function writeHeader(target: Uint8Array, start: number, firstByte: number, length: number, masked: boolean): number {
  const lengthField = lengthFieldOf(length);
  target[start] = firstByte;
  target[start + 1] = lengthField | (masked ? MASK_BIT : 0);
  const offset = start + 2;
  return lengthField < LENGTH_16 ? offset : writeExtendedLength(target, offset, lengthField, length);
}

function writeExtendedLength(target: Uint8Array, start: number, lengthField: number, length: number): number {
  let offset = start;
  if (lengthField === LENGTH_16) {
    target[offset++] = length >>> 8;
    target[offset++] = length;
  } else {
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
