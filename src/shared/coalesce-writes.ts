/** A stream, or a writer on top of a stream, that can hold writes back. */
interface Corkable {
  /** Not 0 while writes are held back. */
  readonly writableCorked: number;
  cork(): void;
  uncork(): void;
}

/** Counts the turns of the event loop in which something was written. */
let turn = 0;
let endScheduled = false;
/** The streams that are corked until the end of this turn. */
let corked: Corkable[] = [];

/**
 * Call this before each write to a stream. The first write of a turn of the event loop goes out at once. Later writes of
 * the same turn go out together at its end. So a single message is not delayed, and many messages take two system calls for
 * each stream. One callback ends the turn for all streams.
 *
 * @param lastTurn the return value of the previous call for this stream; -1 for the first call
 */
export function coalesceWrites(stream: Corkable, lastTurn: number): number {
  if (!endScheduled) {
    endScheduled = true;
    process.nextTick(endTurn);
  }
  if (lastTurn === turn && stream.writableCorked === 0) {
    stream.cork();
    corked.push(stream);
  }
  return turn;
}

/** Whether a value that `coalesceWrites()` returned is from this turn of the event loop. */
export function isCurrentTurn(lastTurn: number): boolean {
  return lastTurn === turn;
}

/** Writes the data that was held back in this turn. */
export function endTurn(): void {
  endScheduled = false;
  turn++;
  if (corked.length === 0) return;
  const streams = corked;
  corked = [];
  for (const stream of streams) stream.uncork();
}
