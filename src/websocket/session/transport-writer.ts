import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { coalesceWrites } from '../../shared/coalesce-writes.ts';
import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { Block } from '../../shared/joined-writes.ts';
import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { writeProgress } from '../../shared/write-progress.ts';
import type { Connection } from '../wire/connection.ts';
import { pendingOverhead } from '../wire/frame-encoder.ts';
import { Backlog } from './backlog.ts';
import { isExiting } from './flush-at-exit.ts';
import { HeldFrames, hold } from './held-frames.ts';
import type { Counters } from './metrics.ts';
import { callBack, reject, type SendCallback } from './send-callbacks.ts';

/** Receives the writer's only event. */
export interface DrainListener {
  /** The transport accepts more data after it did not. */
  onDrain(): void;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/**
 * The sending half of a session: collects the frames of one turn of the event loop into one write, watches backpressure,
 * and calls the callbacks of messages.
 *
 * A transport keeps some objects for each write that it cannot handle at once. So while it is busy, it receives at most one more
 * write, and calls back after that. Everything else waits in the backlog, where small writes are joined.
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
  /** The writes that the transport has not handled, and that have callbacks, except that of the backlog; oldest first. */
  #inTransport: CompactingQueue<readonly SendCallback[]> | null = null;
  /** The number of these callbacks. */
  #callbacksInTransport = 0;
  #closed = false;
  /** Why the connection failed, once the writer is closed; null if it did not. */
  #cause: Error | null = null;
  /** The result of the latest `coalesceWrites()`. */
  #lastTurn = -1;
  #bytesWritten = 0;
  /** The write progress at the latest `takeProgress()`; null if nothing was queued. */
  #lastProgress: string | null = null;
  /** Null unless frames are held until the end of this turn. */
  #held: HeldFrames | null = null;
  /** Null unless something waits for the transport. */
  #backlog: Backlog | null = null;
  /** The bytes that the transport kept at the latest write outside of the backlog, and their overhead. */
  #keptBytes = 0;
  #keptOverhead = 0;

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

  /** How many of the `bufferedBytes` are payloads of messages. */
  get bufferedPayload(): number {
    const pending = this.#connection.pendingBytes > 0 ? pendingOverhead() : 0;
    const unwritten = pending + (this.#held?.overhead ?? 0) + (this.#backlog?.overhead ?? 0);
    return this.bufferedBytes - unwritten - this.#overheadInTransport;
  }

  /** The overhead of what the transport has not handled. */
  get #overheadInTransport(): number {
    const { writableLength } = this.#transport;
    if (writableLength === 0) return 0;
    const last = this.#backlog?.inTransport ?? null;
    if (last === null) return this.#overheadOfKept(writableLength);
    return last.overhead + this.#overheadOfKept(writableLength - last.length);
  }

  /** If the transport has handled a part of its bytes, the same part of the overhead remains. */
  #overheadOfKept(bytes: number): number {
    return bytes > 0 ? Math.round(this.#keptOverhead * Math.min(1, bytes / this.#keptBytes)) : 0;
  }

  /** The memory that is kept for `bufferedBytes` and for callbacks, in bytes. */
  get memory(): number {
    const { writableLength } = this.#transport;
    const memory = this.#connection.pendingBytes + writableLength + (writableLength > 0 ? OBJECT_PRICE : 0);
    const isAll = this.#callbacks === null && this.#callbacksInTransport === 0 && this.#held === null;
    return isAll && this.#backlog === null ? memory : memory + this.#memoryBesideBytes;
  }

  /** The memory of callbacks, held frames and the backlog, in bytes. */
  get #memoryBesideBytes(): number {
    const callbacks = (this.#callbacks?.length ?? 0) + this.#callbacksInTransport;
    return callbacks * OBJECT_PRICE + (this.#held?.bytes ?? 0) + (this.#backlog?.memory ?? 0);
  }

  /** Writes bytes of the connection; returns whether their memory may be reused at once (`BytesSink.onBytes`). */
  write(chunk: Uint8Array, start: number, end: number, overhead: number): boolean {
    const transport = this.#transport;
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (!transport.writable) {
      if (callbacks !== null) this.#cannotSend(callbacks);
      return true;
    }
    if (this.#counters !== null) this.#counters.bytesSent += end - start;
    if (this.#held !== null) {
      if (callbacks === null && hold(this.#held, chunk, start, end)) return false;
      this.#writeHeld();
    }
    if (this.#backlog !== null) return this.#wait(this.#backlog, chunk, start, end, overhead, callbacks);
    const bytes = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    if (transport.writableLength === 0) return this.#writeNow(bytes, overhead, callbacks);
    this.#backlog = new Backlog();
    const block = Block.of(bytes);
    block.overhead = overhead;
    if (callbacks !== null) block.addCallbacks(callbacks);
    this.#writeLast(this.#backlog, block);
    return block.memory.buffer !== bytes.buffer;
  }

  /** The transport accepts nothing. If it was destroyed, `close()` follows: the callbacks of earlier messages come first. */
  #cannotSend(callbacks: SendCallback[]): void {
    if (this.#transport.destroyed && !this.#closed) this.#callbacks = callbacks;
    else reject(callbacks, this.#cause);
  }

  /** Gives the transport bytes while it keeps nothing; returns whether their memory may be reused at once. */
  #writeNow(bytes: Uint8Array, overhead: number, callbacks: readonly SendCallback[] | null): boolean {
    const transport = this.#transport;
    this.#bytesWritten += bytes.length;
    const takesMore =
      callbacks === null ? transport.write(bytes) : transport.write(bytes, this.#callbackOfAll(callbacks));
    if (!takesMore) this.#connection.congested = true;
    const { writableLength } = transport;
    if (writableLength > 0)
      this.#noteKept(writableLength, this.#overheadOfKept(writableLength - bytes.length) + overhead);
    // A stream other than a socket may still refer to the bytes when its queue is empty.
    return writableLength === 0 && transport.constructor === Socket;
  }

  #noteKept(bytes: number, overhead: number): void {
    this.#keptBytes = bytes;
    this.#keptOverhead = overhead;
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
    overhead: number,
    callbacks: readonly SendCallback[] | null,
  ): boolean {
    const copied = backlog.add(chunk, start, end, overhead);
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
      // 'drain' needs the callback of the last write.
      const isLast = transport.writableLength > 0 || (this.#drainPromised && backlog.length === 0);
      if (isLast) this.#writeLast(backlog, block);
      else this.#writeNow(block.bytes, block.overhead, block.callbacks);
    }
    // If the transport accepts nothing any more, `close()` follows.
    if (backlog.inTransport !== null || !transport.writable) return;
    this.#backlog = null;
    if (!transport.writableNeedDrain) this.drained();
  }

  /** The transport has handled the latest write of the backlog. */
  #written(backlog: Backlog, error: Error | null | undefined): void {
    if (this.#hasFailed(error)) return;
    const { callbacks } = backlog.inTransport!;
    backlog.inTransport = null;
    if (callbacks !== null) callBack(callbacks);
    if (this.#backlog === backlog) this.#writeBacklog(backlog);
    else if (callbacks !== null) this.#shiftCallbacks();
  }

  /** One callback for those of a write. */
  #callbackOfAll(callbacks: readonly SendCallback[]): (error?: Error | null) => void {
    this.#pushCallbacks(callbacks);
    return (error) => {
      if (this.#hasFailed(error)) return;
      this.#shiftCallbacks();
      callBack(callbacks);
    };
  }

  #pushCallbacks(callbacks: readonly SendCallback[]): void {
    this.#inTransport ??= new CompactingQueue();
    this.#inTransport.push(callbacks);
    this.#callbacksInTransport += callbacks.length;
  }

  #shiftCallbacks(): readonly SendCallback[] {
    const callbacks = this.#inTransport!.shift()!;
    this.#callbacksInTransport -= callbacks.length;
    return callbacks;
  }

  /**
   * Whether a write has failed. Then `close()` calls all remaining callbacks, in the order of the messages. A stream would call back
   * for later writes first, and with different errors, or none.
   */
  #hasFailed(error: Error | null | undefined): boolean {
    return this.#closed || (error ?? null) !== null || this.#transport.destroyed;
  }

  /** Calls back when the transport has handled everything sent so far. */
  afterWrite(callback: SendCallback): void {
    const backlog = this.#backlog;
    if (this.#closed) {
      reject([callback], this.#cause);
    } else if (this.#connection.pendingBytes > 0 || this.#callbacks !== null) {
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
    if (isExiting) return this.flush();
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

  /** Writes what has been collected, before the transport is destroyed. What the kernel has accepted at once is sent. */
  flushLast(): void {
    this.flush();
    const { writableLength, errored } = this.#transport;
    if (writableLength > 0 || errored !== null || this.#backlog !== null) return;
    while (this.#callbacksInTransport > 0) process.nextTick(callBack, this.#shiftCallbacks());
  }

  /** Sends an encoded frame of a server. The frames of one turn of the event loop leave in at most two writes. */
  sendFrame(frame: Uint8Array): boolean {
    if (!isExiting) this.#lastTurn = coalesceWrites(this, this.#lastTurn);
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
      this.#noteKept(transport.writableLength, this.#overheadInTransport);
      this.#backlog = null;
      const callbacks = backlog.inTransport?.callbacks ?? null;
      if (callbacks !== null) this.#pushCallbacks(callbacks);
      for (let block = backlog.shift(); block !== undefined; block = backlog.shift()) {
        this.#writeNow(block.bytes, block.overhead, block.callbacks);
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

  /**
   * The transport is destroyed: messages that were not written cannot be sent any more. Their callbacks receive an error, in
   * the order of the messages.
   *
   * @param cause why the connection failed; null if it did not
   */
  close(cause: Error | null = null): void {
    this.#closed = true;
    this.#cause ??= cause;
    const backlog = this.#backlog;
    const callbacks: SendCallback[] = [];
    const add = (more: readonly SendCallback[] | null | undefined): void => {
      for (const callback of more ?? []) callbacks.push(callback);
    };
    while (this.#callbacksInTransport > 0) add(this.#shiftCallbacks());
    add(backlog?.inTransport?.callbacks);
    add(backlog?.discard());
    add(this.#callbacks);
    this.#callbacks = null;
    this.#backlog = null;
    reject(callbacks, this.#cause);
  }
}
