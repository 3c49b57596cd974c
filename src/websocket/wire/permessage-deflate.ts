import { kMaxLength } from 'node:buffer';
import { constants, createInflateRaw, deflateRaw, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { memoryCost, ownMemory } from '../../shared/memory-price.ts';
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
const TAIL = /* @__PURE__ */ Uint8Array.of(0x00, 0x00, 0xff, 0xff);

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

/**
 * How many blocks with BFINAL a message may have: a few, and one for each KiB of the compressed message. Each costs a new
 * DEFLATE stream, but only two bytes to send.
 */
const MIN_FINAL_BLOCKS = 4;
const BYTES_PER_FINAL_BLOCK = 1024;

const MIN_CHUNK = 64;
const MAX_CHUNK = 64 * 1024;

/**
 * A message with at most this many bytes, compressed and inflated, is inflated synchronously: that takes a fraction of a
 * millisecond. Larger messages are left to zlib's threads.
 */
const MAX_SYNC_INPUT = 16 * 1024;
const MAX_SYNC_OUTPUT = 64 * 1024;

/**
 * The work of an inflation, in microseconds. Measured: creating zlib's object takes 12 to 35 us, and a byte of the input or
 * of the result 2 to 4 ns.
 */
const STREAM_WORK = 30;
const BYTES_PER_WORK = 256;

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** After this many bytes of a result, others may go first. */
const SLICE_BYTES = 1024 * 1024;

/** The payload of a message, or the reason why it cannot be inflated. */
export type InflateResult = Uint8Array | Violation;
/** Returns the result of an inflation. It joins the pieces, which takes milliseconds for a large message. Call it once. */
export type JoinResult = () => InflateResult;

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
    const { level, memLevel, strategy } = this.#options;
    return {
      level,
      memLevel: memLevel ?? (length <= SMALL_PAYLOAD ? SMALL_MEM_LEVEL : LARGE_MEM_LEVEL),
      strategy,
      // A window larger than the data that can be referred to would only take time to prepare.
      windowBits: Math.max(MIN_ZLIB_WINDOW_BITS, Math.min(this.#windowBits, needed)),
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: Math.min(MAX_CHUNK, length + (length >>> 3) + MIN_CHUNK),
      dictionary: dictionary.length > 0 ? dictionary : undefined,
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
  #work = 0;

  /**
   * @param windowBits      the window that the peer agreed to use, 8 to 15
   * @param contextTakeover whether messages may refer to previous messages
   */
  constructor(windowBits: number, contextTakeover: boolean) {
    this.#contextTakeover = contextTakeover;
    this.#window = new SlidingWindow(2 ** windowBits);
  }

  /** Returns an estimate of the microseconds for which `inflate()` has blocked the event loop since the last call. */
  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /** Decompresses a whole message if that is quick; otherwise, returns null and changes nothing. */
  inflateIfQuick(compressed: Uint8Array, maxBytes: number): InflateResult | null {
    if (compressed.length > MAX_SYNC_INPUT) return null;
    const result = this.inflate(compressed, Math.min(maxBytes, MAX_SYNC_OUTPUT));
    return result === Violation.MESSAGE_TOO_LONG && maxBytes > MAX_SYNC_OUTPUT ? null : result;
  }

  /** Decompresses a whole message. Stops as soon as the result has more than `maxBytes` bytes. */
  inflate(compressed: Uint8Array, maxBytes: number): InflateResult {
    if (isEmptyMessage(compressed)) return EMPTY;
    const inflation = new Inflation(compressed, maxBytes, this.#window);
    this.#work += Math.ceil(compressed.length / BYTES_PER_WORK);
    try {
      while (inflation.input.length > 0) {
        this.#work += STREAM_WORK;
        const options = zlibOptions(inflation);
        // The types do not reflect that `info` changes the result.
        const { buffer, engine } = inflateRawSync(inflation.input, options) as unknown as InflateInfo;
        this.#work += Math.ceil(buffer.length / BYTES_PER_WORK);
        const violation = inflation.add(buffer) ?? inflation.endStream(engine.bytesWritten);
        if (violation !== undefined) return violation;
      }
    } catch (error) {
      const violation = violationOf(error);
      if (violation === Violation.MESSAGE_TOO_LONG) this.#work += Math.ceil(inflation.remaining / BYTES_PER_WORK);
      return violation;
    }
    return this.#finish(inflation);
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
    onSlice: (resume: () => void) => void = (resume) => resume(),
  ): void {
    const inflation = new Inflation(compressed, maxBytes, this.#window);
    let slice = 0;
    const inflateStream = (): void => {
      const stream = createInflateRaw(zlibOptions(inflation));
      const end = (result: InflateResult): void => {
        stream.removeAllListeners('data').removeAllListeners('end');
        stream.destroy();
        inflation.release();
        done(result);
      };
      stream.on('error', (error) => end(violationOf(error)));
      stream.on('data', (part: Buffer) => {
        // A stream may have filled a few bytes of a large chunk.
        const violation = inflation.add(ownMemory(part));
        if (violation !== undefined) end(violation);
        else if (!onProgress(inflation.heldBytes)) end(EMPTY);
        else if (inflation.heldBytes >= (slice + 1) * SLICE_BYTES) {
          slice = Math.floor(inflation.heldBytes / SLICE_BYTES);
          stream.pause();
          onSlice(() => stream.resume());
        }
      });
      stream.on('end', () => {
        const violation = inflation.endStream(stream.bytesWritten);
        if (violation !== undefined) end(violation);
        else if (inflation.input.length > 0) inflateStream();
        else done(() => this.#finish(inflation));
      });
      stream.end(inflation.input);
    };
    if (onProgress(inflation.heldBytes)) inflateStream();
    else done(EMPTY);
  }

  #finish(inflation: Inflation): Uint8Array {
    const { parts } = inflation;
    const payload = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    inflation.release();
    if (this.#contextTakeover) this.#window.append(payload);
    return payload;
  }
}

/** Whether this is the shortest form of an empty message, which needs no zlib. §7.2.3.6 */
function isEmptyMessage(compressed: Uint8Array): boolean {
  return compressed.length === 0 || (compressed.length === 1 && compressed[0] === 0);
}

/** One literal: with an object that is made from another one, an inflation takes twice as long (measured in Node 20). */
function zlibOptions({ input, window, outputLimit }: Inflation): ZlibOptions {
  const dictionary = window.content;
  return {
    finishFlush: constants.Z_SYNC_FLUSH,
    info: true,
    maxOutputLength: outputLimit,
    chunkSize: Math.min(MAX_CHUNK, input.length * 8 + MIN_CHUNK),
    dictionary: dictionary.length > 0 ? dictionary : undefined,
  };
}

/** A message while it is decompressed. A block with BFINAL ends a DEFLATE stream, and another stream may follow. */
class Inflation {
  /** The bytes that are not decompressed yet. */
  input: Uint8Array;
  /** The result, in pieces. */
  readonly parts: Uint8Array[] = [];
  /** How many more bytes the result may have. */
  remaining: number;
  /** The bytes that can be referred to: of previous messages, and of this one before the last block with BFINAL. */
  window: SlidingWindow;
  /** How many of the parts belong to earlier streams. */
  #earlierParts = 0;
  /** The memory in bytes of the parts. */
  #partsCost = 0;
  #finalBlocks = 0;
  readonly #maxFinalBlocks: number;

  constructor(compressed: Uint8Array, maxBytes: number, window: SlidingWindow) {
    // §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload". The result is the same without
    // them, but they often reveal a message that was cut off.
    this.input = Buffer.concat([compressed, TAIL]);
    this.remaining = maxBytes;
    this.window = window;
    this.#maxFinalBlocks = MIN_FINAL_BLOCKS + Math.floor(compressed.length / BYTES_PER_FINAL_BLOCK);
  }

  /** The memory in bytes that the inflation takes, zlib's chunk included. */
  get heldBytes(): number {
    return memoryCost(this.input) + this.#partsCost + MAX_CHUNK;
  }

  /** How many bytes zlib may produce. */
  get outputLimit(): number {
    return Math.min(Math.max(1, this.remaining), kMaxLength);
  }

  /** Adds a part of the result. */
  add(part: Uint8Array): Violation | undefined {
    this.parts.push(part);
    this.#partsCost += memoryCost(part);
    this.remaining -= part.length;
    return this.remaining < 0 ? Violation.MESSAGE_TOO_LONG : undefined;
  }

  /** Releases the memory. An error that occurs meanwhile, and is kept, keeps the functions of its stack, and this object. */
  release(): void {
    this.input = EMPTY;
    this.parts.length = 0;
  }

  /** The stream has ended after this many bytes of the input. */
  endStream(inputBytes: number): Violation | undefined {
    this.input = this.input.subarray(inputBytes);
    if (this.input.length === 0) return undefined;
    this.#finalBlocks++;
    if (this.#finalBlocks > this.#maxFinalBlocks) return Violation.TOO_MANY_FINAL_BLOCKS;
    if (this.#finalBlocks === 1) this.window = this.window.copy();
    for (; this.#earlierParts < this.parts.length; this.#earlierParts++) {
      this.window.append(this.parts[this.#earlierParts]!);
    }
    return undefined;
  }
}

function violationOf(error: unknown): Violation {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_BUFFER_TOO_LARGE' ? Violation.MESSAGE_TOO_LONG : Violation.INVALID_DEFLATE;
}
