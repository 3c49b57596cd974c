/** Opens clients that only listen, and asks for broadcasts: the next one when the last has come to all. */
import { setTimeout as wait } from 'node:timers/promises';
import { frame } from '../../spec/support/frames.ts';
import { headerLength, openAll, openStreams, type RawClient } from './frames.ts';
import { growthOf } from './growth.ts';

const { port, connections, payload, seconds, kind } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes that go to each in a broadcast: of a message, or of an event with its chunk. */
  readonly payload: number;
  readonly seconds: number;
  readonly kind: 'websocket' | 'event-stream';
};

const isStream = kind === 'event-stream';
const clients = await (isStream ? openStreams(port, connections) : openAll(port, connections));
const each = isStream ? payload : payload + headerLength(payload);
const total = each * connections;
// What a server says to begin with, such as the ID of the latest event, is not counted.
await wait(200);
let received = 0;
/** With event streams, the request that opens the connection which asks is the first to ask. */
let asked = isStream ? 1 : 0;
const ask = (): void => {
  asked++;
  trigger();
};
for (const client of clients) {
  client.onBytes = (count) => {
    received += count;
    if (received > asked * total) throw new Error('More has come than was asked for');
    if (received === asked * total) ask();
  };
}
const trigger = await openTrigger();

/** What asks the server for one broadcast. */
async function openTrigger(): Promise<() => void> {
  if (!isStream) {
    // Masked with zeros, so that the bare server can read it.
    const request = frame({ opcode: 1, payload: '1', mask: [0, 0, 0, 0] });
    const [first] = clients as [RawClient];
    return () => void first.socket.write(request);
  }
  const [control] = await openStreams(port, 1, 'POST');
  return () => void control!.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
}

if (!isStream) ask();
const { growth } = await growthOf(() => received, seconds);
console.log(growth / each);
process.exit();
