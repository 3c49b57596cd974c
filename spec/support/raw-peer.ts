import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { onTestFinished } from 'vitest';
import { acceptKey } from '../../src/websocket/handshake/accept-key.ts';
import { type ParsedFrame, parseFrame } from './frames.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A valid upgrade request with changes: null removes a line, and an array makes several lines. */
export function upgradeRequest(
  changes: Record<string, string | string[] | null> = {},
  requestLine = 'GET /chat HTTP/1.1',
): string {
  const fields: Record<string, string | string[] | null> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((line) => `${name}: ${line}`),
  );
  return [requestLine, ...lines, '', ''].join('\r\n');
}

/** A peer that sends and reads raw bytes, so that it can violate the protocol. */
export class RawPeer {
  readonly socket: Socket;
  /** What has been received and not read. It is joined when it is looked at: joining each chunk would take quadratic time. */
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    // A reset counts as the end of the connection.
    socket.on('error', ended);
    onTestFinished(() => void socket.destroy());
  }

  get #received(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  set #received(bytes: Buffer) {
    this.#chunks = [bytes];
    this.#length = bytes.length;
  }

  static async connect(port: number, secure = false): Promise<RawPeer> {
    const options = { port, host: '127.0.0.1', allowHalfOpen: true };
    const socket = secure ? tlsConnect({ ...options, rejectUnauthorized: false }) : netConnect(options);
    const peer = new RawPeer(socket);
    await once(socket, secure ? 'secureConnect' : 'connect');
    return peer;
  }

  /** Connects, and completes the opening handshake. */
  static async open(port: number, changes: Record<string, string> = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest(changes));
    const head = await peer.readHead();
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`The handshake failed: ${head}`);
    return peer;
  }

  write(...chunks: readonly (Uint8Array | string)[]): void {
    for (const chunk of chunks) this.socket.write(chunk);
  }

  /** Ends the peer's direction of the connection. */
  end(): void {
    this.socket.end();
  }

  /** Breaks the connection with a TCP RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Whether the other side has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads the head of an HTTP message. */
  async readHead(): Promise<string> {
    const end = await this.#until(() => {
      const index = this.#received.indexOf('\r\n\r\n');
      return index === -1 ? null : index + 4;
    });
    const head = this.#received.toString('latin1', 0, end);
    this.#received = this.#received.subarray(end);
    return head;
  }

  async readBytes(length: number): Promise<Buffer> {
    await this.#until(() => (this.#length >= length ? true : null));
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  async readFrame(): Promise<ParsedFrame> {
    const { frame, rest } = await this.#until(() => parseFrame(this.#received));
    this.#received = rest;
    return frame;
  }

  async readFrames(count: number): Promise<ParsedFrame[]> {
    const frames: ParsedFrame[] = [];
    while (frames.length < count) frames.push(await this.readFrame());
    return frames;
  }

  /** Reads until the other side ends. */
  async readToEnd(): Promise<Buffer> {
    await this.#until(() => (this.#ended ? true : null));
    const received = this.#received;
    this.#received = Buffer.alloc(0);
    return received;
  }

  /** Waits until the received bytes contain the text. Returns all of them. */
  async readUntil(text: string): Promise<string> {
    return this.#until(() => (this.#received.includes(text) ? this.#received.toString() : null));
  }

  async #until<T>(look: () => T | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (this.#ended) throw new Error(`The peer ended; unread bytes: ${this.#received.toString('latin1')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A server that calls `answer` for each connection. Resolves with its port. */
export async function rawServer(answer: (peer: RawPeer) => Promise<void> | void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // An error in `answer` becomes an unhandled rejection, which fails the test.
    void answer(new RawPeer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** The response that completes an opening handshake. Accepts changes like `upgradeRequest()`. */
export function upgradeResponse(requestHead: string, changes: Record<string, string | string[] | null> = {}): string {
  const key = /^sec-websocket-key: (.*)$/im.exec(requestHead)?.[1]?.trim() ?? '';
  const fields: Record<string, string | string[] | null> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(key),
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((line) => `${name}: ${line}`),
  );
  return ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');
}

/** A raw server that completes the opening handshake, and then calls `answer`. */
export function rawWebSocketServer(answer: (peer: RawPeer, head: string) => Promise<void> | void): Promise<number> {
  return rawServer(async (peer) => {
    const head = await peer.readHead();
    peer.write(upgradeResponse(head));
    await answer(peer, head);
  });
}
