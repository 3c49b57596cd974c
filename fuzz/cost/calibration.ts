import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { threadClock } from './loop-meter.ts';

/** Milliseconds that `work()` takes on the reference machine, for which the budgets are set. */
const REFERENCE = 20;

/** How many times slower this machine is than the reference machine, at least 1. */
export function slowness(): number {
  const clock = threadClock();
  work();
  const times = [0, 1, 2, 3, 4].map(() => {
    const start = clock();
    work();
    return clock() - start;
  });
  // The median ignores single runs that other load has slowed down.
  return Math.max(1, times.sort((a, b) => a - b)[2]! / REFERENCE);
}

/** Work similar to that of the endpoints: with bytes, strings, objects, and zlib. */
function work(): number {
  const bytes = Buffer.alloc(2 ** 20, 'event data');
  let sum = 0;
  for (let index = 0; index < bytes.length; index++) sum = (sum * 31 + bytes[index]!) | 0;
  for (let count = 0; count < 20_000; count++) sum += bytes.toString('latin1', count, count + 20).indexOf('t');
  for (let count = 0; count < 100; count++) sum += inflateRawSync(deflateRawSync(bytes.subarray(0, 1_000))).length;
  return sum;
}
