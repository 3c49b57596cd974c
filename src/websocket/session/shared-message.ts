import { COPY_LIMIT, encodeFrame, type Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import type { Deflater } from '../wire/permessage-deflate.ts';
import type { Compression } from './compression.ts';
import { byteLengthOf } from './message-data.ts';
import { runZlibJob } from './zlib-jobs.ts';

/** Receives the compressed frame of a message. */
type FrameCallback = (error: Error | null, frame: Buffer) => void;

/** A compressed frame that is being made, or waits for a thread of zlib. */
interface PendingFrame {
  /** Null if the frame is being made, or no longer needed: a waiting job must not keep the message alive. */
  message: SharedMessage | null;
  /** The functions that wait for the frame. */
  readonly callbacks: Set<FrameCallback>;
}

/** A message of a broadcast. It is encoded once, and the same bytes are sent to all peers. */
export class SharedMessage {
  readonly binary: boolean;
  /** Whether to compress it for the connections that use permessage-deflate. */
  readonly compress: boolean;
  readonly payloadBytes: number;
  /** The unmasked frame of a server. It is a copy, so the application may change its data after the call. */
  readonly frame: Buffer;
  readonly #compressOnce: boolean;
  /** The compressed frames, by the window bits of the peers: a reference must not go back beyond their window. */
  #compressed: Map<number, Buffer> | null = null;
  /** The compressed frames that are being made, by the window bits of the peers. */
  #pending: Map<number, PendingFrame> | null = null;

  constructor(payload: Payload, binary: boolean, compress: boolean, compressOnce: boolean) {
    this.binary = binary;
    this.compress = compress;
    this.#compressOnce = compressOnce;
    this.payloadBytes = byteLengthOf(payload);
    this.frame = encodeFrame(this.#opcode, payload);
  }

  /** The payload: the same bytes, without the header. */
  get payload(): Buffer {
    return this.frame.subarray(this.frame.length - this.payloadBytes);
  }

  /**
   * Whether a connection can receive the same compressed frame as others. With context takeover, a message refers to earlier
   * messages of the connection, unless the application has set `compressOnce`.
   */
  isSharedWith(deflater: Deflater): boolean {
    return this.#compressOnce || !deflater.contextTakeover;
  }

  /** Returns the compressed frame, which refers to no other message. Returns null if `compressLater()` must make it. */
  compressedFrame(deflater: Deflater): Buffer | null {
    const frame = this.#compressed?.get(deflater.windowBits);
    if (frame !== undefined) return frame;
    if (this.payloadBytes > COPY_LIMIT) return null;
    return this.#keep(deflater, deflater.withoutContext().deflate(this.payload, true));
  }

  /**
   * Makes the compressed frame on a thread of zlib, once for all connections that wait for it. Returns a function that stops
   * waiting. If all connections have stopped before a thread is free, the frame is not made.
   */
  compressLater(compression: Compression, done: FrameCallback): () => void {
    const { windowBits } = compression.deflater;
    this.#pending ??= new Map();
    let frame = this.#pending.get(windowBits);
    if (frame === undefined) {
      frame = { message: this, callbacks: new Set() };
      this.#pending.set(windowBits, frame);
      startWhenFree(frame, compression, this.payloadBytes);
    }
    frame.callbacks.add(done);
    return () => this.#stopWaiting(frame, windowBits, done);
  }

  #stopWaiting(frame: PendingFrame, windowBits: number, done: FrameCallback): void {
    frame.callbacks.delete(done);
    if (frame.callbacks.size > 0 || frame.message === null) return;
    frame.message = null;
    this.#pending!.delete(windowBits);
  }

  /** Makes a compressed frame now. */
  makeFrame(pending: PendingFrame, { deflater }: Compression, jobDone: (bytes: number) => void): void {
    deflater.withoutContext().deflateLater(this.payload, true, (error, compressed) => {
      this.#pending!.delete(deflater.windowBits);
      jobDone(this.payloadBytes);
      const frame = error === null ? this.#keep(deflater, compressed) : this.frame;
      for (const callback of pending.callbacks) callback(error, frame);
    });
  }

  get #opcode(): Opcode {
    return this.binary ? Opcode.BINARY : Opcode.TEXT;
  }

  #keep({ windowBits }: Deflater, compressed: Uint8Array): Buffer {
    const frame = encodeFrame(this.#opcode, compressed, true);
    this.#compressed ??= new Map();
    this.#compressed.set(windowBits, frame);
    return frame;
  }
}

function startWhenFree(pending: PendingFrame, compression: Compression, bytes: number): void {
  runZlibJob(compression, bytes, (done) => {
    const { message } = pending;
    pending.message = null;
    if (message === null) done(0);
    else message.makeFrame(pending, compression, done);
  });
}
