/**
 * Milliseconds of the monotonic clock that all processes of a host share: the difference between a time of one process and
 * a time of another is exact.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Timers are good for a millisecond: what is left is waited for in turns of the event loop. */
export function at(time: number, callback: () => void): void {
  const left = time - now();
  if (left <= 0) callback();
  else if (left > 2) setTimeout(at, left - 1, time, callback);
  else setImmediate(at, time, callback);
}
