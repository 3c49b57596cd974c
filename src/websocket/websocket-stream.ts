import { addAbortSignal, Duplex, type DuplexOptions } from 'node:stream';
import { decodeText } from '../shared/decode-text.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../shared/memory-price.ts';
import { webSocketOption } from '../shared/option-validation.ts';
import { type OptionNames, warnOfUnknownOptions } from '../shared/unknown-options.ts';
import type { MessageData, Sendable } from './session/message-data.ts';
import { WebSocket } from './websocket.ts';
import { CloseCode } from './wire/close-code.ts';

/**
 * Creates a stream on top of a WebSocket: each received message is a chunk, and each written chunk is sent as a message.
 * Backpressure works in both directions. Ending the writable side closes the connection; `destroy()` terminates it.
 *
 * When the connection is closed, the readable side ends, and a later write fails. With `allowHalfOpen: false`, the writable side
 * ends, too. When both sides have ended, the stream is destroyed.
 *
 * With `readableObjectMode`, text is read as strings. With `decodeStrings: false`, strings are sent as text.
 *
 * @param options options of `stream.Duplex`, except `autoDestroy`, `emitClose`, `objectMode` and `writableObjectMode`, which
 *                have no effect
 * @throws TypeError with the code WS_ERR_INVALID_OPTION for an argument of the wrong type
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  webSocketOption.withMethods('socket', socket, ['on', 'once', 'send', 'pause', 'resume', 'terminate'], 'a WebSocket');
  const given = webSocketOption.object('options', options);
  // Those of later versions of Node.js are not in the list.
  warnOfUnknownOptions('createWebSocketStream()', given, NAMES, true);
  for (const name of FLAGS) webSocketOption.flag(name, given[name]);
  return new WebSocketStream(socket, given);
}

/** The options of `stream.Duplex`. */
const NAMES: OptionNames<DuplexOptions> = {
  allowHalfOpen: true,
  autoDestroy: true,
  construct: true,
  decodeStrings: true,
  defaultEncoding: true,
  destroy: true,
  emitClose: true,
  encoding: true,
  final: true,
  highWaterMark: true,
  objectMode: true,
  read: true,
  readableHighWaterMark: true,
  readableObjectMode: true,
  signal: true,
  writableCorked: true,
  writableHighWaterMark: true,
  writableObjectMode: true,
  write: true,
  writev: true,
};

/** The options of `stream.Duplex` that are booleans. node:stream does not check them. */
const FLAGS = [
  'allowHalfOpen',
  'autoDestroy',
  'decodeStrings',
  'emitClose',
  'objectMode',
  'readableObjectMode',
  'writableObjectMode',
] as const;

/** Memory in bytes of the messages that wait to be read, after which the socket is paused: at least this much. */
const MIN_QUEUED = 64 * 1024;

/** Its events come in the order in which those of `ws` come: spec/ws-drop-in/streams.spec.ts. */
class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;
  /** The memory of the messages that were queued since the queue was empty. `readableLength` counts bytes or messages. */
  #queued = 0;
  readonly #maxQueued: number;
  /** Whether the connection has failed. Then it closes by itself, and its Close frame may still have to be sent. */
  #failed = false;
  /** Whether the connection has closed with a closing handshake. So everything was sent, also if TCP was reset afterwards. */
  #closingHandshakeDone = false;

  constructor(socket: WebSocket, options: DuplexOptions) {
    // Each chunk is a message, so chunks must not be merged or split. 'close' follows that of the WebSocket.
    // The methods are those of this class. A signal that is aborted already would destroy the stream before it is constructed.
    const { signal, read: _read, write: _write, final: _final, destroy: _destroy, ...given } = options;
    super({ ...given, autoDestroy: false, emitClose: false, writableObjectMode: false, objectMode: false });
    this.#socket = socket;
    // The high-water mark is a number of messages or of bytes.
    this.#maxQueued = Math.max(MIN_QUEUED, this.readableObjectMode ? 0 : 2 * this.readableHighWaterMark);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.once('error', (error) => {
      if (this.destroyed) return;
      this.#failed = true;
      this.destroy(error);
    });
    if (socket.readyState === WebSocket.CLOSED) this.push(null);
    else {
      socket.once('close', (code) => {
        this.#closingHandshakeDone = code !== CloseCode.ABNORMAL_CLOSURE;
        if (!this.destroyed) this.push(null);
      });
    }
    this.on('end', () => this.writableFinished && this.destroy());
    this.on('error', WebSocketStream.#onError);
    if (signal) addAbortSignal(signal, this);
  }

  /** A failed write, or an error of the connection. Without another listener, the error is thrown. */
  static readonly #onError = function (this: WebSocketStream, error: Error): void {
    this.off('error', WebSocketStream.#onError);
    this.destroy();
    if (this.listenerCount('error') === 0) this.emit('error', error);
  };

  override _read(): void {
    if (this.#queued < this.#maxQueued) this.#socket.resume();
  }

  override read(size?: number): unknown {
    const chunk = super.read(size);
    if (this.readableLength === 0 && this.#queued > 0) {
      this.#queued = 0;
      this.#socket.resume();
    }
    return chunk;
  }

  override _write(chunk: Sendable, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#whenOpen(() => {
      const wasOpen = this.#socket.readyState === WebSocket.OPEN;
      // As in `ws`, the stream does not fail if the connection ends meanwhile. An error would end a process without a listener.
      this.#socket.send(chunk, (error) => callback(wasOpen ? undefined : error));
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#whenOpen(() => {
      const transport = this.#socket._socket;
      // The opening handshake has failed: 'error' follows, or has been emitted.
      if (transport === null) return;
      if (!transport.writableFinished && !this.#closingHandshakeDone) {
        transport.once('finish', () => callback());
        this.#socket.close();
        return;
      }
      callback();
      if (this.readableEnded) this.destroy();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const emitClose = (): void => void process.nextTick(() => this.emit('close'));
    if (socket.readyState === WebSocket.CLOSED) {
      callback(error);
      return emitClose();
    }
    let called = false;
    socket.once('error', (reason) => {
      called = true;
      callback(reason);
    });
    socket.once('close', () => {
      if (!called) callback(error);
      emitClose();
    });
    if (!this.#failed) socket.terminate();
  }

  #whenOpen(action: () => void): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.once('open', action);
    else action();
  }

  #receive(data: MessageData, isBinary: boolean): void {
    if (this.destroyed) return;
    const message = !isBinary && this.readableObjectMode ? decodeText(data as Buffer) : data;
    // A message that waits must not keep the chunk alive in which it was received.
    const waits = this.readableFlowing !== true || this.readableLength > 0;
    const hasRoom = this.push(waits && Buffer.isBuffer(message) ? ownMemory(message) : message);
    if (this.readableLength > 0) this.#queued += costOf(message);
    if (!hasRoom || this.#queued >= this.#maxQueued) this.#socket.pause();
  }
}

/** The memory in bytes of a message that waits. */
function costOf(message: MessageData | string): number {
  if (typeof message === 'string') return OBJECT_PRICE + 2 * message.length;
  if (Array.isArray(message)) return message.reduce((sum, part) => sum + memoryCost(part), OBJECT_PRICE);
  return memoryCost(ArrayBuffer.isView(message) ? message : new Uint8Array(message));
}
