import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'pushwire';
import { jsonLine, printable } from '../../terminal/printable.ts';
import type { Outgoing, Transmit } from './transmit.ts';

export interface PipeOptions {
  /** What to send. It is not read before the first connection is open. */
  readonly messages: Iterable<Outgoing> | AsyncIterable<Outgoing>;
  readonly output: Writable & { readonly isTTY?: boolean };
  /** Whether to write each event as a line of JSON. */
  readonly json: boolean;
  /** How long the connection stays open after the last message, in milliseconds; Infinity until the server closes it. */
  readonly wait: number;
  /** Closes the connection, and all later ones. */
  readonly close: () => void;
  readonly transmit: Transmit;
}

/**
 * Sends messages, and writes received ones to the output: a text followed by a line feed, binary data unchanged; at a
 * terminal, without control characters. Applies backpressure in both directions. If a connection is lost, what follows is
 * sent in the next one.
 */
export class Pipe {
  readonly #options: PipeOptions;
  #socket: WebSocket | undefined;
  #sending = false;
  /** Called when the next connection is open. */
  #onOpen: (() => void) | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
    // The reader of the output has closed it.
    options.output.on('error', () => {
      this.#socket?.resume();
      options.close();
    });
  }

  attach(socket: WebSocket): void {
    this.#socket = socket;
    const { json, output } = this.#options;
    socket.on('open', () => {
      this.#writeEvent('open', { url: socket.url, protocol: socket.protocol, extensions: socket.extensions });
      this.#onOpen?.();
      if (!this.#sending) void this.#sendAll();
      this.#sending = true;
    });
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      if (json) {
        this.#writeEvent('message', { binary: isBinary, data: bytes.toString(isBinary ? 'base64' : 'utf8') });
      } else {
        // A terminal would interpret control characters. A file or another program receives the bytes.
        this.#write(output.isTTY ? printable(bytes.toString()) : bytes);
        if (!isBinary) this.#write('\n');
      }
    });
    socket.on('ping', (data) => this.#writeEvent('ping', { data: data.toString('base64') }));
    socket.on('pong', (data) => this.#writeEvent('pong', { data: data.toString('base64') }));
    socket.on('close', (code, reason) => this.#writeEvent('close', { code, reason: reason.toString() }));
  }

  #writeEvent(event: string, details: object): void {
    if (this.#options.json) this.#write(jsonLine({ event, ...details }));
  }

  #write(chunk: string | Uint8Array): void {
    const { output } = this.#options;
    if (output.destroyed || output.write(chunk)) return;
    const socket = this.#socket!;
    socket.pause();
    output.once('drain', () => socket.resume());
  }

  async #sendAll(): Promise<void> {
    const { messages, wait, close, transmit } = this.#options;
    for await (const outgoing of messages) {
      const socket = await this.#opened();
      if (transmit(socket, outgoing)) continue;
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
    }
    if (wait === Number.POSITIVE_INFINITY) return;
    // The timer must not keep the process alive if the server closes the connection first.
    await delay(wait, undefined, { ref: false });
    close();
  }

  /** The WebSocket, once it is open. Without another connection, this never resolves. */
  async #opened(): Promise<WebSocket> {
    while (this.#socket!.readyState !== this.#socket!.OPEN) {
      await new Promise<void>((resolve) => {
        this.#onOpen = resolve;
      });
    }
    return this.#socket!;
  }
}
