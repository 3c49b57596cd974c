import { isUtf8 } from 'node:buffer';
import { bufferView } from '../../shared/buffer-view.ts';

/** For fewer bytes, a loop over bytes is faster: the native check needs a call and a view. */
const NATIVE_FROM = 64;

/**
 * Validates UTF-8 that arrives in pieces, and finds an invalid sequence at its first wrong byte.
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
  /** How many bytes the current code point still needs, and the range of the next byte. */
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  /** Checks `chunk[start, end)`. Returns false as soon as no continuation could make the text valid. */
  accept(chunk: Uint8Array, start: number, end: number): boolean {
    let offset = start;
    while (offset < end && this.#needed > 0) {
      if (!this.#acceptByte(chunk[offset++]!)) return false;
    }
    if (end - offset >= NATIVE_FROM) {
      const boundary = lastBoundary(chunk, end);
      if (!isUtf8(bufferView(chunk, offset, boundary))) return false;
      offset = boundary;
    }
    while (offset < end) {
      if (!this.#acceptByte(chunk[offset++]!)) return false;
    }
    return true;
  }

  /** Whether the text so far ends with a whole code point. If so, the validator is ready for the next text. */
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
 * The start of the last code point before `end`, if that code point may be incomplete; otherwise `end`. Only the last three
 * bytes matter: a code point that starts before them must be complete, and the check of the bytes before the boundary
 * fails if it is not.
 */
function lastBoundary(chunk: Uint8Array, end: number): number {
  for (let back = 1; back <= 3; back++) {
    const byte = chunk[end - back]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return end - back;
  }
  return end;
}
