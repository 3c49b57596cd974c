import { Duplex, type DuplexOptions } from 'node:stream';
import type { MessageData } from './event-target.ts';
import type { Sendable } from './session/message-data.ts';
import { WebSocket } from './websocket.ts';

/**
 * A WebSocket as a stream: each message that comes is a chunk, each chunk that is written is a message. Backpressure
 * goes both ways, to the peer's TCP window. The end of the writable side closes the connection; `destroy()` terminates it.
 *
 * With `readableObjectMode`, text comes as strings; with `decodeStrings: false`, strings are sent as text.
 *
 * @param options those of `stream.Duplex`
 */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  return new WebSocketStream(socket, options);
}

class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, options: DuplexOptions) {
    // A chunk is a message, so several must not be made one.
    super({ ...options, writableObjectMode: false, objectMode: false });
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.once('error', (error) => void this.destroy(error));
    socket.once('close', () => void this.push(null));
  }

  override _construct(callback: (error?: Error | null) => void): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#socket.once('open', () => callback());
      // Without this, a stream whose connection fails would wait to be constructed before it can be destroyed.
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
    // After an error, the connection ends by itself, and its last words may still be on their way.
    if (error === null || socket.readyState === WebSocket.OPEN) socket.terminate();
  }

  #receive(data: MessageData, isBinary: boolean): void {
    const chunk = !isBinary && this.readableObjectMode ? data.toString() : data;
    if (!this.destroyed && !this.push(chunk)) this.#socket.pause();
  }
}
