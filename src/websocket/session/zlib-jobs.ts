/** Compresses or inflates one message on zlib's threads, and then calls `done`. */
type Job = (done: () => void) => void;

let running = 0;
const waiting: { readonly limit: number; readonly job: Job }[] = [];

/**
 * Runs a job as soon as fewer than `limit` jobs of all connections are running. Until then, the job waits in a queue. Running
 * more jobs at a time would not be faster, and each of them takes memory.
 */
export function runZlibJob(limit: number, job: Job): void {
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
