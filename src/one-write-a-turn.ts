import type { Writable } from 'node:stream';

/** Streams that hold what is written to them until the turn of the event loop is over. */
let corked: Writable[] = [];

/**
 * What is written to the stream from now on goes out when this turn is over, in one write. One callback does it for all
 * streams: with one for each, a broadcast to thousands would queue thousands of them.
 */
export function oneWriteATurn(stream: Writable): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  if (corked.push(stream) === 1) process.nextTick(uncorkAll);
}

function uncorkAll(): void {
  const streams = corked;
  corked = [];
  for (const stream of streams) stream.uncork();
}
