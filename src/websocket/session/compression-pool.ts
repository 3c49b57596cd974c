/** Begins something, and calls `done` when it is over. */
type Job = (done: () => void) => void;

let running = 0;
const waiting: { readonly limit: number; readonly job: Job }[] = [];

/**
 * Begins a job for zlib's threads when fewer than `limit` are running, of all connections together; until then it waits
 * its turn. More at once would not be quicker, and each takes memory.
 */
export function runCompression(limit: number, job: Job): void {
  waiting.push({ limit, job });
  runNext();
}

function runNext(): void {
  const next = waiting[0];
  if (next === undefined || running >= next.limit) return;
  waiting.shift();
  running++;
  next.job(() => {
    running--;
    runNext();
  });
}
