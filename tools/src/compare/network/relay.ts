import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { at, now } from '../clock.ts';

/** A network between two ends of this machine. */
export interface Network {
  /** Milliseconds one way. */
  readonly delay: number;
  /** Bits per second, each way, of all connections together. Default: no limit. */
  readonly bandwidth?: number;
  /** One segment of each connection in so many is lost on the way to the client. Default: none. */
  readonly lossInterval?: number;
  /** Sees what goes to the client, as anyone on the way does. */
  readonly onDown?: (chunk: Buffer) => void;
}

/** Bytes of a full segment of TCP on Ethernet. */
const SEGMENT = 1460;
/** Milliseconds: what Linux waits at least before it sends a segment again. */
const MINIMUM_RETRANSMISSION_TIMEOUT = 200;
/** Bytes that may wait in one direction of a connection, before the sender has to. */
const MAX_IN_FLIGHT = 8 * 1024 * 1024;

/**
 * Forwards TCP connections to a port of this machine, as if a network lay between: each byte arrives later.
 *
 * The kernel answers a connection's first packet itself, so the client believes at once that it is connected. The round
 * trip that this takes on a network is made up for: nothing arrives before it is over. A lost segment is a delay, too, as
 * TCP hides it: it and all behind it wait until it was sent again.
 */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #network: Network;
  /** When the line is free again, in each direction. */
  readonly #free = { up: 0, down: 0 };

  private constructor(target: number, network: Network) {
    this.#network = network;
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
      // The client's SYN, the answer, and what it says first; and then the server's first answer.
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

  /** Ends all connections. */
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
    /** Nothing overtakes what was sent before it. */
    let lastArrival = earliest;
    const arrive = (size: number, deliver: () => void): void => {
      const before = segments;
      segments += Math.ceil(size / SEGMENT);
      const { lossInterval = Number.POSITIVE_INFINITY } = this.#network;
      const isLost = direction === 'down' && Math.floor(segments / lossInterval) > Math.floor(before / lossInterval);
      lastArrival = Math.max(this.#arrival(size, direction, isLost), lastArrival);
      deliveries.push(deliver);
      // Timers may overtake each other: whichever fires delivers what was sent first.
      at(lastArrival, () => deliveries.shift()!());
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
    // What was sent before a connection broke still arrives.
    from.on('close', (hadError: boolean) => {
      this.#sockets.delete(from);
      arrive(0, () => (hadError ? to.resetAndDestroy() : to.destroy()));
    });
    from.on('error', () => {});
  }

  #arrival(size: number, direction: 'up' | 'down', isLost: boolean): number {
    const { delay, bandwidth } = this.#network;
    const sent = Math.max(now(), this.#free[direction]);
    const onTheLine = bandwidth === undefined ? 0 : (size * 8 * 1000) / bandwidth;
    this.#free[direction] = sent + onTheLine;
    const again = isLost ? Math.max(MINIMUM_RETRANSMISSION_TIMEOUT, 2 * delay) : 0;
    return sent + onTheLine + delay + again;
  }
}
