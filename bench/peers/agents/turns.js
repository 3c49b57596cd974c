// Repeats an operation in turns. Each line of standard input holds the milliseconds of a turn; the answer is its result.
import { createInterface } from 'node:readline';

/** @param operate Runs the operation, and returns how many units of work it did. */
export function serveTurns(operate) {
  createInterface({ input: process.stdin })
    .on('line', (milliseconds) => {
      let count = 0;
      const start = performance.now();
      do count += operate();
      while (performance.now() - start < Number(milliseconds));
      console.log(JSON.stringify({ count, seconds: (performance.now() - start) / 1000 }));
    })
    .on('close', () => process.exit());
  console.log('ready');
}
