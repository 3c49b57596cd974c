import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { frame } from '../../spec/support/frames.ts';
import { upgradeRequest } from '../../spec/support/raw-peer.ts';

/** The bytes of the header of a server's frame. */
export function headerLength(payload: number): number {
  return payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
}

/** A client's frame. */
export function clientFrame(payload: number): Buffer {
  return frame({ opcode: 2, payload: Buffer.alloc(payload, 'x') });
}

/** All sockets read into this buffer, so that reading allocates nothing. */
const READ_BUFFER: Buffer = Buffer.alloc(256 * 1024);

/** A connection after its opening handshake. */
export class RawClient {
  readonly socket: Socket;
  /** Called with the number of bytes received, and the buffer that holds them until the call returns. */
  onBytes: (count: number, bytes: Uint8Array) => void = () => {};
  /** The head of the response. */
  head: Buffer = Buffer.alloc(0);
  #opened: (() => void) | undefined;
  #status = '';

  private constructor(port: number) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (count) => {
          if (this.#opened === undefined) this.onBytes(count, READ_BUFFER);
          else this.#readHead(READ_BUFFER.subarray(0, count));
          return true;
        },
      },
    });
  }

  /** Sends a request, and waits for the head of the response. */
  static async open(port: number, request: string, status: number): Promise<RawClient> {
    const client = new RawClient(port);
    client.#status = ` ${status} `;
    const opened = new Promise<void>((resolve) => {
      client.#opened = resolve;
    });
    await once(client.socket, 'connect');
    client.socket.write(request);
    await opened;
    return client;
  }

  #readHead(bytes: Buffer): void {
    this.head = Buffer.concat([this.head, bytes]);
    if (!this.head.includes('\r\n\r\n')) return;
    if (!this.head.includes(this.#status)) throw new Error(`The server refused the request: ${this.head}`);
    this.#opened!();
    this.#opened = undefined;
  }
}

/** Opens `count` WebSockets, up to 100 at a time. */
export function openAll(port: number, count: number, changes: Record<string, string> = {}): Promise<RawClient[]> {
  return openSome(port, count, upgradeRequest(changes), 101);
}

/** Opens `count` event streams; or, with another method, connections that have received status 204. */
export function openStreams(port: number, count: number, method = 'GET', path = '/'): Promise<RawClient[]> {
  const fields = ['Host: 127.0.0.1', 'Accept: text/event-stream', ...(method === 'GET' ? [] : ['Content-Length: 0'])];
  return openSome(
    port,
    count,
    [`${method} ${path} HTTP/1.1`, ...fields, '', ''].join('\r\n'),
    method === 'GET' ? 200 : 204,
  );
}

async function openSome(port: number, count: number, request: string, status: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(100, count - clients.length) }, () =>
      RawClient.open(port, request, status),
    );
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}
