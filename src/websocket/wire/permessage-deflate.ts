import { kMaxLength } from 'node:buffer';
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { SlidingWindow } from './sliding-window.ts';
import { Violation } from './violation.ts';

/**
 * The transformation of payloads, RFC 7692 §7.2. A connection keeps no zlib stream. Context takeover passes the window of
 * the previous messages to zlib as its dictionary. So all that a connection keeps between two messages is that window, or
 * nothing without context takeover.
 */

/** Options of zlib that an application may set. The window is negotiated. */
export interface DeflateOptions {
  /** 0 to 9. Default: 6, as in zlib. */
  readonly level?: number | undefined;
  /** 1 to 9. Default: 5 for small payloads, 8 for others. */
  readonly memLevel?: number | undefined;
  /** One of zlib's strategies. Default: 0, Z_DEFAULT_STRATEGY. */
  readonly strategy?: number | undefined;
}

/** §7.2.1: an empty block, removed from the end of a message because every message would end with it. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** The smallest window of raw DEFLATE in zlib: 512 bytes. */
const MIN_ZLIB_WINDOW_BITS = 9;
/**
 * A reference of zlib goes back at most the size of its window minus this. So its window of 512 bytes also suits a peer that
 * agreed to 256 bytes: no reference goes back more than 250 bytes.
 */
const ZLIB_MIN_LOOKAHEAD = 262;

/**
 * The largest context that is kept for the next message to refer to, even if the peer agreed to more.
 * Measured with JSON of 300 B: without context 175 B and 13 µs per message, with 1 KiB 40 B and 19 µs, with 4 KiB 37 B and
 * 25 µs. In each case, creating zlib's object takes 12 µs.
 */
const MAX_CONTEXT_BITS = 11;

/** Payloads of up to this many bytes use zlib's small tables, which are faster to prepare. */
const SMALL_PAYLOAD = 4 * 1024;
const SMALL_MEM_LEVEL = 5;
const LARGE_MEM_LEVEL = 8;

/** The maximum number of blocks with BFINAL in a message: each costs a new DEFLATE stream, but only two bytes to send. */
const MAX_FINAL_BLOCKS = 100;

const MIN_CHUNK = 64;
const MAX_CHUNK = 64 * 1024;

/**
 * A message with at most this many bytes, compressed and inflated, is inflated synchronously: that takes a fraction of a
 * millisecond. Larger messages are left to zlib's threads.
 */
const MAX_SYNC_INPUT = 16 * 1024;
const MAX_SYNC_OUTPUT = 64 * 1024;

/** The payload of a message, or the reason why it cannot be inflated. */
export type InflateResult = Uint8Array | Violation;

/** Compresses the messages that one side sends (RFC 7692 §7.2.1). */
export class Deflater {
  readonly #windowBits: number;
  readonly #contextTakeover: boolean;
  readonly #threshold: number;
  readonly #options: DeflateOptions;
  #window: SlidingWindow;

  /**
   * @param windowBits      the window that the peer agreed to, 8 to 15
   * @param contextTakeover whether messages may refer to previous messages
   * @param threshold       without context takeover, messages of fewer bytes are not compressed
   * @param options         options of zlib
   */
  constructor(windowBits: number, contextTakeover: boolean, threshold: number, options: DeflateOptions) {
    this.#windowBits = windowBits;
    this.#contextTakeover = contextTakeover;
    this.#threshold = threshold;
    this.#options = options;
    this.#window = this.#emptyWindow();
  }

  /** Whether a message of this many bytes should be compressed. */
  isWorthCompressing(length: number): boolean {
    return this.#contextTakeover || length >= this.#threshold;
  }

  /** Compresses a fragment of a message; `last` ends it. */
  deflate(payload: Uint8Array, last: boolean): Uint8Array {
    const compressed = deflateRawSync(payload, this.#zlibOptions(payload.length, this.#window.content));
    this.#append(payload, last);
    return withoutTail(compressed, last);
  }

  /** As `deflate()`, on zlib's threads. The next call may be made before this one is done. */
  deflateLater(payload: Uint8Array, last: boolean, done: (error: Error | null, compressed: Uint8Array) => void): void {
    // The window is updated immediately, for the next call.
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
      // A window larger than the data that can be referred to would only take time to prepare.
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

/** What the functions of node:zlib return with the option `info`. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Decompresses the messages that one side receives (RFC 7692 §7.2.2). */
export class Inflater {
  readonly #contextTakeover: boolean;
  readonly #window: SlidingWindow;

  /**
   * @param windowBits      the window that the peer agreed to use, 8 to 15
   * @param contextTakeover whether messages may refer to previous messages
   */
  constructor(windowBits: number, contextTakeover: boolean) {
    this.#contextTakeover = contextTakeover;
    this.#window = new SlidingWindow(2 ** windowBits);
  }

  /** Decompresses a whole message if that is quick; otherwise, returns null and changes nothing. */
  inflateIfQuick(compressed: Uint8Array, maxBytes: number): InflateResult | null {
    if (compressed.length > MAX_SYNC_INPUT) return null;
    const result = this.inflate(compressed, Math.min(maxBytes, MAX_SYNC_OUTPUT));
    return result === Violation.MESSAGE_TOO_LONG && maxBytes > MAX_SYNC_OUTPUT ? null : result;
  }

  /** Decompresses a whole message. Stops as soon as the result has more than `maxBytes` bytes. */
  inflate(compressed: Uint8Array, maxBytes: number): InflateResult {
    const inflation = new Inflation(compressed, maxBytes, this.#window);
    try {
      while (inflation.input.length > 0) {
        const options = zlibOptions(inflation);
        // The types do not reflect that `info` changes the result.
        const violation = inflation.add(inflateRawSync(inflation.input, options) as unknown as InflateInfo);
        if (violation !== undefined) return violation;
      }
    } catch (error) {
      return violationOf(error);
    }
    return this.#finish(inflation);
  }

  /** As `inflate()`, on zlib's threads. The next call must not be made before this one is done. */
  inflateLater(compressed: Uint8Array, maxBytes: number, done: (result: InflateResult) => void): void {
    const inflation = new Inflation(compressed, maxBytes, this.#window);
    const step = (): void => {
      if (inflation.input.length === 0) return done(this.#finish(inflation));
      inflateRaw(inflation.input, zlibOptions(inflation), (error, result) => {
        if (error !== null) return done(violationOf(error));
        const violation = inflation.add(result as unknown as InflateInfo);
        if (violation !== undefined) done(violation);
        else step();
      });
    };
    step();
  }

  #finish({ parts }: Inflation): Uint8Array {
    const payload = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (this.#contextTakeover) this.#window.append(payload);
    return payload;
  }
}

function zlibOptions({ input, remaining, window }: Inflation): ZlibOptions {
  const dictionary = window.content;
  return {
    finishFlush: constants.Z_SYNC_FLUSH,
    info: true,
    maxOutputLength: Math.min(Math.max(1, remaining), kMaxLength),
    chunkSize: Math.min(MAX_CHUNK, input.length * 8 + MIN_CHUNK),
    ...(dictionary.length > 0 ? { dictionary } : {}),
  };
}

/** A message while it is decompressed. A block with BFINAL ends a DEFLATE stream, and another stream may follow. */
class Inflation {
  /** The bytes that are not decompressed yet. */
  input: Uint8Array;
  /** The result of each DEFLATE stream. */
  readonly parts: Buffer[] = [];
  /** How many more bytes the result may have. */
  remaining: number;
  /** The bytes that can be referred to: of previous messages, and of this one before the last block with BFINAL. */
  window: SlidingWindow;

  constructor(compressed: Uint8Array, maxBytes: number, window: SlidingWindow) {
    // §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload". The result is the same without
    // them, but they often reveal a message that was cut off.
    this.input = Buffer.concat([compressed, TAIL]);
    this.remaining = maxBytes;
    this.window = window;
  }

  add({ buffer, engine }: InflateInfo): Violation | undefined {
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
