const WIDTH = 30;
/** Milliseconds between two lines of progress without a terminal. */
const LINE_INTERVAL = 10_000;

let lineAt = Number.NEGATIVE_INFINITY;

/** Shows progress on standard error: a bar on a terminal, and a line now and then elsewhere, such as in the log of a build. */
export function showProgress(done: number, total: number, label: string): void {
  if (!process.stderr.isTTY) return showLine(done, total, label);
  const filled = Math.floor((done / total) * WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
  process.stderr.write(`\r${bar} ${done}/${total} ${label}\x1b[K`);
}

export function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

function showLine(done: number, total: number, label: string): void {
  // A short run needs no line.
  if (lineAt === Number.NEGATIVE_INFINITY) lineAt = performance.now();
  if (performance.now() - lineAt < LINE_INTERVAL) return;
  lineAt = performance.now();
  process.stderr.write(`${done} of ${total} done, ${label}\n`);
}
