/** Opens clients that only listen, and asks for broadcasts: the next one when the last has come to all. */
import { setTimeout as wait } from 'node:timers/promises';
import { frame } from '../../spec/support/frames.ts';
import { ClosedLoop } from './closed-loop.ts';
import { headerLength, openAll, openStreams, type RawClient } from './frames.ts';

const { port, connections, payload, kind } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes that go to each in a broadcast: of a message, or of an event with its chunk. */
  readonly payload: number;
  readonly kind: 'websocket' | 'event-stream';
};

const isStream = kind === 'event-stream';
const clients = await (isStream ? openStreams(port, connections) : openAll(port, connections));
const each = isStream ? payload : payload + headerLength(payload);
const total = each * connections;
// What a server says to begin with, such as the ID of the latest event, is not counted.
await wait(200);
let received = 0;
let asked = 0;
let onAll: () => void = () => {};
const ask = (): void => {
  asked++;
  trigger();
};
for (const client of clients) {
  client.onBytes = (count) => {
    received += count;
    if (received > asked * total) throw new Error('More has come than was asked for');
    if (received === asked * total) onAll();
  };
}
const trigger = await openTrigger();
const loop: ClosedLoop = new ClosedLoop([ask]);
onAll = () => loop.again(ask);
loop.serve(() => received / each);

/** What asks the server for one broadcast. */
async function openTrigger(): Promise<() => void> {
  if (!isStream) {
    // Masked with zeros, so that the bare server can read it.
    const request = frame({ opcode: 1, payload: '1', mask: [0, 0, 0, 0] });
    const [first] = clients as [RawClient];
    return () => void first.socket.write(request);
  }
  // The request that opens the connection asks, too.
  asked++;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const [control] = await openStreams(port, 1, 'POST');
  await all;
  control!.socket.once('close', () => {
    throw new Error('The server has closed the connection that asks');
  });
  return () => void control!.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
}
