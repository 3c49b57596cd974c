import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** What a proxy does with bytes of the server, and with new connections. */
export type ProxyMode =
  | 'pass'
  /** New connections are closed at once. */
  | 'refuse'
  /** Connections stay open, but what the server sends is dropped. */
  | 'swallow'
  /** What the server sends next closes the connection, and does not arrive. Then all passes again. */
  | 'cut at reply';

/** A proxy that disturbs connections to an engine. */
export class TcpProxy {
  mode: ProxyMode = 'pass';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those on which nothing passes any more. */
  readonly #frozen = new WeakSet<Socket>();

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.mode === 'refuse') {
        near.destroy();
        return;
      }
      const far = createConnection(target, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      near.on('data', (chunk) => {
        if (!this.#frozen.has(near)) far.write(chunk);
      });
      far.on('data', (chunk) => {
        if (this.#frozen.has(far)) return;
        if (this.mode === 'cut at reply') {
          this.mode = 'pass';
          near.destroy();
        } else if (this.mode !== 'swallow') near.write(chunk);
      });
    });
  }

  static async open(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when it has accepted this many more connections. */
  async untilAccepted(count: number): Promise<void> {
    for (let accepted = 0; accepted < count; accepted++) await once(this.#server, 'connection');
  }

  /** The connections stay open, and nothing passes on them, for good. New ones work. */
  freeze(): void {
    for (const socket of this.#sockets) this.#frozen.add(socket);
  }

  /** What both sides send on the connections waits until `release()`. When the buffers of the system are full, nothing more is sent. */
  hold(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  /** Closes all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
