/** Clients of a library send JSON with permessage-deflate to an echo server, several messages in flight each. */
import { once } from 'node:events';
import { ClosedLoop } from './closed-loop.ts';
import { orders } from './orders.ts';

const { port, library, connections, size, batch } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  /** What to import. */
  readonly library: 'pushwire' | 'ws';
  readonly connections: number;
  /** Bytes of a message. */
  readonly size: number;
  /** Messages that each client has in flight. */
  readonly batch: number;
};
const MESSAGES = 64;
const messages = Array.from({ length: MESSAGES }, (_, index) => orders(index, size));

// What was built, as the servers.
const { WebSocket }: typeof import('ws') = await import(library === 'ws' ? 'ws' : '../../dist/index.js');
const clients = Array.from({ length: connections }, () => {
  return new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: { threshold: 0 } });
});
await Promise.all(clients.map((client) => once(client, 'open')));

let count = 0;
const loop: ClosedLoop = new ClosedLoop(
  clients.map((client) => {
    let [left, next] = [batch, 0];
    const send = (): void => {
      for (let number = 0; number < batch; number++) client.send(messages[next++ % MESSAGES]!, { binary: false });
    };
    client.on('message', () => {
      count++;
      left--;
      if (left > 0) return;
      left = batch;
      loop.again(send);
    });
    return send;
  }),
);
loop.serve(() => count);
