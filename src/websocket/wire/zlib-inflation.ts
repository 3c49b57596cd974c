import { kMaxLength } from 'node:buffer';
import { constants, createInflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { memoryCost, ownMemory } from '../../shared/memory-price.ts';
import { TAIL } from './deflate/alphabets.ts';
import type { Window } from './deflate/window.ts';
import { Violation } from './violation.ts';

/** The payload of a message, or the reason why it cannot be inflated. */
export type InflateResult = Uint8Array | Violation;
/** Returns the result of an inflation. It joins the pieces, which takes milliseconds for a large message. Call it once. */
export type JoinResult = () => InflateResult;

const MIN_CHUNK = 64;
const MAX_CHUNK = 64 * 1024;
/** Each chunk of an inflation on a thread costs two calls between threads. */
const MIN_THREAD_CHUNK = 16 * 1024;

/** The largest window of DEFLATE, RFC 1951 §2. A reference within a message may go back so far, whatever the window. */
const MAX_WINDOW = 32 * 1024;

/**
 * How many blocks with BFINAL a message may have: a few, and one for each KiB of the compressed message. For zlib, each is a
 * new DEFLATE stream, but it has only two bytes.
 */
const MIN_FINAL_BLOCKS = 4;
const BYTES_PER_FINAL_BLOCK = 1024;

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** After this many bytes of a result, others may go first. */
const SLICE_BYTES = 1024 * 1024;

/** How many blocks with BFINAL may be followed by others in a message of this many compressed bytes. @internal */
export function maxFinalBlocks(compressedBytes: number): number {
  return MIN_FINAL_BLOCKS + Math.floor(compressedBytes / BYTES_PER_FINAL_BLOCK);
}

/** What the functions of node:zlib return with the option `info`. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** A message while zlib decompresses it. A block with BFINAL ends a DEFLATE stream, and another stream may follow. @internal */
export class ZlibInflation {
  /** The bytes that are not decompressed yet. */
  #input: Uint8Array;
  /** The result, in pieces. */
  readonly #parts: Uint8Array[] = [];
  /** How many more bytes the result may have. */
  #remaining: number;
  /** The bytes that can be referred to: of previous messages, and of this one before the last block with BFINAL. */
  #window: Window;
  /** How many of the parts belong to earlier streams. */
  #earlierParts = 0;
  /** The memory in bytes of the parts. */
  #partsCost = 0;
  #finalBlocks = 0;
  readonly #maxFinalBlocks: number;

  /** @param window the bytes of previous messages that references may go back to */
  constructor(compressed: Uint8Array, maxBytes: number, window: Window) {
    // RFC 7692 §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload". The result is the same without
    // them, but they often reveal a message that was cut off.
    this.#input = Buffer.concat([compressed, TAIL]);
    this.#remaining = maxBytes;
    this.#window = window;
    this.#maxFinalBlocks = maxFinalBlocks(compressed.length);
  }

  /** How many DEFLATE streams the message had so far. */
  get streams(): number {
    return this.#finalBlocks + 1;
  }

  /** Decompresses the message during the call. */
  run(): InflateResult {
    try {
      while (this.#input.length > 0) {
        // The types do not reflect that `info` changes the result.
        const { buffer, engine } = inflateRawSync(this.#input, this.#zlibOptions(MIN_CHUNK)) as unknown as InflateInfo;
        const violation = this.#add(buffer) ?? this.#endStream(engine.bytesWritten);
        if (violation !== undefined) return violation;
      }
    } catch (error) {
      return violationOf(error);
    }
    return this.#join();
  }

  /**
   * As `run()`, on zlib's threads. The window must not change before this is done.
   *
   * @param onProgress called now and then with the memory in bytes that the inflation takes beside `compressed`; returns
   *   whether to continue. If not, the result is empty
   * @param onSlice    called after each MiB of the result: nothing more is inflated until it calls `resume`
   */
  runLater(
    done: (result: InflateResult | JoinResult) => void,
    onProgress: (heldBytes: number) => boolean,
    onSlice: (resume: () => void) => void,
  ): void {
    let slice = 0;
    const inflateStream = (): void => {
      const stream = createInflateRaw(this.#zlibOptions(MIN_THREAD_CHUNK));
      const end = (result: InflateResult): void => {
        stream.removeAllListeners('data').removeAllListeners('end');
        stream.destroy();
        this.#release();
        done(result);
      };
      stream.on('error', (error) => end(violationOf(error)));
      stream.on('data', (part: Buffer) => {
        // A stream may have filled a few bytes of a large chunk.
        const violation = this.#add(ownMemory(part));
        if (violation !== undefined) end(violation);
        else if (!onProgress(this.#heldBytes)) end(EMPTY);
        else if (this.#heldBytes >= (slice + 1) * SLICE_BYTES) {
          slice = Math.floor(this.#heldBytes / SLICE_BYTES);
          stream.pause();
          onSlice(() => stream.resume());
        }
      });
      stream.on('end', () => {
        const violation = this.#endStream(stream.bytesWritten);
        if (violation !== undefined) end(violation);
        else if (this.#input.length > 0) inflateStream();
        else done(() => this.#join());
      });
      stream.end(this.#input);
    };
    if (onProgress(this.#heldBytes)) inflateStream();
    else done(EMPTY);
  }

  /** One literal: with an object that is made from another one, an inflation takes twice as long (measured in Node 20). */
  #zlibOptions(minChunk: number): ZlibOptions {
    return {
      finishFlush: constants.Z_SYNC_FLUSH,
      info: true,
      maxOutputLength: Math.min(Math.max(1, this.#remaining), kMaxLength),
      chunkSize: Math.min(MAX_CHUNK, this.#input.length * 8 + minChunk),
      dictionary: this.#window.length > 0 ? this.#window.toBytes() : undefined,
    };
  }

  /** The memory in bytes that the inflation takes, zlib's chunk included. */
  get #heldBytes(): number {
    return memoryCost(this.#input) + this.#partsCost + MAX_CHUNK;
  }

  /** Adds a part of the result. */
  #add(part: Uint8Array): Violation | undefined {
    this.#parts.push(part);
    this.#partsCost += memoryCost(part);
    this.#remaining -= part.length;
    return this.#remaining < 0 ? Violation.MESSAGE_TOO_LONG : undefined;
  }

  #join(): Uint8Array {
    const parts = this.#parts;
    const payload = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#release();
    return payload;
  }

  /** Releases the memory. If an error is kept, it keeps the functions of its stack, and this object. */
  #release(): void {
    this.#input = EMPTY;
    this.#parts.length = 0;
  }

  /** The stream has ended after this many bytes of the input. */
  #endStream(inputBytes: number): Violation | undefined {
    this.#input = this.#input.subarray(inputBytes);
    if (this.#input.length === 0) return undefined;
    this.#finalBlocks++;
    if (this.#finalBlocks > this.#maxFinalBlocks) return Violation.TOO_MANY_FINAL_BLOCKS;
    if (this.#finalBlocks === 1) this.#window = this.#window.copy(MAX_WINDOW);
    for (; this.#earlierParts < this.#parts.length; this.#earlierParts++) {
      this.#window.append(this.#parts[this.#earlierParts]!);
    }
    return undefined;
  }
}

function violationOf(error: unknown): Violation {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_BUFFER_TOO_LARGE' ? Violation.MESSAGE_TOO_LONG : Violation.INVALID_DEFLATE;
}
