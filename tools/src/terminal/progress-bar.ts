const WIDTH = 30;

/** A bar on standard error. On a terminal only: in a file, it would be noise. */
export function showProgress(done: number, all: number, what: string): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.floor((done / all) * WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
  process.stderr.write(`\r${bar} ${done} of ${all}, ${what}\x1b[K`);
}

export function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
