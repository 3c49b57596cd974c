const WIDTH = 30;

/** Draws a progress bar on standard error, if that is a terminal. */
export function showProgress(done: number, total: number, label: string): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.floor((done / total) * WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
  process.stderr.write(`\r${bar} ${done}/${total} ${label}\x1b[K`);
}

export function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
