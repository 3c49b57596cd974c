/** Sends messages to an echo server, so many in one write on each connection, and the next ones when all have come back. */
import { clientFrame, headerLength, openAll } from './frames.ts';
import { growthOf } from './growth.ts';

const { port, connections, payload, batch, seconds } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes of a message. */
  readonly payload: number;
  /** Messages in one write. */
  readonly batch: number;
  readonly seconds: number;
};

const request = Buffer.concat(Array<Buffer>(batch).fill(clientFrame(payload)));
const expected = batch * (payload + headerLength(payload));
let messages = 0;
const clients = await openAll(port, connections);
for (const client of clients) {
  let left = expected;
  client.onBytes = (count) => {
    left -= count;
    if (left > 0) return;
    if (left < 0) throw new Error('More has come back than was sent');
    left = expected;
    messages += batch;
    client.socket.write(request);
  };
  client.socket.write(request);
}
const { rate } = await growthOf(() => messages, seconds);
console.log(JSON.stringify({ rate }));
process.exit();
