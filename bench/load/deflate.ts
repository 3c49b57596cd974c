/** Sends compressed JSON messages to an echo server, and counts the frames that it sends back, whatever their length. */
import { constants, deflateRawSync } from 'node:zlib';
import { frame } from '../../spec/support/frames.ts';
import { ClosedLoop } from './closed-loop.ts';
import { openAll } from './frames.ts';
import { orders } from './orders.ts';

const { port, connections, size, batch, takesOver } = JSON.parse(process.argv[2]!) as {
  readonly port: number;
  readonly connections: number;
  /** Bytes of a message before it is compressed. */
  readonly size: number;
  /** Messages in one write: a divisor of 64. */
  readonly batch: number;
  readonly takesOver: boolean;
};
const MESSAGES = 64;
/** How many earlier messages a message refers to. */
const REFERRED = 8;
const WINDOW = 32 * 1024;

/** A frame with one of the messages, which may refer to earlier messages. */
function compressedFrame(index: number, earlier: readonly Buffer[]): Buffer {
  const dictionary = Buffer.concat(earlier).subarray(-WINDOW);
  const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(earlier.length > 0 ? { dictionary } : {}) };
  return frame({ rsv: 4, opcode: 1, payload: deflateRawSync(messages[index]!, options).subarray(0, -4) });
}

const messages = Array.from({ length: MESSAGES }, (_, index) => orders(index, size));
const separate = messages.map((_, index) => compressedFrame(index, []));
/**
 * With context takeover, each message refers to the few before it, so that the frames can be sent again and again, in this
 * order.
 */
const frames = takesOver
  ? messages.map((_, index) =>
      compressedFrame(index, [...messages, ...messages].slice(index + MESSAGES - REFERRED, index + MESSAGES)),
    )
  : separate;
/** What the first frame refers to. */
const prelude = Buffer.concat(separate.slice(-REFERRED));
const batches = Array.from({ length: MESSAGES / batch }, (_, index) => {
  return Buffer.concat(frames.slice(index * batch, (index + 1) * batch));
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
for (const { head } of clients) {
  if (takesOver === /_no_context_takeover/.test(String(head))) {
    throw new Error(`The server has not accepted the offer: ${head}`);
  }
}
let count = 0;
const loop: ClosedLoop = new ClosedLoop(
  await Promise.all(
    clients.map(async (client) => {
      const counter = new FrameCounter();
      let left = REFERRED;
      const prepared = new Promise<void>((resolve) => {
        client.onBytes = (length, bytes) => {
          left -= counter.take(bytes, length);
          if (left === 0) resolve();
        };
      });
      client.socket.write(prelude);
      await prepared;
      left = batch;
      let next = 0;
      const send = (): void => void client.socket.write(batches[next++ % batches.length]!);
      client.onBytes = (length, bytes) => {
        const received = counter.take(bytes, length);
        count += received;
        left -= received;
        if (left > 0) return;
        left = batch;
        loop.again(send);
      };
      return send;
    }),
  ),
);
loop.serve(() => count);
