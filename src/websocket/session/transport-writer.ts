import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { coalesceWrites } from '../../shared/coalesce-writes.ts';
import { Block, JoinedWrites } from '../../shared/joined-writes.ts';
import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { ReadyState } from '../../shared/ready-state.ts';
import { reportException } from '../../shared/report-exception.ts';
import { writeProgress } from '../../shared/write-progress.ts';
import type { Connection } from '../wire/connection.ts';
import { COPY_LIMIT } from '../wire/frame-encoder.ts';
import { notOpen } from './failures.ts';
import type { Counters } from './metrics.ts';

/** Called when a message has been handed to the transport, or with an error if it could not be sent. */
export type SendCallback = (error?: Error) => void;

/** Receives the writer's only event. */
export interface DrainListener {
  /** The transport accepts more data after it did not. */
  onDrain(): void;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** How many frames, and bytes of them, are held until the end of a turn of the event loop. */
const MAX_HELD_FRAMES = 64;
const MAX_HELD_BYTES = 64 * 1024;

/** Frames of broadcasts that are held until the end of a turn of the event loop. */
class HeldFrames {
  readonly frames: Uint8Array[] = [];
  bytes = 0;
}

/** What waits until the transport has handled the writes before. */
class Backlog extends JoinedWrites {
  /** The bytes that the transport has not handled. Nothing is written until it has. */
  inTransport: Block | null = null;
}

/**
 * The sending half of a session: collects the frames of one turn of the event loop into one write, watches backpressure,
 * and calls the callbacks of messages.
 *
 * A transport keeps some objects for each write that it cannot handle at once. So it is given at most one more write while
 * it is busy, and calls back after that one. Everything else waits in the backlog, where small writes are joined.
 */
export class TransportWriter {
  readonly #transport: Duplex;
  readonly #connection: Connection;
  readonly #listener: DrainListener;
  readonly #counters: Counters | null;

  #flushScheduled = false;
  /** Whether the application is waiting for 'drain'. */
  #drainPromised = false;
  /** The callbacks of messages that are in the next write. */
  #callbacks: SendCallback[] | null = null;
  /** The number of callbacks of messages that were written without the backlog, and are not handled. */
  #callbacksInTransport = 0;
  /** The result of the latest `coalesceWrites()`. */
  #lastTurn = -1;
  #bytesWritten = 0;
  /** The write progress at the latest `takeProgress()`; null if nothing was queued. */
  #lastProgress: string | null = null;
  /** Null unless frames are held until the end of this turn. */
  #held: HeldFrames | null = null;
  /** Null unless something waits for the transport. */
  #backlog: Backlog | null = null;

  constructor(transport: Duplex, connection: Connection, listener: DrainListener, counters: Counters | null) {
    this.#transport = transport;
    this.#connection = connection;
    this.#listener = listener;
    this.#counters = counters;
  }

  /** Bytes that the kernel has not accepted yet, frame headers included. */
  get bufferedBytes(): number {
    const unwritten = this.#connection.pendingBytes + (this.#held?.bytes ?? 0) + (this.#backlog?.length ?? 0);
    return unwritten + this.#transport.writableLength;
  }

  /** The memory that is kept for `bufferedBytes` and for callbacks, in bytes. */
  get memory(): number {
    const { writableLength } = this.#transport;
    const callbacks = (this.#callbacks?.length ?? 0) + this.#callbacksInTransport;
    const backlog = this.#backlog;
    let memory = this.#connection.pendingBytes + writableLength + callbacks * OBJECT_PRICE;
    if (writableLength > 0) memory += OBJECT_PRICE;
    if (this.#held !== null) memory += this.#held.bytes;
    if (backlog === null) return memory;
    const { inTransport } = backlog;
    return memory + backlog.cost + (inTransport === null ? 0 : inTransport.cost - inTransport.length);
  }

  /** Writes bytes of the connection; returns whether their memory may be reused at once (`BytesSink.onBytes`). */
  write(chunk: Uint8Array, start: number, end: number): boolean {
    const transport = this.#transport;
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (!transport.writable) {
      reject(callbacks);
      return true;
    }
    if (this.#counters !== null) this.#counters.bytesSent += end - start;
    if (this.#held !== null) {
      if (callbacks === null && hold(this.#held, chunk, start, end)) return false;
      this.#writeHeld();
    }
    if (this.#backlog !== null) return this.#wait(this.#backlog, chunk, start, end, callbacks);
    const bytes = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    if (transport.writableLength === 0) return this.#writeNow(bytes, callbacks);
    this.#backlog = new Backlog();
    const block = Block.of(bytes);
    if (callbacks !== null) block.addCallbacks(callbacks);
    this.#writeLast(this.#backlog, block);
    return block.memory.buffer !== bytes.buffer;
  }

  /** Gives the transport bytes while it keeps nothing; returns whether their memory may be reused at once. */
  #writeNow(bytes: Uint8Array, callbacks: readonly SendCallback[] | null): boolean {
    const transport = this.#transport;
    this.#bytesWritten += bytes.length;
    const takesMore =
      callbacks === null ? transport.write(bytes) : transport.write(bytes, this.#callbackOfAll(callbacks));
    if (!takesMore) this.#connection.congested = true;
    // An empty queue of other streams does not mean that nobody refers to the bytes.
    return transport.writableLength === 0 && transport.constructor === Socket;
  }

  /** Gives the transport bytes; everything else waits until it has handled them. */
  #writeLast(backlog: Backlog, block: Block): void {
    backlog.inTransport = block;
    this.#bytesWritten += block.length;
    if (!this.#transport.write(block.bytes, (error) => this.#written(backlog, error)))
      this.#connection.congested = true;
  }

  #wait(
    backlog: Backlog,
    chunk: Uint8Array,
    start: number,
    end: number,
    callbacks: readonly SendCallback[] | null,
  ): boolean {
    const copied = backlog.add(chunk, start, end);
    if (callbacks !== null) backlog.addCallbacks(callbacks);
    if (this.bufferedBytes >= this.#transport.writableHighWaterMark) this.#connection.congested = true;
    return copied;
  }

  /** Writes what waits, as far as the transport takes it. */
  #writeBacklog(backlog: Backlog): void {
    const transport = this.#transport;
    while (backlog.inTransport === null && transport.writable) {
      const block = backlog.shift();
      if (block === undefined) break;
      // Of the last bytes, 'drain' needs to know when they are handled.
      const isLast = transport.writableLength > 0 || (this.#drainPromised && backlog.length === 0);
      if (isLast) this.#writeLast(backlog, block);
      else this.#writeNow(block.bytes, block.callbacks);
    }
    // If the transport accepts nothing any more, `close()` follows.
    if (backlog.inTransport !== null || !transport.writable) return;
    this.#backlog = null;
    if (!transport.writableNeedDrain) this.drained();
  }

  /** The transport has handled the latest write of the backlog. */
  #written(backlog: Backlog, error: Error | null | undefined): void {
    const { callbacks } = backlog.inTransport!;
    backlog.inTransport = null;
    if (callbacks !== null) this.#callBack(callbacks, error);
    if (this.#backlog === backlog) this.#writeBacklog(backlog);
  }

  /** One callback for those of a write. */
  #callbackOfAll(callbacks: readonly SendCallback[]): (error?: Error | null) => void {
    this.#callbacksInTransport += callbacks.length;
    return (error) => {
      this.#callbacksInTransport -= callbacks.length;
      this.#callBack(callbacks, error);
    };
  }

  /** Calls the callbacks of a write, also if one of them throws. */
  #callBack(callbacks: readonly SendCallback[], error: Error | null | undefined): void {
    // A socket reports no error for the bytes that it had begun to write when it was destroyed.
    const failure = error ?? (this.#transport.destroyed ? notOpen(ReadyState.CLOSED) : undefined);
    for (const callback of callbacks) {
      try {
        callback(failure);
      } catch (thrown) {
        reportException(thrown);
      }
    }
  }

  /** Calls back when the transport has handled everything sent so far. */
  afterWrite(callback: SendCallback): void {
    const backlog = this.#backlog;
    if (this.#connection.pendingBytes > 0) {
      this.#callbacks ??= [];
      this.#callbacks.push(callback);
    } else if (backlog === null || (backlog.length === 0 && backlog.inTransport === null)) {
      this.#transport.write(EMPTY, this.#callbackOfAll([callback]));
    } else if (!backlog.addCallbacks([callback])) {
      backlog.inTransport!.addCallbacks([callback]);
    }
  }

  /** Flushes at the end of this turn of the event loop. */
  scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(TransportWriter.#scheduledFlush, this);
  }

  static #scheduledFlush(writer: TransportWriter): void {
    writer.#flushScheduled = false;
    writer.flush();
  }

  /** Writes what has been collected. */
  flush(): void {
    this.#connection.flush();
    if (this.#drainPromised && this.#isDrained) process.nextTick(TransportWriter.#emitDrain, this);
  }

  /** Sends an encoded frame of a server. The frames of one turn of the event loop leave in at most two writes. */
  sendFrame(frame: Uint8Array): boolean {
    this.#lastTurn = coalesceWrites(this, this.#lastTurn);
    return this.#connection.sendFrame(frame);
  }

  /** For `coalesceWrites()`. While there is a backlog, writes are joined anyway. */
  get writableCorked(): number {
    return this.#held === null && this.#backlog === null ? 0 : 1;
  }

  /** Holds frames until `uncork()`. */
  cork(): void {
    this.#held = new HeldFrames();
  }

  uncork(): void {
    // Messages that were sent after the frames go with them.
    if (this.#connection.pendingBytes > 0) this.#connection.flush();
    else this.#writeHeld();
    if (this.#drainPromised && this.#isDrained) TransportWriter.#emitDrain(this);
  }

  #writeHeld(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    for (const frame of held.frames) this.#connection.append(frame);
    this.#connection.flush();
  }

  /** Ends the transport after everything that was sent. */
  end(): void {
    const transport = this.#transport;
    this.#writeHeld();
    const backlog = this.#backlog;
    // If the transport accepts nothing any more, `close()` follows, which calls the callbacks.
    if (backlog !== null && transport.writable) {
      this.#backlog = null;
      for (let block = backlog.shift(); block !== undefined; block = backlog.shift()) {
        this.#writeNow(block.bytes, block.callbacks);
      }
    }
    transport.end();
  }

  /** Returns whether another message may be sent, counting what was collected and not written; if not, 'drain' follows. */
  hasRoom(): boolean {
    if (this.bufferedBytes < this.#transport.writableHighWaterMark) return true;
    this.#drainPromised = true;
    return false;
  }

  /** Returns whether the transport accepts more data after the latest write; if not, 'drain' follows. */
  acceptsMore(): boolean {
    if (this.#held !== null || this.#backlog !== null) return this.hasRoom();
    if (!this.#transport.writableNeedDrain) return true;
    this.#drainPromised = true;
    return false;
  }

  /** Makes sure that 'drain' follows: after the next flush if the transport accepts more data then. */
  promiseDrain(): void {
    this.#drainPromised = true;
  }

  /** The transport has emitted 'drain', or has handled the backlog. */
  drained(): void {
    if (this.#backlog !== null) return;
    this.#connection.congested = false;
    this.flush();
    TransportWriter.#emitDrain(this);
  }

  static #emitDrain(writer: TransportWriter): void {
    if (!writer.#drainPromised || !writer.#isDrained) return;
    writer.#drainPromised = false;
    writer.#listener.onDrain();
  }

  /** Whether nothing waits, and the transport accepts more. */
  get #isDrained(): boolean {
    return this.#held === null && this.#backlog === null && !this.#transport.writableNeedDrain;
  }

  /** Returns whether the peer, or the network, has taken some of the queued bytes since the last call. */
  takeProgress(): boolean {
    const transport = this.#transport;
    const progress = transport.writableLength === 0 ? null : writeProgress(transport, this.#bytesWritten);
    const progressed = progress !== null && progress !== this.#lastProgress;
    this.#lastProgress = progress;
    return progressed;
  }

  /** The transport is closed: messages that were not written cannot be sent any more. */
  close(): void {
    reject(this.#callbacks);
    this.#callbacks = null;
    if (this.#backlog !== null) reject(this.#backlog.discard());
    this.#backlog = null;
  }
}

/** Holds the bytes if they are a frame in memory of its own that fits; returns whether they are held. */
function hold(held: HeldFrames, chunk: Uint8Array, start: number, end: number): boolean {
  const { length } = chunk;
  if (end - start < chunk.buffer.byteLength || length > COPY_LIMIT) return false;
  if (held.frames.length === MAX_HELD_FRAMES || held.bytes + length > MAX_HELD_BYTES) return false;
  held.frames.push(chunk);
  held.bytes += length;
  return true;
}

function reject(callbacks: readonly SendCallback[] | null): void {
  for (const callback of callbacks ?? []) process.nextTick(callback, notOpen(ReadyState.CLOSED));
}
