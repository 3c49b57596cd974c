import { Socket } from 'node:net';
import { bufferView } from '../../shared/buffer-view.ts';
import { patientTimeout } from '../../shared/patient-timeout.ts';
import { ReadyState } from '../../shared/ready-state.ts';
import { CloseCode } from '../wire/close-code.ts';
import { Connection } from '../wire/connection.ts';
import type { ConnectionSink } from '../wire/connection-sink.ts';
import type { Payload } from '../wire/frame-encoder.ts';
import { Opcode } from '../wire/opcode.ts';
import type { PauseReason } from '../wire/receive-gate.ts';
import type { Violation } from '../wire/violation.ts';
import type { Compression } from './compression.ts';
import { connectionLost, notOpen, reportLater } from './failures.ts';
import { inflateInTurns } from './inflate-in-turns.ts';
import { type OpenTransport, prepareTransport, SESSION, type TransportOf } from './open-transport.ts';
import type { SendCallback } from './send-callbacks.ts';
import type { SessionListener } from './session-listener.ts';
import type { SessionOptions } from './session-options.ts';
import type { Supervised, Supervisor } from './supervisor.ts';
import { TransportWriter } from './transport-writer.ts';
import type { Worker } from './turn-budget.ts';
import { CHUNK_WORK, deflateWork, EVENT_WORK, receiveWork, turnBudget, WORK_QUANTUM } from './turn-budget.ts';
import type { WaitingMessages } from './waiting-messages.ts';
import { violationError } from './websocket-error.ts';

/** The value of `#work` while the session waits for a later turn, and does not ask again. */
const WAITING = -1_000_000_000;

type SessionTransport = TransportOf<Session>;

/** An open connection on its transport, which may be any Duplex. It reads, and handles the close timer, end and errors. */
export class Session implements ConnectionSink, Supervised, Worker {
  readonly #transport: SessionTransport;
  readonly #listener: SessionListener;
  readonly #connection: Connection;
  readonly #writer: TransportWriter;
  readonly #options: SessionOptions;
  readonly #compression: Compression | null;
  readonly #supervisor: Supervisor | null;
  /** Whether no other code refers to the chunks that are read, so that they may be unmasked in place. */
  readonly #ownsChunks: boolean;
  #closeTimer: NodeJS.Timeout | undefined;
  #closeCode: number = CloseCode.ABNORMAL_CLOSURE;
  #closeReason = '';
  #closeFrameReceived = false;
  /** Why the connection failed; null if it did not. */
  #failure: Error | null = null;
  #receiving = false;
  /** Whether bytes have been received since the last `takeActivity()`. */
  #active = false;
  /** The value that was last passed to the supervisor. */
  #undeliveredBytes = 0;
  /** The estimated work in microseconds that was done for the peer and not taken from the budget yet: a whole number. */
  #work = 0;
  /** Whether `onClosed` has been called. */
  #closedReported = false;
  /** Set by the SendQueue. */
  waiting: WaitingMessages | null = null;

  constructor(open: OpenTransport, listener: SessionListener) {
    const { transport, head, endpoint, options, compression, supervisor } = open;
    this.#transport = transport;
    this.#listener = listener;
    this.#connection = new Connection({ endpoint, sink: this, options, inflater: compression?.inflater });
    this.#writer = new TransportWriter(transport, this.#connection, listener, supervisor?.counters ?? null);
    this.#options = options;
    this.#compression = compression;
    this.#supervisor = supervisor;
    this.#ownsChunks = transport instanceof Socket;
    prepareTransport(transport, head);
    this.#transport[SESSION] = this;
    transport.on('data', Session.#onData);
    transport.on('end', Session.#onEnd);
    transport.on('drain', Session.#onDrain);
    transport.on('error', Session.#onError);
    transport.on('close', Session.#onClose);
    supervisor?.add(this);
    // Data that came with the handshake waits for the next turn, so that listeners can be added after `await once(socket, 'open')`.
    this.#addWork(EVENT_WORK);
    if (head.length > 0 || !options.allowSynchronousEvents) this.#waitForNextTurn();
  }

  /** Bytes of messages that the kernel has not accepted yet, without frame headers. */
  get bufferedPayload(): number {
    return this.#writer.bufferedPayload;
  }

  /** The memory that is kept for what is queued, in bytes. */
  get sendMemory(): number {
    return this.#writer.memory + (this.waiting?.memory ?? 0);
  }

  /** Sends a message, a fragment or a control frame. Returns false under backpressure: 'drain' follows. */
  send(
    opcode: Opcode,
    payload: Payload,
    fin: boolean,
    callback: SendCallback | undefined,
    compressed = false,
  ): boolean {
    if (!this.#connection.send(opcode, payload, fin, compressed)) {
      if (callback !== undefined) process.nextTick(callback, this.notSent());
      return false;
    }
    if (this.#supervisor !== null && fin && opcode < Opcode.CLOSE) this.#supervisor.counters.messagesSent++;
    // Replies to a peer are work for it, too.
    if (compressed) this.#work += deflateWork(payload.length);
    if (callback !== undefined) this.#writer.afterWrite(callback);
    this.#scheduleFlush();
    return this.#writer.hasRoom();
  }

  /** Sends a message as an encoded frame of a server. Returns false under backpressure: 'drain' follows. */
  sendFrame(frame: Uint8Array): boolean {
    if (!this.#writer.sendFrame(frame)) return false;
    if (this.#supervisor !== null) this.#supervisor.counters.messagesSent++;
    return this.#writer.acceptsMore();
  }

  /** Makes sure that 'drain' follows: at the end of this turn if the transport accepts more data now. */
  promiseDrain(): void {
    this.#writer.promiseDrain();
    this.#scheduleFlush();
  }

  /** Schedules a flush. None is needed while a chunk is decoded: `#afterReceiving()` flushes. */
  #scheduleFlush(): void {
    if (!this.#receiving) this.#writer.scheduleFlush();
  }

  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason);
    this.#writer.flush();
    this.#watchClosing();
  }

  /** Ends the connection with one error: at once, or after what was sent before. Nothing more is delivered or sent. */
  abandon(error: Error, flushes = false): void {
    if (this.#failure === null) {
      this.#failure = error;
      this.#listener.onClosing(error);
      reportLater(() => this.#reportError(error), flushes);
    }
    if (!flushes) return this.terminate();
    this.#writer.flush();
    this.#writer.end();
    this.#connection.abort();
    this.#watchClosing();
  }

  /** Destroys the transport. Nothing more is delivered or sent, except what was sent before and the kernel accepts at once. */
  terminate(): void {
    if (this.#failure === null) this.#writer.flushLast();
    this.#connection.abort();
    this.#transport.destroy();
    this.#discardUnsent(this.#failure);
    this.#watchClosing();
  }

  /** The error for the callback of a message that cannot be sent. */
  notSent(): Error {
    return notOpen(ReadyState.CLOSED, this.#failure);
  }

  /** The transport is destroyed: the callbacks of all messages that were not sent receive an error, in order. */
  #discardUnsent(cause: Error | null): void {
    this.#writer.close(cause);
    this.waiting?.discard();
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
    this.#reportClosed();
  }

  /** Continues in a later turn of the event loop, after the budget of a turn was used up. */
  continue(): void {
    this.#work = 0;
    this.resume('budget');
  }

  /** Reads the transport if the connection wants input; otherwise, the peer has to wait. */
  #readOrWait(): void {
    if (this.#connection.wantsInput) this.#transport.resume();
    else this.#transport.pause();
  }

  /** Pauses until the next turn of the event loop, if only one event per turn is allowed. */
  #endTurn(): void {
    this.#addWork(EVENT_WORK);
    if (!this.#options.allowSynchronousEvents) this.#waitForNextTurn();
  }

  #waitForNextTurn(): void {
    this.pause('turn');
    setImmediate(() => this.resume('turn'));
  }

  /** Takes work from the budget of this turn of the event loop. If the budget is used up, other connections go first. */
  #addWork(work: number): void {
    this.#work += work;
    if (this.#work >= WORK_QUANTUM) this.#takeFromBudget();
  }

  #takeFromBudget(): void {
    this.#work = turnBudget.take(this, this.#work) ? 0 : WAITING;
    if (this.#work === WAITING) this.pause('budget');
  }

  takeActivity(): boolean {
    const active = this.#writer.takeProgress() || this.#active || this.#connection.paused || this.#connection.inflating;
    this.#active = false;
    return active;
  }

  get undeliveredBytes(): number {
    return this.#connection.undeliveredBytes + this.#transport.readableLength;
  }

  get messageProgress(): number {
    return this.#connection.paused ? -1 : this.#connection.messageProgress;
  }

  ping(): void {
    this.send(Opcode.PING, '', true, undefined);
  }

  fail(violation: Violation, limit: number, actual: number): void {
    this.#connection.fail(violation, limit, actual);
    this.#afterReceiving();
  }

  // The connection's sink.

  onMessage(opcode: Opcode, chunk: Uint8Array, start: number, end: number): void {
    if (this.#supervisor !== null) this.#supervisor.counters.messagesReceived++;
    if (this.#compression !== null) this.#work += this.#compression.inflater.takeWork();
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
    this.#failure = violationError(violation, limit, actual);
    this.#listener.onClosing();
    // A listener of 'error' may destroy the transport: the Close frame is sent before.
    this.#writer.flush();
    this.#reportError(this.#failure);
  }

  onBytes(chunk: Uint8Array, start: number, end: number, overhead: number): boolean {
    return this.#writer.write(chunk, start, end, overhead);
  }

  onInflate(compressed: Uint8Array): void {
    const compression = this.#compression!;
    this.#readOrWait();
    const onProgress = (heldBytes: number): boolean => {
      const isNeeded = this.#connection.inflationProgress(heldBytes);
      this.countUndelivered(false);
      return isNeeded;
    };
    inflateInTurns(compression, compressed, this.#options.maxPayload, onProgress, (result, work) => {
      this.#receiving = true;
      this.#addWork(work);
      this.#connection.inflated(result);
      this.#receiving = false;
      this.#afterReceiving();
      this.#readOrWait();
      this.#reportClosed();
    });
  }

  onEnd(): void {
    this.#writer.end();
  }

  static readonly #onData = function (this: SessionTransport, chunk: Buffer): void {
    this[SESSION]!.#receive(chunk);
  };

  static readonly #onEnd = function (this: SessionTransport): void {
    this[SESSION]!.#receiveEnd();
  };

  static readonly #onDrain = function (this: SessionTransport): void {
    this[SESSION]!.#writer.drained();
  };

  static readonly #onError = function (this: SessionTransport, error: Error): void {
    this[SESSION]!.#transportFailed(error);
  };

  static readonly #onClose = function (this: SessionTransport): void {
    this[SESSION]!.#transportClosed();
  };

  #receive(chunk: Buffer): void {
    this.#active = true;
    if (this.#supervisor !== null) this.#supervisor.counters.bytesReceived += chunk.length;
    if (this.#compression !== null && turnBudget.isSpent && this.#work >= 0) this.#takeFromBudget();
    this.#addWork(receiveWork(chunk.length));
    this.#receiving = true;
    this.#connection.receive(this.#ownsChunks ? chunk : Buffer.from(chunk));
    this.#receiving = false;
    this.#afterReceiving();
  }

  countUndelivered(received = true): void {
    const { undeliveredBytes } = this;
    if (undeliveredBytes === this.#undeliveredBytes) return;
    this.#undeliveredBytes = undeliveredBytes;
    this.#supervisor?.setUndelivered(this, undeliveredBytes, received);
  }

  #afterReceiving(): void {
    if (this.#work >= CHUNK_WORK) this.#takeFromBudget();
    this.countUndelivered();
    this.#writer.flush();
    if (this.#connection.phase !== 'open') this.#watchClosing();
  }

  #receiveEnd(): void {
    this.#connection.receiveEnd();
    this.#watchClosing();
  }

  #transportFailed(error: Error): void {
    // After the start of the closing handshake, it does not matter if the peer resets the connection instead of ending it.
    const isReported = this.#connection.phase === 'open' && this.#failure === null;
    this.#transport.destroy();
    const lost = connectionLost(error);
    if (isReported) this.#failure = lost;
    this.#discardUnsent(this.#failure ?? lost);
    if (!isReported) return;
    // As in `ws`, this is no error: most programs could not react to it, and programs without a listener would end.
    this.#supervisor?.counters.countError(lost);
    this.#listener.onLost(lost);
  }

  #reportError(error: Error): void {
    this.#supervisor?.counters.countError(error);
    this.#listener.onError(error);
  }

  #transportClosed(): void {
    clearTimeout(this.#closeTimer);
    this.#discardUnsent(this.#failure);
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
    this.#listener.onClosing();
    this.#supervisor?.remove(this, this.#closeCode);
    const clean = this.#closeFrameReceived && this.#failure === null;
    this.#listener.onClosed(this.#closeCode, Buffer.from(this.#closeReason), clean);
  }

  /** After the start of the closing handshake: starts the close timer, and reads until the transport ends. */
  #watchClosing(): void {
    const connection = this.#connection;
    if (connection.phase === 'open') return;
    this.#listener.onClosing();
    if (connection.phase === 'closed') this.#readOrWait();
    if (!connection.closeExpected || this.#closeTimer !== undefined || this.#transport.destroyed) return;
    this.#closeTimer = patientTimeout(() => this.#transport.destroy(), this.#options.closeTimeout);
  }
}
