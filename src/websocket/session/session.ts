import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { coalesceWrites } from '../../shared/coalesce-writes.ts';
import { CloseCode } from '../wire/close-code.ts';
import { Connection, type ConnectionOptions, type ConnectionSink } from '../wire/connection.ts';
import type { Endpoint, Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import type { PauseReason } from '../wire/receive-gate.ts';
import type { Violation } from '../wire/violation.ts';
import { bufferView } from './buffer-view.ts';
import type { Compression } from './compression.ts';
import { runCompression } from './compression-pool.ts';
import { violationError } from './errors.ts';
import { connectionLost, notOpen } from './session-errors.ts';
import type { Supervisor } from './supervisor.ts';

/** What a session tells the WebSocket that it serves. */
export interface SessionListener {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** The closing handshake has begun, or the connection was lost: nothing more can be sent. */
  onClosing(): void;
  onDrain(): void;
  /** At most once; `onClosed` follows. */
  onError(error: Error): void;
  /** The transport is closed. */
  onClosed(code: number, reason: Buffer, clean: boolean): void;
}

export interface SessionOptions extends ConnectionOptions {
  /** As in WebSocketOptions; 0 is Infinity here. */
  readonly maxBackpressure: number;
  /** Milliseconds from the start of the closing handshake to the end of the transport by force. */
  readonly closeTimeout: number;
  /** As in WebSocketOptions. */
  readonly allowSynchronousEvents: boolean;
}

/** Called when a message has been handed to the transport, or could not be. */
export type SendCallback = (error?: Error) => void;

const EMPTY = Buffer.alloc(0);
/** Where a transport has its session: the listeners are functions that all transports share. */
const SESSION: unique symbol = Symbol('session');
type SessionTransport = Duplex & { [SESSION]?: Session };

/** Whether the transport was handed to a WebSocket. */
export function hasSession(transport: SessionTransport): boolean {
  return transport[SESSION] !== undefined;
}

/** The `readyState` of a WebSocket whose transport takes nothing more. */
const CLOSED = 3;

/**
 * An open connection on its transport, any Duplex: bytes from the one to the other, writes collected to one a turn,
 * backpressure, the close timer, and the transport's end and errors.
 */
export class Session implements ConnectionSink {
  readonly #transport: SessionTransport;
  readonly #listener: SessionListener;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #compression: Compression | null;
  readonly #supervisor: Supervisor | null;
  /** Whether nobody else refers to a chunk that was read, so that it may be unmasked in place. */
  readonly #ownsChunks: boolean;
  /** Whether an empty write queue means that the kernel has the bytes. Other streams may still refer to them. */
  readonly #writesToKernel: boolean;

  #closeTimer: NodeJS.Timeout | undefined;
  #closeCode: number = CloseCode.ABNORMAL_CLOSURE;
  #closeReason = '';
  #closeFrameReceived = false;
  #failed = false;
  #receiving = false;
  /** Whether bytes have been received since the last `takeActivity()`. */
  #active = false;
  #bytesSent = 0;
  #writeProgress = -1;
  /** The value that the supervisor has. */
  #undeliveredBytes = 0;
  /** Whether `onClosed` has been called. */
  #closedReported = false;
  #flushScheduled = false;
  /** As `coalesceWrites` has it. */
  #lastTurn = -1;
  #drainPromised = false;
  /** Callbacks of messages that wait for the next write. */
  #callbacks: SendCallback[] | null = null;

  /**
   * @param head        bytes that came behind the opening handshake
   * @param compression if permessage-deflate was agreed on
   * @param supervisor  of the server; null in a client without a heartbeat
   */
  constructor(
    transport: Duplex,
    head: Buffer,
    listener: SessionListener,
    endpoint: Endpoint,
    options: SessionOptions,
    compression: Compression | null,
    supervisor: Supervisor | null,
  ) {
    this.#transport = transport;
    this.#listener = listener;
    this.#connection = new Connection({ ...endpoint, sink: this, options, inflater: compression?.inflater });
    this.#options = options;
    this.#compression = compression;
    this.#supervisor = supervisor;
    this.#ownsChunks = transport instanceof Socket;
    this.#writesToKernel = transport.constructor === Socket;

    if (transport instanceof Socket) {
      transport.setTimeout(0);
      transport.setNoDelay();
    }
    // The peer's end must not end our side: we end it after all input has been delivered, which `pause()` may defer.
    transport.allowHalfOpen = true;
    if (head.length > 0) transport.unshift(head);
    this.#transport[SESSION] = this;
    transport.on('data', Session.#onData);
    transport.on('end', Session.#onEnd);
    transport.on('drain', Session.#onDrain);
    transport.on('error', Session.#onError);
    transport.on('close', Session.#onClose);
    supervisor?.add(this);
    // 'open' was the event of this turn.
    this.#endTurn();
  }

  /** Bytes that the kernel does not have yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#connection.pendingBytes + this.#transport.writableLength;
  }

  /** Returns false under backpressure: 'drain' will follow. */
  send(
    opcode: Opcode,
    payload: Payload,
    fin: boolean,
    callback: SendCallback | undefined,
    compressed = false,
  ): boolean {
    if (!this.#connection.send(opcode, payload, fin, compressed)) {
      if (callback !== undefined) process.nextTick(callback, notOpen(CLOSED));
      return false;
    }
    if (this.#supervisor !== null && fin && opcode < Opcode.CLOSE) this.#supervisor.messagesSent++;
    if (callback !== undefined) this.#afterWrite(callback);
    this.#scheduleFlush();
    const writable = this.bufferedAmount < this.#transport.writableHighWaterMark;
    if (!writable) this.#drainPromised = true;
    return writable;
  }

  /** As `send`, for a whole frame that was encoded before. What is sent in one turn goes out in two writes at the most. */
  sendFrame(frame: Uint8Array): boolean {
    this.#lastTurn = coalesceWrites(this.#transport, this.#lastTurn);
    if (!this.#connection.sendFrame(frame)) return false;
    if (this.#supervisor !== null) this.#supervisor.messagesSent++;
    if (!this.#transport.writableNeedDrain) return true;
    this.#drainPromised = true;
    return false;
  }

  /** 'drain' will follow when the transport takes more: now, if it does. */
  promiseDrain(): void {
    this.#drainPromised = true;
    this.#scheduleFlush();
  }

  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason);
    this.#flush();
    this.#watchClosing();
  }

  /** Destroys the transport because of the peer: one error, and nothing more is delivered or sent. */
  abandon(error: Error): void {
    if (!this.#failed) {
      this.#failed = true;
      this.#listener.onClosing();
      // Never within a call of the application's, which may be in the middle of something.
      process.nextTick(() => this.#reportError(error));
    }
    this.terminate();
  }

  /** Ends the transport by force: nothing more is delivered or sent. */
  terminate(): void {
    this.#connection.abort();
    this.#transport.destroy();
    this.#watchClosing();
  }

  pause(reason: PauseReason = 'application'): void {
    this.#connection.pause(reason);
    this.#readOrWait();
  }

  resume(reason: PauseReason = 'application'): void {
    this.#receiving = true;
    this.#connection.resume(reason);
    this.#receiving = false;
    this.#readOrWait();
    this.#afterReceiving();
  }

  /** Reads the transport if the connection wants input; otherwise, the peer has to wait. */
  #readOrWait(): void {
    if (this.#connection.wantsInput) this.#transport.resume();
    else this.#transport.pause();
  }

  /** After an event, if there may be only one in a turn of the event loop. */
  #endTurn(): void {
    if (this.#options.allowSynchronousEvents) return;
    this.pause('turn');
    setImmediate(() => this.resume('turn'));
  }

  // For the supervisor.

  /**
   * Whether the peer has been active since the last call: it has sent bytes, or accepted some of those queued for it. While
   * the session does not read, this cannot be known, so the peer counts as active.
   */
  takeActivity(): boolean {
    const progress = writeProgress(this.#transport, this.#bytesSent);
    const reads = progress !== -1 && progress !== this.#writeProgress;
    const active = this.#active || reads || this.#connection.paused || this.#connection.inflating;
    this.#active = false;
    this.#writeProgress = progress;
    return active;
  }

  /** As `Connection.messageProgress`; also -1 while the connection is paused. */
  get messageProgress(): number {
    return this.#connection.paused ? -1 : this.#connection.messageProgress;
  }

  ping(): void {
    this.send(Opcode.PING, '', true, undefined);
  }

  /** Fails the connection with a Close frame. */
  fail(violation: Violation, limit: number, actual: number): void {
    this.#connection.fail(violation, limit, actual);
    this.#afterReceiving();
  }

  // The connection's sink.

  onMessage(opcode: Opcode, chunk: Uint8Array, start: number, end: number): void {
    if (this.#supervisor !== null) this.#supervisor.messagesReceived++;
    this.#listener.onMessage(bufferView(chunk, start, end), opcode === Opcode.BINARY);
    this.#endTurn();
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    this.#listener.onPing(Buffer.from(chunk.subarray(start, end)));
    this.#endTurn();
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.#listener.onPong(Buffer.from(chunk.subarray(start, end)));
    this.#endTurn();
  }

  onCloseFrame(code: number, reason: string): void {
    this.#closeCode = code;
    this.#closeReason = reason;
    this.#closeFrameReceived = true;
    this.#listener.onClosing();
  }

  onFail(violation: Violation, limit?: number, actual?: number): void {
    this.#failed = true;
    this.#listener.onClosing();
    this.#reportError(violationError(violation, limit, actual));
  }

  onBytes(chunk: Uint8Array, start: number, end: number): boolean {
    const transport = this.#transport;
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (!transport.writable) {
      refuse(callbacks);
      return true;
    }
    this.#bytesSent += end - start;
    if (this.#supervisor !== null) this.#supervisor.bytesSent += end - start;
    const bytes = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    const takesMore =
      callbacks === null
        ? transport.write(bytes)
        : transport.write(bytes, (error) => callbacks.forEach((callback) => void callback(error ?? undefined)));
    if (!takesMore) this.#connection.congested = true;
    return this.#writesToKernel && transport.writableLength === 0;
  }

  onInflate(compressed: Uint8Array): void {
    const { inflater, concurrencyLimit } = this.#compression!;
    this.#readOrWait();
    runCompression(concurrencyLimit, (done) => {
      inflater.inflateLater(compressed, this.#options.maxPayload, (result) => {
        done();
        this.#receiving = true;
        this.#connection.inflated(result);
        this.#receiving = false;
        this.#afterReceiving();
        this.#readOrWait();
        this.#reportClosed();
      });
    });
  }

  onEnd(): void {
    this.#transport.end();
  }

  // The transport's events.

  static readonly #onData = function (this: SessionTransport, chunk: Buffer): void {
    this[SESSION]!.#receive(chunk);
  };

  static readonly #onEnd = function (this: SessionTransport): void {
    this[SESSION]!.#receiveEnd();
  };

  static readonly #onDrain = function (this: SessionTransport): void {
    this[SESSION]!.#drained();
  };

  static readonly #onError = function (this: SessionTransport, error: Error): void {
    this[SESSION]!.#transportFailed(error);
  };

  static readonly #onClose = function (this: SessionTransport): void {
    this[SESSION]!.#transportClosed();
  };

  #receive(chunk: Buffer): void {
    this.#active = true;
    if (this.#supervisor !== null) this.#supervisor.bytesReceived += chunk.length;
    this.#receiving = true;
    this.#connection.receive(this.#ownsChunks ? chunk : Buffer.from(chunk));
    this.#receiving = false;
    this.#afterReceiving();
  }

  #afterReceiving(): void {
    const { undeliveredBytes } = this.#connection;
    if (undeliveredBytes !== this.#undeliveredBytes) {
      this.#undeliveredBytes = undeliveredBytes;
      this.#supervisor?.setUndelivered(this, undeliveredBytes);
    }
    this.#flush();
    if (this.#connection.phase !== 'open') this.#watchClosing();
  }

  #receiveEnd(): void {
    this.#connection.receiveEnd();
    this.#watchClosing();
  }

  #drained(): void {
    this.#connection.congested = false;
    this.#flush();
    this.#emitDrain();
  }

  #transportFailed(error: Error): void {
    // After the start of the closing handshake, it does not matter if the peer resets the connection instead of ending it.
    const unexpected = this.#connection.phase === 'open';
    this.#transport.destroy();
    if (!unexpected || this.#failed) return;
    this.#failed = true;
    this.#listener.onClosing();
    this.#reportError(connectionLost(error));
  }

  #reportError(error: Error): void {
    this.#supervisor?.countError(error);
    this.#listener.onError(error);
  }

  #transportClosed(): void {
    clearTimeout(this.#closeTimer);
    // A paused transport may still hold bytes that were received before its end: they are delivered.
    const unread: Buffer | null = this.#transport.read();
    if (unread !== null) this.#receive(unread);
    this.#connection.receiveClose();
    this.#reportClosed();
  }

  /** Reports the end, once the transport has closed and everything that was received has been delivered. */
  #reportClosed(): void {
    if (this.#closedReported || !this.#connection.finished) return;
    this.#closedReported = true;
    refuse(this.#callbacks);
    this.#callbacks = null;
    this.#listener.onClosing();
    this.#supervisor?.remove(this, this.#closeCode);
    const clean = this.#closeFrameReceived && !this.#failed;
    this.#listener.onClosed(this.#closeCode, Buffer.from(this.#closeReason), clean);
  }

  // Writing.

  #afterWrite(callback: SendCallback): void {
    if (this.#connection.pendingBytes > 0) {
      this.#callbacks ??= [];
      this.#callbacks.push(callback);
    } else {
      this.#transport.write(EMPTY, (error) => callback(error ?? undefined));
    }
  }

  /** While bytes come in, their end flushes; else the end of the turn does. */
  #scheduleFlush(): void {
    if (this.#receiving || this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(Session.#flushScheduledWrites, this);
  }

  static #flushScheduledWrites(session: Session): void {
    session.#flushScheduled = false;
    session.#flush();
  }

  #flush(): void {
    this.#connection.flush();
    if (this.#drainPromised && !this.#transport.writableNeedDrain) process.nextTick(() => this.#emitDrain());
  }

  #emitDrain(): void {
    if (!this.#drainPromised || this.#transport.writableNeedDrain) return;
    this.#drainPromised = false;
    this.#listener.onDrain();
  }

  /** Arms the close timer if the transport should end soon, and reads on to its end. */
  #watchClosing(): void {
    const connection = this.#connection;
    if (connection.phase === 'open') return;
    this.#listener.onClosing();
    if (connection.phase === 'closed') this.#readOrWait();
    if (!connection.closeExpected || this.#closeTimer !== undefined || this.#transport.destroyed) return;
    this.#closeTimer = setTimeout(() => this.#transport.destroy(), this.#options.closeTimeout);
  }
}

/**
 * While something waits to be taken by the kernel, a number that is another one when some of it was taken; else -1.
 *
 * `writableLength` has a write in whole until all of it was taken, so a large one would not seem to move. The handle of a
 * socket knows better; `socket.setTimeout()` goes by it, too. It is not documented: without it, the former has to do.
 */
function writeProgress(transport: Duplex, bytesSent: number): number {
  if (transport.writableLength === 0) return -1;
  const { _handle } = transport as Duplex & { _handle?: { writeQueueSize?: number } | null };
  return _handle?.writeQueueSize ?? bytesSent - transport.writableLength;
}

/** Tells those whose messages were not sent. */
function refuse(callbacks: readonly SendCallback[] | null): void {
  for (const callback of callbacks ?? []) process.nextTick(callback, notOpen(CLOSED));
}
