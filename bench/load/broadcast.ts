/** Opens clients that only receive, and requests broadcasts. It requests the next one when all clients have received the last. */
import { setTimeout as wait } from 'node:timers/promises';
import { frame } from '../../spec/support/frames.ts';
import { ClosedLoop } from './closed-loop.ts';
import { headerLength, openAll, openStreams, type RawClient } from './frames.ts';

const { port, connections, payload, kind } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes that each client receives in a broadcast: a message, or an event with its HTTP chunk. */
  readonly payload: number;
  readonly kind: 'websocket' | 'event-stream';
};

const isStream = kind === 'event-stream';
const clients = await (isStream ? openStreams(port, connections) : openAll(port, connections));
const each = isStream ? payload : payload + headerLength(payload);
const total = each * connections;
// What a server sends first, such as the ID of the latest event, is not counted.
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
    if (received > asked * total) throw new Error('The clients received more bytes than were requested');
    if (received === asked * total) onAll();
  };
}
const trigger = await openTrigger();
const loop: ClosedLoop = new ClosedLoop([ask]);
onAll = () => loop.again(ask);
loop.serve(() => received / each);

/** Returns a function that requests one broadcast from the server. */
async function openTrigger(): Promise<() => void> {
  if (!isStream) {
    // Masked with zeros, so that the bare server can read it.
    const request = frame({ opcode: 1, payload: '1', mask: [0, 0, 0, 0] });
    const [first] = clients as [RawClient];
    return () => void first.socket.write(request);
  }
  // The request that opens the connection also requests a broadcast.
  asked++;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const [control] = await openStreams(port, 1, 'POST');
  await all;
  control!.socket.once('close', () => {
    throw new Error('The server closed the connection that requests broadcasts');
  });
  return () => void control!.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
}
