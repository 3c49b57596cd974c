/**
 * Prints the bytes that a connection allocates for each frame that it receives, with many frames or with one in a chunk, and
 * for each frame that it sends. The young generation must be so large that no garbage collection runs.
 */
import { Connection } from '../../src/websocket/wire/connection.ts';
import type { ConnectionSink } from '../../src/websocket/wire/connection-sink.ts';
import { Opcode } from '../../src/websocket/wire/opcode.ts';
import { frame } from './frames.ts';

const FRAMES_PER_CHUNK = 2000;
const CHUNKS = 50;

const sink: ConnectionSink = {
  onMessage() {},
  onPing() {},
  onPong() {},
  onCloseFrame() {},
  onFail() {},
  onInflate() {},
  onBytes: () => true,
  onEnd() {},
};
const options = {
  maxPayload: 1000,
  maxFragments: 10,
  maxBufferedChunks: 10,
  skipUTF8Validation: false,
  autoPong: true,
};
const connection = new Connection({ endpoint: { role: 'server' }, sink, options });

const one = frame({ opcode: Opcode.TEXT, payload: 'hello' });

function chunks(): Buffer[] {
  const chunk = Buffer.concat(Array.from({ length: FRAMES_PER_CHUNK }, () => one));
  // Each chunk is used once, because the connection unmasks payloads in place.
  return Array.from({ length: 2 * CHUNKS }, () => Buffer.from(chunk));
}

/** Pieces of one frame each, of all chunks. They exist before the measurement. */
function singleFrames(chunks: readonly Buffer[]): Buffer[][] {
  return chunks.map((chunk) =>
    Array.from({ length: FRAMES_PER_CHUNK }, (_, index) =>
      chunk.subarray(index * one.length, (index + 1) * one.length),
    ),
  );
}

/** Runs twice and measures the second run, because V8 compiles functions in the first. */
function bytesPerFrame(run: (index: number) => void): number {
  for (let index = 0; index < CHUNKS; index++) run(index);
  const before = process.memoryUsage().heapUsed;
  for (let index = CHUNKS; index < 2 * CHUNKS; index++) run(index);
  return (process.memoryUsage().heapUsed - before) / (CHUNKS * FRAMES_PER_CHUNK);
}

const messages = chunks();
const received = bytesPerFrame((index) => connection.receive(messages[index]!));
const pieces = singleFrames(chunks());
const receivedAlone = bytesPerFrame((index) => {
  for (const piece of pieces[index]!) connection.receive(piece);
});
const sent = bytesPerFrame(() => {
  for (let count = 0; count < FRAMES_PER_CHUNK; count++) connection.send(Opcode.TEXT, 'hello');
  connection.flush();
});
console.log(JSON.stringify({ received, receivedAlone, sent }));
