import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type * as Pushwire from '../../../src/index.ts';

/** The built package under test. */
export type Package = typeof Pushwire;

/** The endpoint under attack, in its process. */
export interface Endpoint {
  /** The port that peers connect to. 0 if the endpoint is a client. */
  readonly port: number;
  /** The bytes that the endpoint counts as held. If it has no count, the bytes that its limits allow. */
  counted(): number;
  /** The part of `counted()` that remains after the peers have disconnected: the history of a channel. */
  kept?(): number;
  /** The number of open connections and streams of the peers. */
  open(): number;
  /** Whether the endpoint is still sending. */
  busy(): boolean;
  /** Called after the attack. Closes clients. */
  end?(): void;
}

/** Starts to listen, and resolves with the port. */
export async function listen(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  return (server.address() as { port: number }).port;
}

/** Starts a server that echoes bytes. It shows whether the event loop of the endpoint still serves other connections. */
export function echoServer(): Promise<number> {
  return listen(createServer((socket) => socket.on('error', () => {}).pipe(socket)));
}

/** Milliseconds for which `inTurns()` works in each turn of the event loop. */
const TURN = 4;

/** Calls `step` repeatedly until it returns false, for a few milliseconds in each turn of the event loop. */
export async function inTurns(step: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    const end = performance.now() + TURN;
    do {
      const result = step();
      if (!(typeof result === 'boolean' ? result : await result)) return;
    } while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
