import { Duplex, type DuplexOptions } from 'node:stream';
import { decodeText } from '../shared/decode-text.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../shared/memory-price.ts';
import { webSocketOption } from '../shared/option-validation.ts';
import type { MessageData, Sendable } from './session/message-data.ts';
import { WebSocket } from './websocket.ts';

/**
 * Creates a stream on top of a WebSocket: each received message is a chunk, and each written chunk is sent as a message.
 * Backpressure works in both directions. Ending the writable side closes the connection; `destroy()` terminates it.
 *
 * When the connection is closed, both sides end. With `allowHalfOpen: true`, as in `ws`, the readable side ends only.
 *
 * With `readableObjectMode`, text is read as strings. With `decodeStrings: false`, strings are sent as text.
 *
 * @param options options of `stream.Duplex`, except `objectMode` and `writableObjectMode`, which have no effect
 * @throws TypeError with the code WS_ERR_INVALID_OPTION for an argument of the wrong type
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  webSocketOption.withMethods('socket', socket, ['on', 'once', 'send', 'pause', 'resume', 'terminate'], 'a WebSocket');
  const given = webSocketOption.object('options', options);
  for (const name of FLAGS) webSocketOption.flag(name, given[name]);
  return new WebSocketStream(socket, given);
}

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

class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;
  /** The memory of the messages that were queued since the queue was empty. `readableLength` counts bytes or messages. */
  #queued = 0;
  readonly #maxQueued: number;

  constructor(socket: WebSocket, options: DuplexOptions) {
    // Each chunk is a message, so chunks must not be merged or split.
    super({ allowHalfOpen: false, ...options, writableObjectMode: false, objectMode: false });
    this.#socket = socket;
    // The high-water mark is a number of messages or of bytes.
    this.#maxQueued = Math.max(MIN_QUEUED, this.readableObjectMode ? 0 : 2 * this.readableHighWaterMark);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.once('error', (error) => void this.destroy(error));
    if (socket.readyState === WebSocket.CLOSED) this.#endSides();
    else socket.once('close', () => this.#endSides());
  }

  override _construct(callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.CONNECTING) return callback();
    // Also if the connection fails, because a stream can be destroyed only after it is constructed. A second call would be an error.
    const construct = (): void => {
      socket.off('open', construct);
      socket.off('close', construct);
      callback();
    };
    socket.on('open', construct);
    socket.on('close', construct);
  }

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
    // After `destroy()`, the chunk that was not sent is not an error of its own.
    this.#socket.send(chunk, (error) => callback(this.destroyed ? undefined : error));
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.close();
    callback();
  }

  override destroy(error?: Error): this {
    super.destroy(error);
    // `_destroy()` is called when the stream is constructed: the server may never answer.
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    return this;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return callback(error);
    socket.once('close', () => callback(error));
    // After an error, the connection closes by itself, and its Close frame may still have to be sent.
    if (error === null || socket.readyState === WebSocket.OPEN) socket.terminate();
  }

  /** The connection is closed. Nothing can be written any more, so what waits for the end of one side must not wait for ever. */
  #endSides(): void {
    this.push(null);
    if (!this.allowHalfOpen) this.end();
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
