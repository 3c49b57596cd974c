import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { KEY } from './raw-peer.ts';

type WriteDone = (error?: Error | null) => void;

/**
 * A transport whose peer reads only when the test requests it. The bytes of a write are copied when the peer reads them, so
 * the test sees bytes that were overwritten too early.
 */
export class HeldTransport extends Duplex {
  /** The bytes that the peer has read, one Buffer for each write. */
  readonly reads: Buffer[] = [];
  #reading = true;
  #chunk: Buffer | null = null;
  /** The pieces of the current chunk that the peer has read. */
  #pieces: Buffer[] = [];
  #offset = 0;
  #done: WriteDone = () => {};

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: WriteDone): void {
    this.#chunk = chunk;
    this.#done = done;
    if (this.#reading) this.read1();
  }

  /** Behaves like a socket: the write in progress ends without an error, and later writes end with an error. */
  override _destroy(error: Error | null, destroyed: WriteDone): void {
    setImmediate(() => {
      if (this.#chunk !== null) this.#done(null);
      this.#chunk = null;
      destroyed(error);
    });
  }

  /** Reads up to `count` bytes of the write in progress. Returns false if there is none. */
  read1(count = Number.POSITIVE_INFINITY): boolean {
    const chunk = this.#chunk;
    if (chunk === null || this.destroyed) return false;
    const piece = Buffer.from(chunk.subarray(this.#offset, this.#offset + count));
    this.#pieces.push(piece);
    this.#offset += piece.length;
    if (this.#offset < chunk.length) return true;
    this.reads.push(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#offset = 0;
    this.#chunk = null;
    this.#done();
    return true;
  }

  /** Stops reading until `readOn()` or `read1()` is called. */
  stall(): void {
    this.#reading = false;
  }

  /** Starts to read everything. */
  readOn(): void {
    this.#reading = true;
    this.read1();
  }

  get received(): Buffer {
    return Buffer.concat(this.reads);
  }
}

export interface HeldConnection {
  readonly server: WebSocketServer;
  readonly socket: WebSocket;
  readonly transport: HeldTransport;
}

/** Opens a server's WebSocket on a transport whose peer reads only when the test requests it. */
export async function openHeld(options: ServerOptions = {}, extensions = ''): Promise<HeldConnection> {
  const transport = new HeldTransport();
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = '/';
  request.httpVersion = '1.1';
  const fields = { host: 'a', upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' };
  const offer = extensions === '' ? {} : { 'sec-websocket-extensions': extensions };
  Object.assign(request.headers, { ...fields, ...offer, 'sec-websocket-key': KEY });
  const server = new WebSocketServer({ noServer: true, ...options });
  const socket = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, transport, Buffer.alloc(0), resolve);
  });
  transport.reads.length = 0;
  transport.stall();
  return { server, socket, transport };
}

/** Waits for turns of the event loop, so that pending callbacks run. */
export async function nextTurns(count = 2): Promise<void> {
  while (count-- > 0) await new Promise((resolve) => setImmediate(resolve));
}
