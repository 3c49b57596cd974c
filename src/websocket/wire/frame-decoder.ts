import {
  extendedLengthBytes,
  FIN_BIT,
  LENGTH_16,
  LENGTH_BITS,
  MASK_BIT,
  MASKING_KEY_BYTES,
  MAX_CONTROL_PAYLOAD,
  MAX_HEADER_BYTES,
  MAX_LENGTH_7,
  MAX_LENGTH_16,
  OPCODE_BITS,
  type Role,
  RSV1_BIT,
  RSV2_BIT,
  RSV3_BIT,
} from './frame.ts';
import { mask, readMaskingKey, rotateMaskingKey } from './mask.ts';
import { isControl, isDefined, Opcode, startsMessage } from './opcode.ts';
import { Violation } from './violation.ts';

/** Receives what a frame decoder reports. The calls are synchronous, and each of them may halt the decoder. */
export interface FrameSink {
  /** A header is complete and valid, as far as one frame alone can be. `length` is the payload length in bytes. */
  onFrameHeader(fin: boolean, rsv1: boolean, opcode: Opcode, length: number): void;
  /** A piece of the payload, unmasked. Each frame has at least one, even if it is empty; `last` ends the frame. */
  onFramePayload(chunk: Uint8Array, start: number, end: number, last: boolean): void;
  /** The frame violates the protocol. The decoder is halted. */
  onFrameViolation(violation: Violation): void;
}

/** The part of a frame that comes next. */
const Stage = {
  /** The first two bytes: FIN, RSV, opcode, MASK and the 7-bit length. */
  START: 0,
  /** The extended payload length and the masking key. */
  REST_OF_HEADER: 1,
  PAYLOAD: 2,
} as const;

/** Bytes to frames, RFC 6455 §5.2. It buffers at most a header; the pieces of a payload are passed on as they arrive. */
export class FrameDecoder {
  readonly #sink: FrameSink;
  /** The MASK bit of the peer's frames. §5.1: a server receives masked frames, and a client unmasked ones. */
  readonly #maskBit: number;
  /** Whether RSV1 may be set on the first frame of a message (RFC 7692 §6). */
  readonly #allowRsv1: boolean;

  #stage: (typeof Stage)[keyof typeof Stage] = Stage.START;
  #halted = false;

  /** A header that is split over chunks; most connections never receive one. */
  #header: Uint8Array | null = null;
  #headerBytes = 0;

  #fin = false;
  #rsv1 = false;
  #opcode: Opcode = 0;
  #lengthField = 0;
  #remaining = 0;
  /** Rotated so that its first octet belongs to the next byte of the payload. */
  #maskingKey = 0;

  /**
   * @param role      the role of the endpoint that decodes
   * @param allowRsv1 whether RSV1 may be set on the first frame of a message (RFC 7692 §6)
   */
  constructor(sink: FrameSink, role: Role, allowRsv1: boolean) {
    this.#sink = sink;
    this.#maskBit = role === 'server' ? MASK_BIT : 0;
    this.#allowRsv1 = allowRsv1;
  }

  /** Makes `decode()` return after the current call of the sink. */
  halt(): void {
    this.#halted = true;
  }

  /** Withdraws `halt()`. */
  proceed(): void {
    this.#halted = false;
  }

  /**
   * Decodes the bytes of `chunk` from `start` on. Payloads are unmasked in place: the chunk belongs to the decoder.
   * Returns the offset of the first byte that was not decoded: less than `chunk.length` only if the decoder was halted.
   */
  decode(chunk: Uint8Array, start: number): number {
    const end = chunk.length;
    let offset = start;
    while (offset < end && !this.#halted) {
      if (this.#stage === Stage.PAYLOAD) {
        offset = this.#decodePayload(chunk, offset, end);
      } else if (this.#headerBytes === 0 && end - offset >= MAX_HEADER_BYTES) {
        // The whole header is in the chunk, whatever its form: it needs no copy.
        offset = this.#decodeHeader(chunk, offset);
      } else {
        offset = this.#collectHeader(chunk, offset);
      }
    }
    return offset;
  }

  #decodeHeader(chunk: Uint8Array, offset: number): number {
    const rest = this.#decodeStart(chunk[offset]!, chunk[offset + 1]!);
    if (this.#halted) return offset;
    const payloadStart = offset + 2 + rest;
    this.#decodeRest(chunk, offset + 2, payloadStart);
    return payloadStart;
  }

  /** Collects a header byte by byte, and checks its first two bytes as soon as they have arrived. */
  #collectHeader(chunk: Uint8Array, offset: number): number {
    // A Buffer, like most chunks: an empty payload is reported as an empty range of it.
    this.#header ??= Buffer.alloc(MAX_HEADER_BYTES);
    const header = this.#header;
    header[this.#headerBytes++] = chunk[offset]!;
    if (this.#stage === Stage.START) {
      if (this.#headerBytes < 2) return offset + 1;
      this.#decodeStart(header[0]!, header[1]!);
      if (this.#halted) return offset + 1;
      this.#stage = Stage.REST_OF_HEADER;
    }
    const headerLength = 2 + this.#restLength();
    if (this.#headerBytes === headerLength) {
      this.#headerBytes = 0;
      this.#decodeRest(header, 2, headerLength);
    }
    return offset + 1;
  }

  #restLength(): number {
    return extendedLengthBytes(this.#lengthField) + (this.#maskBit !== 0 ? MASKING_KEY_BYTES : 0);
  }

  /** Decodes and checks the first two bytes. Returns how many more bytes the header has. */
  #decodeStart(byte0: number, byte1: number): number {
    // Most frames have no RSV bit and a data opcode. The check of all others is a function of its own: then this one is so
    // small that V8 inlines it.
    if ((byte0 & ~FIN_BIT) > Opcode.BINARY || (byte1 & MASK_BIT) !== this.#maskBit) this.#check(byte0, byte1);
    this.#fin = (byte0 & FIN_BIT) !== 0;
    this.#rsv1 = (byte0 & RSV1_BIT) !== 0;
    this.#opcode = (byte0 & OPCODE_BITS) as Opcode;
    this.#lengthField = byte1 & LENGTH_BITS;
    return this.#restLength();
  }

  /** Checks the first two bytes of a header. */
  #check(byte0: number, byte1: number): void {
    const opcode = byte0 & OPCODE_BITS;
    // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
    if ((byte0 & (RSV2_BIT | RSV3_BIT)) !== 0) {
      this.#fail(Violation.UNEXPECTED_RSV_2_3);
    } else if ((byte0 & RSV1_BIT) !== 0 && !(this.#allowRsv1 && startsMessage(opcode))) {
      this.#fail(Violation.UNEXPECTED_RSV_1);
    } else if (!isDefined(opcode)) {
      this.#fail(Violation.INVALID_OPCODE);
    } else if (isControl(opcode) && (byte0 & FIN_BIT) === 0) {
      // §5.5: "All control frames [...] MUST NOT be fragmented."
      this.#fail(Violation.EXPECTED_FIN);
    } else if (isControl(opcode) && (byte1 & LENGTH_BITS) > MAX_CONTROL_PAYLOAD) {
      this.#fail(Violation.CONTROL_PAYLOAD_TOO_LONG);
    } else if ((byte1 & MASK_BIT) !== this.#maskBit) {
      // §5.1: "The server MUST close the connection upon receiving a frame that is not masked. [...] A client MUST
      // close a connection if it detects a masked frame."
      this.#fail(this.#maskBit !== 0 ? Violation.EXPECTED_MASK : Violation.UNEXPECTED_MASK);
    }
  }

  /** Decodes the rest of the header, `bytes[start, end)`. */
  #decodeRest(bytes: Uint8Array, start: number, end: number): void {
    const lengthField = this.#lengthField;
    const length = lengthField < LENGTH_16 ? lengthField : this.#extendedLength(bytes, start);
    if (this.#halted) return;
    if (this.#maskBit !== 0) this.#maskingKey = readMaskingKey(bytes, end - MASKING_KEY_BYTES);
    this.#remaining = length;
    this.#stage = Stage.PAYLOAD;
    this.#sink.onFrameHeader(this.#fin, this.#rsv1, this.#opcode, length);
    if (length === 0 && !this.#halted) {
      this.#stage = Stage.START;
      this.#sink.onFramePayload(bytes, end, end, true);
    }
  }

  /** A payload length that does not fit into seven bits. Its form must be the shortest one that can hold it. */
  #extendedLength(bytes: Uint8Array, start: number): number {
    if (this.#lengthField === LENGTH_16) {
      const length = bytes[start]! * 0x100 + bytes[start + 1]!;
      if (length <= MAX_LENGTH_7) this.#fail(Violation.LENGTH_NOT_MINIMAL);
      return length;
    }
    const high = uint32(bytes, start);
    const length = high * 0x1_0000_0000 + uint32(bytes, start + 4);
    if (high >= 0x8000_0000) this.#fail(Violation.LENGTH_TOP_BIT);
    else if (length > Number.MAX_SAFE_INTEGER) this.#fail(Violation.LENGTH_UNSAFE);
    else if (length <= MAX_LENGTH_16) this.#fail(Violation.LENGTH_NOT_MINIMAL);
    return length;
  }

  #decodePayload(chunk: Uint8Array, start: number, chunkEnd: number): number {
    const end = this.#remaining < chunkEnd - start ? start + this.#remaining : chunkEnd;
    if (this.#maskBit !== 0) {
      mask(chunk, start, end, this.#maskingKey);
      if (end - start < this.#remaining) this.#maskingKey = rotateMaskingKey(this.#maskingKey, end - start);
    }
    this.#remaining -= end - start;
    const last = this.#remaining === 0;
    if (last) this.#stage = Stage.START;
    this.#sink.onFramePayload(chunk, start, end, last);
    return end;
  }

  #fail(violation: Violation): void {
    this.#halted = true;
    this.#sink.onFrameViolation(violation);
  }
}

function uint32(bytes: Uint8Array, start: number): number {
  return ((bytes[start]! << 24) >>> 0) + (bytes[start + 1]! << 16) + (bytes[start + 2]! << 8) + bytes[start + 3]!;
}
