/** Starts work on a thread of zlib, and calls `done` at its end. */
type Job = (done: () => void) => void;

let running = 0;
const waiting: { readonly limit: number; readonly job: Job }[] = [];

/**
 * Runs a job when fewer than `limit` jobs of all connections are running; until then, the job waits in a queue. More jobs
 * at a time would not be faster, and each of them takes memory.
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
