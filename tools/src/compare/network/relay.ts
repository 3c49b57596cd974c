import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { callAt, now } from '../clock.ts';

/** The properties of a simulated network. */
export interface Network {
  /** Milliseconds each way. */
  readonly delay: number;
  /** Bits per second each way, shared by all connections. Default: no limit. */
  readonly bandwidth?: number;
  /** On the way to the client, every nth segment of a connection is lost. Default: none. */
  readonly lossInterval?: number;
  /** Called with each chunk on the way to the client. */
  readonly onDown?: (chunk: Buffer) => void;
}

/** The payload of a full TCP segment on Ethernet, in bytes. */
const SEGMENT_SIZE = 1460;
/** The minimum on Linux, in milliseconds. */
const MINIMUM_RETRANSMISSION_TIMEOUT = 200;
/** Of one direction of a connection, in bytes. With more, the sender is paused. */
const MAX_IN_FLIGHT = 8 * 1024 * 1024;

/**
 * Forwards TCP connections to a port of this machine, and delays each byte like a network.
 *
 * The kernel completes the TCP handshake of the client without a delay. To make up for this, the relay delays the first bytes
 * by another round trip. A lost segment is also a delay, as TCP hides the loss: the segment and everything behind it wait for
 * the retransmission.
 */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #network: Network;
  /** When the line is free again, by direction. */
  readonly #freeAt = { up: 0, down: 0 };

  private constructor(target: number, network: Network) {
    this.#network = network;
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
      // Three trips until the first bytes arrive (SYN, SYN-ACK, the bytes), and one more for the first answer.
      const begun = now();
      this.#forward(client, server, 'up', begun + 3 * network.delay);
      this.#forward(server, client, 'down', begun + 4 * network.delay);
    });
  }

  static async start(target: number, network: Network): Promise<Relay> {
    const relay = new Relay(target, network);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes the server and destroys all connections. */
  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #forward(from: Socket, to: Socket, direction: 'up' | 'down', earliest: number): void {
    from.setNoDelay(true);
    this.#sockets.add(from);
    let inFlight = 0;
    let segments = 0;
    const deliveries: (() => void)[] = [];
    /** Bytes arrive in the order in which they were sent. */
    let lastArrival = earliest;
    const arrive = (size: number, deliver: () => void): void => {
      const before = segments;
      segments += Math.ceil(size / SEGMENT_SIZE);
      const { lossInterval = Number.POSITIVE_INFINITY } = this.#network;
      const isLost = direction === 'down' && Math.floor(segments / lossInterval) > Math.floor(before / lossInterval);
      lastArrival = Math.max(this.#arrival(size, direction, isLost), lastArrival);
      deliveries.push(deliver);
      // Timers may fire out of order. Each delivers the oldest chunk.
      callAt(lastArrival, () => deliveries.shift()!());
    };
    from.on('data', (chunk: Buffer) => {
      if (direction === 'down') this.#network.onDown?.(chunk);
      inFlight += chunk.length;
      if (inFlight > MAX_IN_FLIGHT) from.pause();
      arrive(chunk.length, () => {
        inFlight -= chunk.length;
        if (from.isPaused() && inFlight <= MAX_IN_FLIGHT) from.resume();
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on('end', () => arrive(0, () => to.end()));
    // Bytes sent before a connection breaks still arrive.
    from.on('close', (hadError: boolean) => {
      this.#sockets.delete(from);
      arrive(0, () => (hadError ? to.resetAndDestroy() : to.destroy()));
    });
    from.on('error', () => {});
  }

  #arrival(size: number, direction: 'up' | 'down', isLost: boolean): number {
    const { delay, bandwidth } = this.#network;
    const sent = Math.max(now(), this.#freeAt[direction]);
    const onTheLine = bandwidth === undefined ? 0 : (size * 8 * 1000) / bandwidth;
    this.#freeAt[direction] = sent + onTheLine;
    const retransmission = isLost ? Math.max(MINIMUM_RETRANSMISSION_TIMEOUT, 2 * delay) : 0;
    return sent + onTheLine + delay + retransmission;
  }
}
