/**
 * Sends compressed JSON messages to an echo server. It counts the frames that come back, whatever their length, and checks that
 * each is a compressed text message. What they contain is checked once, on a connection of its own.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { frame, parseFrames } from '../../spec/support/frames.ts';
import { TAIL } from '../../src/websocket/wire/deflate/alphabets.ts';
import { ClosedLoop } from './closed-loop.ts';
import { openAll, type RawClient } from './frames.ts';
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
/** FIN, RSV1, and the opcode of a text message. */
const COMPRESSED_TEXT = 0xc1;
/** 64 messages keep each server busy for more than half a millisecond. */
const PAUSE_MILLISECONDS = 0.2;

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
      const [first, field = 0, high = 0, low = 0] = this.#header;
      if (this.#header.length < (field === 126 ? 4 : 2)) continue;
      if (first !== COMPRESSED_TEXT) throw new Error(`Not a compressed text message: its first octet is ${first}`);
      if (field === 127) throw new Error('The server sent a longer frame than it received');
      this.#skip = field === 126 ? high * 256 + low : field;
      this.#header = [];
    }
    return count;
  }
}

const noTakeover = '; server_no_context_takeover; client_no_context_takeover';
const offer = `permessage-deflate${takesOver ? '' : noTakeover}`;
const clients = await openAll(port, connections + 1, { 'Sec-WebSocket-Extensions': offer });
for (const { head } of clients) {
  if (takesOver === /_no_context_takeover/.test(String(head))) {
    throw new Error(`The server has not accepted the offer: ${head}`);
  }
}
/** Sends frames, and resolves with the bytes that have come back when they are as many frames. */
function exchange(client: RawClient, request: Buffer, answers: number): Promise<Buffer> {
  const counter = new FrameCounter();
  const received: Buffer[] = [];
  let left = answers;
  return new Promise((resolve) => {
    client.onBytes = (length, bytes) => {
      received.push(Buffer.from(bytes.subarray(0, length)));
      left -= counter.take(bytes, length);
      if (left === 0) resolve(Buffer.concat(received));
    };
    client.socket.write(request);
  });
}

/** Checks that a server sends back the messages that it receives. */
async function checkAnswers(client: RawClient): Promise<void> {
  const answer = await exchange(client, Buffer.concat([prelude, ...frames]), REFERRED + MESSAGES);
  let window: Buffer = Buffer.alloc(0);
  for (const [index, { payload }] of parseFrames(answer).entries()) {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(takesOver && index > 0 ? { dictionary: window } : {}) };
    const message = inflateRawSync(Buffer.concat([payload, TAIL]), options);
    if (!message.equals(messages[(index + MESSAGES - REFERRED) % MESSAGES]!)) {
      throw new Error(`The server sent back another message than it received: ${message}`);
    }
    window = Buffer.concat([window, message]).subarray(-WINDOW);
  }
}

const [first, ...others] = clients;
await checkAnswers(first!);
first!.socket.destroy();
await Promise.all(others.map((client) => exchange(client, prelude, REFERRED)));

let count = 0;
const loop: ClosedLoop = new ClosedLoop(
  others.map((client) => {
    const counter = new FrameCounter();
    let left = batch;
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
  PAUSE_MILLISECONDS,
);
loop.serve(() => count);
