import { isUtf8 } from 'node:buffer';

/** Below this many bytes the byte loop is quicker than the native check, whose call and view cost more than they save. */
const NATIVE_FROM = 64;

/**
 * Validates UTF-8 that comes in pieces, and finds an invalid sequence at its first wrong byte.
 *
 * RFC 6455 §8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in
 * fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_." The sequences are those of RFC 3629:
 *
 *     00-7F
 *     C2-DF 80-BF
 *     E0    A0-BF 80-BF          no overlong form
 *     E1-EC 80-BF 80-BF
 *     ED    80-9F 80-BF          no surrogate
 *     EE-EF 80-BF 80-BF
 *     F0    90-BF 80-BF 80-BF    no overlong form
 *     F1-F3 80-BF 80-BF 80-BF
 *     F4    80-8F 80-BF 80-BF    nothing above U+10FFFF
 */
export class Utf8Validator {
  /** How many bytes the code point that was begun still needs, and the range that the next of them must be in. */
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  /** Takes `chunk[start, end)`; false as soon as no continuation could make what has come valid. */
  accept(chunk: Uint8Array, start: number, end: number): boolean {
    let offset = start;
    while (offset < end && this.#needed > 0) {
      if (!this.#acceptByte(chunk[offset++]!)) return false;
    }
    if (end - offset >= NATIVE_FROM) {
      const boundary = lastBoundary(chunk, end);
      if (!isUtf8(chunk.subarray(offset, boundary))) return false;
      offset = boundary;
    }
    while (offset < end) {
      if (!this.#acceptByte(chunk[offset++]!)) return false;
    }
    return true;
  }

  /** Whether what has come ends with a whole code point. If so, the validator is ready for the next message. */
  get complete(): boolean {
    return this.#needed === 0;
  }

  #acceptByte(byte: number): boolean {
    if (this.#needed > 0) {
      if (byte < this.#lower || byte > this.#upper) return false;
      this.#needed--;
      this.#lower = 0x80;
      this.#upper = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    if (byte < 0xe0) {
      this.#needed = 1;
    } else if (byte < 0xf0) {
      this.#needed = 2;
      if (byte === 0xe0) this.#lower = 0xa0;
      else if (byte === 0xed) this.#upper = 0x9f;
    } else {
      this.#needed = 3;
      if (byte === 0xf0) this.#lower = 0x90;
      else if (byte === 0xf4) this.#upper = 0x8f;
    }
    return true;
  }
}

/**
 * Where the last code point before `end` begins, if it may be unfinished there; else `end`. It looks back over at most
 * three bytes: what is further back must be finished, and the check of the bytes before the boundary tells if not.
 */
function lastBoundary(chunk: Uint8Array, end: number): number {
  for (let back = 1; back <= 3; back++) {
    const byte = chunk[end - back]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return end - back;
  }
  return end;
}
