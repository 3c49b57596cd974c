import { Duplex, type DuplexOptions } from 'node:stream';
import { webSocketOption } from '../shared/option-validation.ts';
import type { MessageData, Sendable } from './session/message-data.ts';
import { WebSocket } from './websocket.ts';

/**
 * Creates a stream on top of a WebSocket: each received message is a chunk, and each written chunk is sent as a message.
 * Backpressure works in both directions. Ending the writable side closes the connection; `destroy()` terminates it.
 *
 * With `readableObjectMode`, text is read as strings. With `decodeStrings: false`, strings are sent as text.
 *
 * @param options options of `stream.Duplex`, except `objectMode` and `writableObjectMode`, which have no effect
 * @throws TypeError with the code WS_ERR_INVALID_OPTION for an argument of the wrong type
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  webSocketOption.withMethods('socket', socket, ['on', 'once', 'send', 'pause', 'resume', 'terminate'], 'a WebSocket');
  return new WebSocketStream(socket, webSocketOption.object('options', options));
}

class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, options: DuplexOptions) {
    // Each chunk is a message, so chunks must not be merged or split.
    super({ ...options, writableObjectMode: false, objectMode: false });
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.once('error', (error) => void this.destroy(error));
    socket.once('close', () => void this.push(null));
  }

  override _construct(callback: (error?: Error | null) => void): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#socket.once('open', () => callback());
      // Also if the connection fails, because a stream can be destroyed only after it is constructed.
      this.#socket.once('close', () => callback());
    } else {
      callback();
    }
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Sendable, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.close();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return callback(error);
    socket.once('close', () => callback(error));
    // After an error, the connection closes by itself, and its Close frame may still have to be sent.
    if (error === null || socket.readyState === WebSocket.OPEN) socket.terminate();
  }

  #receive(data: MessageData, isBinary: boolean): void {
    const chunk = !isBinary && this.readableObjectMode ? data.toString() : data;
    if (!this.destroyed && !this.push(chunk)) this.#socket.pause();
  }
}
