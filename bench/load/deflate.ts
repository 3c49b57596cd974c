/** Sends compressed JSON messages to an echo server, and counts the frames that it sends back, whatever their length. */
import { constants, deflateRawSync } from 'node:zlib';
import { frame } from '../../spec/support/frames.ts';
import { ClosedLoop } from './closed-loop.ts';
import { openAll } from './frames.ts';

const { port, connections, size, batch, takesOver } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes of a message before it is compressed. */
  readonly size: number;
  /** Messages in one write. */
  readonly batch: number;
  readonly takesOver: boolean;
};
const MESSAGES = 64;

/** A message of JSON records, each slightly different. */
function message(index: number): Buffer {
  const records: string[] = [];
  for (let [length, number] = [0, index * 31]; length < size; number++) {
    const record = JSON.stringify({
      type: 'order-updated',
      id: 4_000_000 + number,
      at: new Date(1_790_000_000_000 + number * 137).toISOString(),
      customer: { id: (number * 7919) % 10_007, name: 'Grete Müßig', tier: 'gold' },
      items: [{ sku: `SKU-${(number * 31) % 997}`, quantity: (number % 5) + 1, price: 1999 + (number % 90) }],
    });
    records.push(record);
    length += record.length + 1;
  }
  return Buffer.from(records.join(',').slice(0, size));
}

/** Each message is compressed separately, so that it can be sent repeatedly. */
const frames = Array.from({ length: MESSAGES }, (_, index) => {
  const compressed = deflateRawSync(message(index), { finishFlush: constants.Z_SYNC_FLUSH });
  return frame({ rsv: 4, opcode: 1, payload: compressed.subarray(0, -4) });
});
const batches = Array.from({ length: MESSAGES }, (_, index) => {
  return Buffer.concat(Array.from({ length: batch }, (_, offset) => frames[(index + offset) % MESSAGES]!));
});

/** Counts the frames of a server that end in each chunk. */
class FrameCounter {
  #skip = 0;
  #header: number[] = [];

  take(chunk: Uint8Array, length: number): number {
    let count = 0;
    for (let offset = 0; offset < length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - offset);
        this.#skip -= skipped;
        offset += skipped;
        if (this.#skip === 0) count++;
        continue;
      }
      this.#header.push(chunk[offset++]!);
      const [, field = 0, high = 0, low = 0] = this.#header;
      if (this.#header.length < (field === 126 ? 4 : 2)) continue;
      if (field === 127) throw new Error('The server sent a longer frame than it received');
      this.#skip = field === 126 ? high * 256 + low : field;
      this.#header = [];
    }
    return count;
  }
}

const noTakeover = '; server_no_context_takeover; client_no_context_takeover';
const offer = `permessage-deflate${takesOver ? '' : noTakeover}`;
const clients = await openAll(port, connections, { 'Sec-WebSocket-Extensions': offer });
let messages = 0;
const loop: ClosedLoop = new ClosedLoop(
  clients.map((client) => {
    const counter = new FrameCounter();
    let [left, next] = [batch, 0];
    const send = (): void => void client.socket.write(batches[next++ % MESSAGES]!);
    client.onBytes = (count, bytes) => {
      const received = counter.take(bytes, count);
      messages += received;
      left -= received;
      if (left > 0) return;
      left = batch;
      loop.again(send);
    };
    return send;
  }),
);
loop.serve(() => messages);
