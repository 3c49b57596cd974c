// Every agent prints its port, and then answers `cpu`, `memory` and `heap` on standard input with its CPU time or memory.
import { createInterface } from 'node:readline';

export function announce(port) {
  console.log(port);
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function collectGarbage() {
  // Twice, because some memory is freed only by a finalizer.
  for (let round = 0; round < 2; round++) {
    await wait(100);
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
  }
}

createInterface({ input: process.stdin }).on('line', async (question) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    console.log(user + system);
  } else if (question === 'memory') {
    await collectGarbage();
    console.log(process.memoryUsage.rss());
  } else if (question === 'heap') {
    await collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    console.log(heapUsed + external);
  }
});
