/** Sends messages to an echo server: `batch` messages in each write, and the next batch when all have come back. */
import { ClosedLoop } from './closed-loop.ts';
import { clientFrame, headerLength, openAll } from './frames.ts';

const { port, connections, payload, batch } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes of a message. */
  readonly payload: number;
  /** Messages in one write. */
  readonly batch: number;
};

const request = Buffer.concat(Array<Buffer>(batch).fill(clientFrame(payload)));
const expected = batch * (payload + headerLength(payload));
let messages = 0;
const clients = await openAll(port, connections);
const loop: ClosedLoop = new ClosedLoop(
  clients.map((client) => {
    let left = expected;
    const send = (): void => void client.socket.write(request);
    client.onBytes = (count) => {
      left -= count;
      if (left > 0) return;
      if (left < 0) throw new Error('The server sent back more bytes than it received');
      left = expected;
      messages += batch;
      loop.again(send);
    };
    return send;
  }),
);
loop.serve(() => messages);
