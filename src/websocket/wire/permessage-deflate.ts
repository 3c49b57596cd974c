import { kMaxLength } from 'node:buffer';
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { SlidingWindow } from './sliding-window.ts';
import { Violation } from './violation.ts';

/**
 * The transformation of payloads, RFC 7692 §7.2. No zlib stream is kept for a connection: the window of the messages
 * before is given to zlib as its dictionary, which is what context takeover comes to. What a connection holds between
 * two messages is that window, and nothing when there is no context takeover.
 */

/** Options of zlib that an application may set; the window is a matter of the negotiation. */
export interface DeflateOptions {
  /** 0 to 9. Default: zlib's, 6. */
  readonly level?: number | undefined;
  /** 1 to 9. Default: 5 for small payloads, 8 for others. */
  readonly memLevel?: number | undefined;
  readonly strategy?: number | undefined;
}

/** §7.2.1: removed from the end of a message, as every message would end with it; an empty block. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** The window of raw DEFLATE in zlib has 512 bytes at least. */
const MIN_ZLIB_WINDOW_BITS = 9;
/**
 * zlib refers back to at most the size of its window less this. So its window of 512 bytes is good for a peer that has
 * agreed to 256: nothing refers to more than 250 bytes back.
 */
const ZLIB_MIN_LOOKAHEAD = 262;

/**
 * How much of the messages before is kept for the next one to refer to, though the peer may have agreed to more.
 * Measured, JSON of 300 B: with no such context 175 B and 13 us a message, with 1 KiB 40 B and 19 us, with 4 KiB 37 B and
 * 25 us; 12 us of each are the making of zlib's object.
 */
const MAX_CONTEXT_BITS = 11;

/** Payloads up to this many bytes get zlib's small tables, which are quicker to prepare. */
const SMALL_PAYLOAD = 4 * 1024;
const SMALL_MEM_LEVEL = 5;
const LARGE_MEM_LEVEL = 8;

/** Blocks with BFINAL in one message: each begins a new DEFLATE stream, which takes far more time than its two bytes. */
const MAX_FINAL_BLOCKS = 100;

const MIN_CHUNK = 64;
const MAX_CHUNK = 64 * 1024;

/** What comes of inflating: the payload, or why there is none. */
export type Inflated = Uint8Array | Violation;

/** Compresses what one side sends. */
export class Deflater {
  readonly #windowBits: number;
  readonly #contextTakeover: boolean;
  readonly #threshold: number;
  readonly #options: DeflateOptions;
  #window: SlidingWindow;

  /**
   * @param windowBits      what the peer has agreed to, 8 to 15
   * @param contextTakeover whether messages refer to those before
   * @param threshold       bytes; without context takeover, smaller messages are left uncompressed
   */
  constructor(windowBits: number, contextTakeover: boolean, threshold: number, options: DeflateOptions) {
    this.#windowBits = windowBits;
    this.#contextTakeover = contextTakeover;
    this.#threshold = threshold;
    this.#options = options;
    this.#window = this.#emptyWindow();
  }

  /** Whether it pays to compress a message of this length. */
  isWorthCompressing(length: number): boolean {
    return this.#contextTakeover || length >= this.#threshold;
  }

  /** Compresses a fragment of a message; `last` ends it. */
  deflate(payload: Uint8Array, last: boolean): Uint8Array {
    const compressed = deflateRawSync(payload, this.#zlibOptions(payload.length, this.#window.content));
    this.#append(payload, last);
    return withoutTail(compressed, last);
  }

  /** The same on zlib's threads. The next one may be begun before this one is done. */
  deflateLater(payload: Uint8Array, last: boolean, done: (error: Error | null, compressed: Uint8Array) => void): void {
    // The window moves on at once.
    const options = this.#zlibOptions(payload.length, Buffer.from(this.#window.content));
    this.#append(payload, last);
    deflateRaw(payload, options, (error, compressed) => done(error, withoutTail(compressed, last)));
  }

  #append(payload: Uint8Array, last: boolean): void {
    if (last && !this.#contextTakeover) this.#window = this.#emptyWindow();
    else this.#window.append(payload);
  }

  #emptyWindow(): SlidingWindow {
    return new SlidingWindow(2 ** Math.min(this.#windowBits, MAX_CONTEXT_BITS));
  }

  #zlibOptions(length: number, dictionary: Uint8Array): ZlibOptions {
    const needed = Math.ceil(Math.log2(dictionary.length + length + ZLIB_MIN_LOOKAHEAD));
    return {
      memLevel: length <= SMALL_PAYLOAD ? SMALL_MEM_LEVEL : LARGE_MEM_LEVEL,
      ...this.#options,
      // A window that is larger than what there is to refer to would only take time to prepare.
      windowBits: Math.max(MIN_ZLIB_WINDOW_BITS, Math.min(this.#windowBits, needed)),
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: Math.min(MAX_CHUNK, length + (length >>> 3) + MIN_CHUNK),
      ...(dictionary.length > 0 ? { dictionary } : {}),
    };
  }
}

function withoutTail(compressed: Uint8Array, last: boolean): Uint8Array {
  return last ? compressed.subarray(0, compressed.length - TAIL.length) : compressed;
}

/** What Node's zlib functions return with the option `info`. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Decompresses what one side receives. */
export class Inflater {
  readonly #contextTakeover: boolean;
  readonly #window: SlidingWindow;

  /** @param windowBits what the peer keeps to, 8 to 15 */
  constructor(windowBits: number, contextTakeover: boolean) {
    this.#contextTakeover = contextTakeover;
    this.#window = new SlidingWindow(2 ** windowBits);
  }

  /**
   * Decompresses a whole message. It stops as soon as there are more than `maxLength` bytes. */
  inflate(compressed: Uint8Array, maxLength: number): Inflated {
    const progress = new Progress(compressed, maxLength, this.#window);
    try {
      while (progress.input.length > 0) {
        const options = zlibOptions(progress);
        // The types don't know that `info` makes an object of the result.
        const violation = progress.take(inflateRawSync(progress.input, options) as unknown as InflateInfo);
        if (violation !== undefined) return violation;
      }
    } catch (error) {
      return violationOf(error);
    }
    return this.#finish(progress);
  }

  /** The same on zlib's threads. The next one must not be begun before this one is done. */
  inflateLater(compressed: Uint8Array, maxLength: number, done: (result: Inflated) => void): void {
    const progress = new Progress(compressed, maxLength, this.#window);
    const step = (): void => {
      if (progress.input.length === 0) return done(this.#finish(progress));
      inflateRaw(progress.input, zlibOptions(progress), (error, result) => {
        if (error !== null) return done(violationOf(error));
        const violation = progress.take(result as unknown as InflateInfo);
        if (violation !== undefined) done(violation);
        else step();
      });
    };
    step();
  }

  #finish(progress: Progress): Uint8Array {
    const payload = progress.parts.length === 1 ? progress.parts[0]! : Buffer.concat(progress.parts);
    if (this.#contextTakeover) this.#window.append(payload);
    return payload;
  }
}

function zlibOptions({ input, remaining, window }: Progress): ZlibOptions {
  const dictionary = window.content;
  return {
    finishFlush: constants.Z_SYNC_FLUSH,
    info: true,
    maxOutputLength: Math.min(Math.max(1, remaining), kMaxLength),
    chunkSize: Math.min(MAX_CHUNK, input.length * 8 + MIN_CHUNK),
    ...(dictionary.length > 0 ? { dictionary } : {}),
  };
}

/** How far a message has been decompressed: a block with BFINAL ends a DEFLATE stream, and another one may follow. */
class Progress {
  /** What has not been decompressed. */
  input: Uint8Array;
  readonly parts: Buffer[] = [];
  /** How many bytes there may still be. */
  remaining: number;
  /** What can be referred to: of the messages before, and of this one after a block with BFINAL. */
  window: SlidingWindow;

  constructor(compressed: Uint8Array, maxLength: number, window: SlidingWindow) {
    // §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload". What comes of it is the same
    // without, but a message that was cut off often shows with it.
    this.input = Buffer.concat([compressed, TAIL]);
    this.remaining = maxLength;
    this.window = window;
  }

  take({ buffer, engine }: InflateInfo): Violation | undefined {
    this.parts.push(buffer);
    this.remaining -= buffer.length;
    if (this.remaining < 0) return Violation.MESSAGE_TOO_LONG;
    this.input = this.input.subarray(engine.bytesWritten);
    if (this.input.length > 0) {
      if (this.parts.length > MAX_FINAL_BLOCKS) return Violation.TOO_MANY_FINAL_BLOCKS;
      if (this.parts.length === 1) this.window = this.window.copy();
      this.window.append(buffer);
    }
    return undefined;
  }
}

function violationOf(error: unknown): Violation {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_BUFFER_TOO_LARGE' ? Violation.MESSAGE_TOO_LONG : Violation.INVALID_DEFLATE;
}
