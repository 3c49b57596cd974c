import { type IncomingMessage, type OutgoingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { coalesceWrites, isCurrentTurn } from '../../shared/coalesce-writes.ts';
import { responseInProgress } from '../../shared/http/response-in-progress.ts';
import { writeProgress } from '../../shared/write-progress.ts';
import { chunkContent } from './http-chunk.ts';
import { waitsForEarlierResponse } from './response-end.ts';

/** How many bytes of a large write a client of HTTP/2 has to read within `writeTimeout`: the default high-water mark. */
const PART_BYTES = 16 * 1024;

/**
 * Writes chunks of HTTP/1.1 to a response: directly to its socket if nothing is between the two, or else to the response.
 *
 * `response.write()` makes three writes for a chunk, which are joined at the end of the turn. This class makes one write of
 * bytes that were encoded once for all streams. Measured (bench, `broadcast`): a broadcast to a thousand streams takes two
 * thirds of the time.
 */
export class ResponseWriter {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  /** The methods of the response, as middleware may have replaced them. `take()` replaces them for everybody else. */
  readonly #write: (chunk: Buffer) => boolean;
  readonly #end: () => unknown;
  /** Whether `flush()` of the response will be called at the end of the turn. */
  #flushes = false;
  /** The socket with the 'drain' listener. */
  #socket: Socket | null = null;
  /** The bytes that were written to the response, and not directly to its socket. */
  #bytesWritten = 0;
  /** The last return value of `coalesceWrites`. */
  #lastTurn = -1;
  /** The socket of the request, while the response waits for an earlier response on it (pipelining, RFC 9112 §9.3.2). */
  #waitsFor: Socket | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
    this.#write = response.write;
    this.#end = response.end;
    response.on('drain', onDrain);
    // A response that an adapter has made may have no socket either, and never get one.
    if (!waitsForEarlierResponse(request, response) || responseInProgress(request.socket) === null) return;
    this.#waitsFor = request.socket;
    response.once('socket', () => {
      this.#waitsFor = null;
      onDrain();
    });
  }

  /**
   * Whether the response waits for an earlier response on the connection. `onDrain` is called when its turn has come. Until then
   * nothing should be written: node:http would keep each write as three objects, which take many times the memory of their bytes.
   */
  get isWaiting(): boolean {
    return this.#waitsFor !== null;
  }

  /** Returns false if the client does not read fast enough; `onDrain` is called when it does. */
  write(chunk: Buffer): boolean {
    const socket = this.#directSocket();
    if (socket === null) return this.#writeToResponse(chunkContent(chunk));
    if (this.#socket !== socket) {
      this.#socket?.off('drain', this.#onDrain);
      this.#socket = socket;
      // The socket outlives the response, so `end()` removes this listener.
      socket.on('drain', this.#onDrain);
    }
    this.#lastTurn = coalesceWrites(socket, this.#lastTurn);
    return socket.write(chunk);
  }

  /** Whether nothing was written in this turn of the event loop. */
  isFirstOfTurn(): boolean {
    return !isCurrentTurn(this.#lastTurn);
  }

  /** The bytes that were written and that the kernel has not accepted yet. */
  get bufferedBytes(): number {
    return (this.#directSocket() ?? this.#response).writableLength;
  }

  /** A value that changes when the client reads from the connection. */
  get connectionProgress(): string {
    const { stream } = this.#response as unknown as Http2ServerResponse;
    const writable: Writable & { bytesWritten?: number } =
      this.#socket ?? this.#response.socket ?? stream ?? this.#response;
    return writeProgress(writable, writable.bytesWritten ?? 0);
  }

  /** A value that changes when the client reads from this response. An HTTP/2 connection has others, too. */
  get progress(): string {
    const { stream } = this.#response as unknown as Http2ServerResponse;
    return stream ? writeProgress(stream, this.#bytesWritten) : this.connectionProgress;
  }

  /**
   * How many times longer than usual `progress` may stay the same. node:http2 reports only the end of a write, so a large one
   * has the usual time for each part of it.
   */
  get patience(): number {
    const { stream } = this.#response as unknown as Http2ServerResponse;
    return stream ? Math.max(1, stream.writableLength / PART_BYTES) : 1;
  }

  /** Destroys the connection. node:http itself would destroy a response that waits only when its turn has come. */
  destroy(): void {
    this.#response.destroy();
    this.#waitsFor?.destroy();
  }

  /** Ends the response. */
  endResponse(): void {
    this.#end.call(this.#response);
  }

  /** Removes the listeners. */
  end(): void {
    this.#socket?.off('drain', this.#onDrain);
    this.#response.off('drain', this.#onDrain);
  }

  #writeToResponse(content: Buffer): boolean {
    this.#bytesWritten += content.length;
    const isAccepted = this.#write.call(this.#response, content);
    const response = this.#response as ServerResponse & { flush?: () => void };
    // The middleware `compression` has this method: without it, events stay in its compressor.
    if (this.#flushes || typeof response.flush !== 'function') return isAccepted;
    this.#flushes = true;
    setImmediate(() => {
      this.#flushes = false;
      if (!response.writableEnded && !response.destroyed) response.flush?.();
    });
    return isAccepted;
  }

  /**
   * Returns the socket of a response of node:http, if the response would write the same bytes to it now: its `write()` was not
   * replaced, for example to compress; it is chunked; and it holds nothing back, neither its head nor data behind an earlier
   * response. Returns null otherwise.
   */
  #directSocket(): Socket | null {
    const response = this.#response;
    const { socket } = response;
    const isPlain = this.#write === ServerResponse.prototype.write && (response as OutgoingMessage).chunkedEncoding;
    if (!isPlain || socket === null || !socket.writable || response.writableCorked > 0) return null;
    return response.headersSent && response.writableLength === socket.writableLength ? socket : null;
  }
}
