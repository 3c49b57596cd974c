import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { TAIL } from './deflate/alphabets.ts';
import { DeflateEncoder, MAX_DEFLATE_INPUT } from './deflate/deflate.ts';
import { InflateDecoder, InflateFailure, MAX_INFLATE_INPUT, MAX_INFLATE_OUTPUT } from './deflate/inflate.ts';
import { MAX_FINDER_WINDOW, searchEffort } from './deflate/match-finder.ts';
import { Window } from './deflate/window.ts';
import { Violation } from './violation.ts';
import { type InflateResult, type JoinResult, maxFinalBlocks, ZlibInflation } from './zlib-inflation.ts';

export type { InflateResult, JoinResult };

/**
 * The transformation of payloads, RFC 7692 §7.2. Small messages are compressed and decompressed by the codec in `deflate/`, and
 * others by zlib. A connection keeps neither a codec nor a zlib stream. For context takeover, it keeps the end of the previous
 * messages, the window, and passes it to either of them. So all that a connection keeps between two messages is that window,
 * or nothing without context takeover.
 */

/** Options of zlib that an application may set. The window is negotiated. */
export interface DeflateOptions {
  /** 0 to 9. Default: 6, as in zlib. */
  level?: number | undefined;
  /** 1 to 9; for messages that zlib compresses. Default: 5 for small payloads, 8 for others. */
  memLevel?: number | undefined;
  /** One of zlib's strategies. With a strategy other than the default, zlib compresses all messages. Default: 0, Z_DEFAULT_STRATEGY. */
  strategy?: number | undefined;
}

/** The smallest window of raw DEFLATE in zlib: 512 bytes. */
const MIN_ZLIB_WINDOW_BITS = 9;
/**
 * A reference of zlib goes back at most the size of its window minus this. So its window of 512 bytes also suits a peer that
 * agreed to 256 bytes: no reference goes back more than 250 bytes.
 */
const ZLIB_MIN_LOOKAHEAD = 262;

/** Payloads of up to this many bytes use zlib's small tables, which are faster to prepare. */
const SMALL_PAYLOAD = 4 * 1024;
const SMALL_MEM_LEVEL = 5;
const LARGE_MEM_LEVEL = 8;
const MIN_CHUNK = 64;
const MAX_CHUNK = 64 * 1024;

/** The estimated work of a call of zlib, in microseconds. Measured: creating its object takes 12 to 35 us. */
const ZLIB_WORK = 30;
/** How many bytes take a microsecond. Measured: a byte of the input takes 20 to 40 ns, and one of the result 1 to 4 ns. */
const INPUT_BYTES_PER_WORK = 32;
const OUTPUT_BYTES_PER_WORK = 512;
const WINDOW_BYTES_PER_WORK = 512;

/** How many times as fast zlib reads a long input. */
const ZLIB_SPEED = 8;

/**
 * A compressed message of at most this many bytes is decompressed during the call if the result has at most `MAX_INFLATE_OUTPUT`
 * bytes: that takes a fraction of a millisecond. Larger ones are left to zlib's threads.
 */
const MAX_QUICK_INPUT = 16 * 1024;

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** The codecs of all connections. They are created when they are needed, because they have large tables. */
let sharedEncoder: DeflateEncoder | null = null;
let sharedDecoder: InflateDecoder | null = null;

/** Compresses the messages that one side sends (RFC 7692 §7.2.1). */
export class Deflater {
  /** The window that the peer agreed to, 8 to 15. */
  readonly windowBits: number;
  /** Whether messages may refer to previous messages. */
  readonly contextTakeover: boolean;
  readonly #threshold: number;
  readonly #options: DeflateOptions;
  #window: Window;

  /**
   * @param windowBits      the window that the peer agreed to, 8 to 15
   * @param contextTakeover whether messages may refer to previous messages
   * @param threshold       without context takeover, messages of fewer bytes are not compressed
   * @param options         options of zlib
   */
  constructor(windowBits: number, contextTakeover: boolean, threshold: number, options: DeflateOptions) {
    this.windowBits = windowBits;
    this.contextTakeover = contextTakeover;
    this.#threshold = threshold;
    this.#options = options;
    this.#window = this.#emptyWindow();
  }

  /** Whether a message of this many bytes should be compressed. */
  isWorthCompressing(length: number): boolean {
    return this.contextTakeover || length >= this.#threshold;
  }

  /** Returns a Deflater for the same peer, whose messages refer to no other message. @internal */
  withoutContext(): Deflater {
    return new Deflater(this.windowBits, false, 0, this.#options);
  }

  /** Compresses a fragment of a message; `last` ends it. */
  deflate(payload: Uint8Array, last: boolean): Uint8Array {
    const compressed =
      payload.length <= MAX_DEFLATE_INPUT && (this.#options.strategy ?? constants.Z_DEFAULT_STRATEGY) === 0
        ? this.#encode(payload, last)
        : withoutTail(deflateRawSync(payload, this.#zlibOptions(payload.length)), last);
    this.append(payload, last);
    return compressed;
  }

  /** As `deflate()`, on zlib's threads. The next call may be made before this one is done. */
  deflateLater(payload: Uint8Array, last: boolean, done: (error: Error | null, compressed: Uint8Array) => void): void {
    // The window is updated immediately, for the next call.
    const options = this.#zlibOptions(payload.length);
    this.append(payload, last);
    deflateRaw(payload, options, (error, compressed) => done(error, withoutTail(compressed, last)));
  }

  #encode(payload: Uint8Array, last: boolean): Uint8Array {
    sharedEncoder ??= new DeflateEncoder();
    const effort = searchEffort(this.#options.level);
    const compressed = sharedEncoder.encode(this.#window, payload, 2 ** this.windowBits, effort);
    return last ? compressed : Buffer.concat([compressed, TAIL]);
  }

  /**
   * Adds a message, or a fragment of one, to the window, as `deflate()` does. A message that another Deflater has compressed can
   * be sent if it refers to no other message.
   *
   * @internal
   */
  append(payload: Uint8Array, last: boolean): void {
    if (this.contextTakeover || !last) this.#window.append(payload);
    else if (this.#window.length > 0) this.#window = this.#emptyWindow();
  }

  #emptyWindow(): Window {
    // A larger window would not be used, even if the peer agreed to it.
    return new Window(Math.min(2 ** this.windowBits, MAX_FINDER_WINDOW));
  }

  #zlibOptions(length: number): ZlibOptions {
    const window = this.#window;
    const needed = Math.ceil(Math.log2(window.length + length + ZLIB_MIN_LOOKAHEAD));
    const { level, memLevel, strategy } = this.#options;
    return {
      level,
      memLevel: memLevel ?? (length <= SMALL_PAYLOAD ? SMALL_MEM_LEVEL : LARGE_MEM_LEVEL),
      strategy,
      // A window larger than the data that can be referred to would only take time to prepare.
      windowBits: Math.max(MIN_ZLIB_WINDOW_BITS, Math.min(this.windowBits, needed)),
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: Math.min(MAX_CHUNK, length + (length >>> 3) + MIN_CHUNK),
      dictionary: window.length > 0 ? window.toBytes() : undefined,
    };
  }
}

function withoutTail(compressed: Uint8Array, last: boolean): Uint8Array {
  return last ? compressed.subarray(0, compressed.length - TAIL.length) : compressed;
}

/** Decompresses the messages that one side receives (RFC 7692 §7.2.2). */
export class Inflater {
  readonly #contextTakeover: boolean;
  readonly #window: Window;
  #work = 0;

  /**
   * @param windowBits      the window that the peer agreed to use, 8 to 15
   * @param contextTakeover whether messages may refer to previous messages
   */
  constructor(windowBits: number, contextTakeover: boolean) {
    this.#contextTakeover = contextTakeover;
    this.#window = new Window(2 ** windowBits);
  }

  /** Returns an estimate of the microseconds for which `inflate()` has blocked the event loop since the last call. @internal */
  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /**
   * Decompresses a whole message if that is quick, which means a fraction of a millisecond; otherwise, returns null and changes
   * nothing. Larger messages are left to zlib's threads.
   *
   * @internal
   */
  inflateIfQuick(compressed: Uint8Array, maxBytes: number): InflateResult | null {
    if (isEmptyMessage(compressed)) return EMPTY;
    // Each message is begun once here, and once more on a thread if it turns out to be large.
    if (compressed.length <= MAX_INFLATE_INPUT) return this.#decode(compressed, maxBytes);
    return compressed.length <= MAX_QUICK_INPUT
      ? this.#inflateWithZlib(compressed, maxBytes, MAX_INFLATE_OUTPUT)
      : null;
  }

  /** Decompresses a small message. Returns null if the result may be longer than the decoder's output. */
  #decode(compressed: Uint8Array, maxBytes: number): InflateResult | null {
    sharedDecoder ??= new InflateDecoder();
    const limit = Math.min(maxBytes, MAX_INFLATE_OUTPUT);
    const length = sharedDecoder.decode(compressed, this.#window, limit, maxFinalBlocks(compressed.length));
    this.#addWork(sharedDecoder.work, compressed.length, length === InflateFailure.TOO_LONG ? limit : length);
    if (length === 0) return EMPTY;
    if (length > 0) return this.#finish(Buffer.from(sharedDecoder.output.subarray(0, length)));
    if (length === InflateFailure.TOO_LONG) return maxBytes > limit ? null : Violation.MESSAGE_TOO_LONG;
    return length === InflateFailure.INVALID ? Violation.INVALID_DEFLATE : Violation.TOO_MANY_FINAL_BLOCKS;
  }

  /** Decompresses a whole message. Stops as soon as the result has more than `maxBytes` bytes. */
  inflate(compressed: Uint8Array, maxBytes: number): InflateResult {
    return this.inflateIfQuick(compressed, maxBytes) ?? this.#inflateWithZlib(compressed, maxBytes, maxBytes)!;
  }

  /** Returns null if the result has more than `limit` bytes, but may have up to `maxBytes`. */
  #inflateWithZlib(compressed: Uint8Array, maxBytes: number, limit: number): InflateResult | null {
    const inflation = new ZlibInflation(compressed, Math.min(maxBytes, limit), this.#window);
    const result = inflation.run();
    const isTooLong = result === Violation.MESSAGE_TOO_LONG;
    const length = result instanceof Uint8Array ? result.length : isTooLong ? Math.min(maxBytes, limit) : 0;
    // Each stream needs an object of zlib, which copies the window.
    const streamWork = ZLIB_WORK + this.#window.length / WINDOW_BYTES_PER_WORK;
    this.#addWork(Math.ceil(inflation.streams * streamWork), compressed.length / ZLIB_SPEED, length);
    if (result instanceof Uint8Array) return this.#finish(result);
    return isTooLong && maxBytes > limit ? null : result;
  }

  /**
   * As `inflate()`, on zlib's threads. The next call must not be made before this one is done.
   *
   * @param onProgress called now and then with the memory in bytes that the inflation takes beside `compressed`; returns
   *   whether to continue. If not, the result is empty
   * @param onSlice    called after each MiB of the result: nothing more is inflated until it calls `resume`
   */
  inflateLater(
    compressed: Uint8Array,
    maxBytes: number,
    done: (result: InflateResult | JoinResult) => void,
    onProgress: (heldBytes: number) => boolean = () => true,
    onSlice: (resume: () => void) => void = resumeNow,
  ): void {
    new ZlibInflation(compressed, maxBytes, this.#window).runLater(
      (result) => done(typeof result === 'function' ? () => this.#finish(result() as Uint8Array) : result),
      onProgress,
      onSlice,
    );
  }

  #finish(payload: Uint8Array): Uint8Array {
    if (this.#contextTakeover) this.#window.append(payload);
    return payload;
  }

  #addWork(work: number, inputBytes: number, outputBytes: number): void {
    this.#work += work + Math.ceil(inputBytes / INPUT_BYTES_PER_WORK) + Math.ceil(outputBytes / OUTPUT_BYTES_PER_WORK);
  }
}

function resumeNow(resume: () => void): void {
  resume();
}

/** Whether this is the shortest form of an empty message. RFC 7692 §7.2.3.6 */
function isEmptyMessage(compressed: Uint8Array): boolean {
  return compressed.length === 0 || (compressed.length === 1 && compressed[0] === 0);
}
