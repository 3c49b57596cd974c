import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { coalesceWrites } from '../../shared/coalesce-writes.ts';
import { ReadyState } from '../../shared/ready-state.ts';
import type { Connection } from '../wire/connection.ts';
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

/**
 * The sending half of a session: collects the frames of one turn of the event loop into one write, watches backpressure,
 * and calls the callbacks of messages.
 */
export class TransportWriter {
  readonly #transport: Duplex;
  readonly #connection: Connection;
  readonly #listener: DrainListener;
  readonly #counters: Counters | null;
  /** Whether an empty write queue means that the kernel has the bytes. Other streams may still refer to them. */
  readonly #writesToKernel: boolean;

  #flushScheduled = false;
  /** Whether the application is waiting for 'drain'. */
  #drainPromised = false;
  /** The callbacks of messages that are in the next write. */
  #callbacks: SendCallback[] | null = null;
  /** The result of the latest `coalesceWrites()`. */
  #lastTurn = -1;
  #bytesWritten = 0;
  /** The result of the latest `writeProgress()`. */
  #lastProgress = -1;

  constructor(transport: Duplex, connection: Connection, listener: DrainListener, counters: Counters | null) {
    this.#transport = transport;
    this.#connection = connection;
    this.#listener = listener;
    this.#counters = counters;
    this.#writesToKernel = transport.constructor === Socket;
  }

  /** Bytes that the kernel has not accepted yet, frame headers included. */
  get bufferedBytes(): number {
    return this.#connection.pendingBytes + this.#transport.writableLength;
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
    this.#bytesWritten += end - start;
    if (this.#counters !== null) this.#counters.bytesSent += end - start;
    const bytes = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    const takesMore =
      callbacks === null
        ? transport.write(bytes)
        : transport.write(bytes, (error) => callbacks.forEach((callback) => void callback(error ?? undefined)));
    if (!takesMore) this.#connection.congested = true;
    return this.#writesToKernel && transport.writableLength === 0;
  }

  /** Calls back when the transport has handled everything sent so far. */
  afterWrite(callback: SendCallback): void {
    if (this.#connection.pendingBytes > 0) {
      this.#callbacks ??= [];
      this.#callbacks.push(callback);
    } else {
      this.#transport.write(EMPTY, (error) => callback(error ?? undefined));
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
    if (this.#drainPromised && !this.#transport.writableNeedDrain) process.nextTick(TransportWriter.#emitDrain, this);
  }

  /** Sends an encoded frame of a server. The frames of one turn of the event loop leave in at most two writes. */
  sendFrame(frame: Uint8Array): boolean {
    this.#lastTurn = coalesceWrites(this.#transport, this.#lastTurn);
    return this.#connection.sendFrame(frame);
  }

  /** Returns whether another message may be sent, counting what was collected and not written; if not, 'drain' follows. */
  hasRoom(): boolean {
    if (this.bufferedBytes < this.#transport.writableHighWaterMark) return true;
    this.#drainPromised = true;
    return false;
  }

  /** Returns whether the transport accepts more data after the latest write; if not, 'drain' follows. */
  acceptsMore(): boolean {
    if (!this.#transport.writableNeedDrain) return true;
    this.#drainPromised = true;
    return false;
  }

  /** Makes sure that 'drain' follows: after the next flush if the transport accepts more data then. */
  promiseDrain(): void {
    this.#drainPromised = true;
  }

  /** The transport has emitted 'drain'. */
  drained(): void {
    this.#connection.congested = false;
    this.flush();
    TransportWriter.#emitDrain(this);
  }

  static #emitDrain(writer: TransportWriter): void {
    if (!writer.#drainPromised || writer.#transport.writableNeedDrain) return;
    writer.#drainPromised = false;
    writer.#listener.onDrain();
  }

  /** Returns whether the peer, or the network, has taken some of the queued bytes since the last call. */
  takeProgress(): boolean {
    const progress = writeProgress(this.#transport, this.#bytesWritten);
    const progressed = progress !== -1 && progress !== this.#lastProgress;
    this.#lastProgress = progress;
    return progressed;
  }

  /** The transport is closed: messages that were not written cannot be sent any more. */
  close(): void {
    reject(this.#callbacks);
    this.#callbacks = null;
  }
}

/**
 * Returns a number that changes when the kernel takes some of the queued bytes; -1 while nothing is queued.
 *
 * `writableLength` counts a write in full until all of it is taken, so a large write would show no progress. The handle of
 * a socket counts exactly, and `socket.setTimeout()` relies on it, too. As it is undocumented, it may be missing.
 */
function writeProgress(transport: Duplex, bytesWritten: number): number {
  if (transport.writableLength === 0) return -1;
  const { _handle } = transport as Duplex & { _handle?: { writeQueueSize?: number } | null };
  return _handle?.writeQueueSize ?? bytesWritten - transport.writableLength;
}

function reject(callbacks: readonly SendCallback[] | null): void {
  for (const callback of callbacks ?? []) process.nextTick(callback, notOpen(ReadyState.CLOSED));
}
