import { ReadyState } from '../shared/ready-state.ts';
import { diagnostics, publishError } from './events/diagnostics.ts';
import { type Emitter, emitError, emitSafely } from './events/emit-safely.ts';
import { type BinaryType, toBinaryType } from './session/message-data.ts';
import type { SessionListener } from './session/session-listener.ts';
import { CloseCode } from './wire/close-code.ts';

/**
 * The state of a WebSocket that changes with the events of its session, and the emission of these events. It is a class
 * rather than an object of closures, because each of thousands of connections has one.
 */
export class SocketState<Socket extends Emitter> implements SessionListener {
  readonly #socket: Socket;
  readyState: ReadyState = ReadyState.CONNECTING;
  binaryType: BinaryType = 'nodebuffer';
  closedCleanly = false;
  /** The origin of a client's URL, after redirects; empty on a server. */
  origin = '';
  /** The error of 'error', which may not have been emitted yet; or why the network connection broke. */
  failure: Error | null = null;
  /**
   * Called before 'close' is emitted. It is not a listener, because the application may remove listeners, and because one
   * function for all connections saves memory.
   */
  beforeClose: ((socket: Socket) => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The opening handshake is complete. */
  open(): void {
    this.readyState = ReadyState.OPEN;
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket: this.#socket });
    emitSafely(this.#socket, 'open');
  }

  /** The opening handshake failed. */
  fail(error: Error): void {
    this.readyState = ReadyState.CLOSING;
    // Not synchronously: the application may not have added its listeners yet.
    process.nextTick(() => {
      this.onError(error);
      this.onClosed(CloseCode.ABNORMAL_CLOSURE, Buffer.alloc(0), false);
    });
  }

  // SessionListener

  onMessage(data: Buffer, isBinary: boolean): void {
    if (diagnostics.message.hasSubscribers) {
      diagnostics.message.publish({ socket: this.#socket, length: data.length, isBinary });
    }
    emitSafely(this.#socket, 'message', isBinary ? toBinaryType(data, this.binaryType) : data, isBinary);
  }

  onPing(data: Buffer): void {
    emitSafely(this.#socket, 'ping', data);
  }

  onPong(data: Buffer): void {
    emitSafely(this.#socket, 'pong', data);
  }

  onClosing(failure?: Error): void {
    if (failure !== undefined) this.failure = failure;
    if (this.readyState === ReadyState.OPEN) this.readyState = ReadyState.CLOSING;
  }

  onDrain(): void {
    emitSafely(this.#socket, 'drain');
  }

  onError(error: Error): void {
    this.failure = error;
    emitError(this.#socket, error);
  }

  onLost(error: Error): void {
    this.onClosing(error);
    publishError(this.#socket, error);
  }

  onClosed(code: number, reason: Buffer, clean: boolean): void {
    this.closedCleanly = clean;
    this.readyState = ReadyState.CLOSED;
    this.beforeClose?.(this.#socket);
    if (diagnostics.close.hasSubscribers) {
      diagnostics.close.publish({ socket: this.#socket, code, reason: reason.toString() });
    }
    emitSafely(this.#socket, 'close', code, reason);
  }
}
