import type { Writable } from 'node:stream';

/** Counts the turns of the event loop in which something is written. */
let turn = 0;
let endIsAwaited = false;
/** Streams that hold what is written to them until this turn is over. */
let corked: Writable[] = [];

/**
 * To be called before each write. The first write of a turn goes out at once; what is written after it in the same turn goes
 * out when the turn is over, in one write. So a broadcast goes through its thousands of streams once, and many broadcasts
 * in a row make two writes to each. One callback ends the turn for all streams.
 *
 * @param lastTurn what it returned before the stream's last write; -1 for the first
 */
export function coalesceWrites(stream: Writable, lastTurn: number): number {
  if (!endIsAwaited) {
    endIsAwaited = true;
    process.nextTick(endTurn);
  }
  if (lastTurn === turn && stream.writableCorked === 0) {
    stream.cork();
    corked.push(stream);
  }
  return turn;
}

function endTurn(): void {
  endIsAwaited = false;
  turn++;
  if (corked.length === 0) return;
  const streams = corked;
  corked = [];
  for (const stream of streams) stream.uncork();
}
