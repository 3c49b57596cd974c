/**
 * Milliseconds of the monotonic clock that all processes of a host share: the difference between a time of one process and
 * a time of another is exact.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
