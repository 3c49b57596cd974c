// What is done over and over in turns, so long as it is asked to on standard input: milliseconds in, what was counted out.
import { createInterface } from 'node:readline';

/** @param operate does something, and returns how much */
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
