/** The monotonic clock that all processes of a host share, in milliseconds. Times of different processes are comparable. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Milliseconds since 1970, with a finer resolution than `Date.now()`. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Calls back at a time of {@link now}. Timers are only precise to a millisecond, so it spins through turns of the event
 * loop for the last two milliseconds.
 */
export function callAt(time: number, callback: () => void): void {
  const remaining = time - now();
  if (remaining <= 0) callback();
  else if (remaining > 2) setTimeout(callAt, remaining - 1, time, callback);
  else setImmediate(callAt, time, callback);
}
