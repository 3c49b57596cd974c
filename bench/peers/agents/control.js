// Every agent prints its port, and then answers `cpu` and `memory` on standard input with its CPU time or memory.
import { createInterface } from 'node:readline';

export function announce(port) {
  console.log(port);
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

createInterface({ input: process.stdin }).on('line', async (question) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    console.log(user + system);
  } else if (question === 'memory') {
    // Twice, because some memory is freed only by a finalizer.
    for (let round = 0; round < 2; round++) {
      await wait(100);
      globalThis.gc?.();
      globalThis.Bun?.gc(true);
    }
    console.log(process.memoryUsage.rss());
  }
});
