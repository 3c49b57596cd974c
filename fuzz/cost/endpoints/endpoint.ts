import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type * as Pushwire from '../../../src/index.ts';

/** The built package under test. */
export type Package = typeof Pushwire;

/** What is attacked, in its process. */
export interface Endpoint {
  /** Where peers connect; 0 if the endpoint connects itself. */
  readonly port: number;
  /** Bytes that the endpoint says it holds, or that its limits allow where it says nothing. */
  counted(): number;
  /** Bytes of `counted()` that stay when the peers have left: the history of a channel. */
  kept?(): number;
  /** Open connections and streams of the peers. */
  open(): number;
  /** Whether it is still sending by itself. */
  busy(): boolean;
  /** Called when the attack is over. Clients close. */
  end?(): void;
}

/** Listens, and returns the port. */
export async function listen(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  return (server.address() as { port: number }).port;
}

/** A server that echoes bytes: whether the event loop of an endpoint serves others. */
export function echoServer(): Promise<number> {
  return listen(createServer((socket) => socket.on('error', () => {}).pipe(socket)));
}

/** Milliseconds of a turn in which an endpoint sends by itself. */
const TURN = 4;

/** Calls `step` until it returns false, for a few milliseconds of each turn of the event loop. */
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
