/**
 * Like `setTimeout()`, for a callback that ends something because nothing was received in time. After a stall of the event
 * loop, timers run before sockets are read, although the peer may have answered long ago. So the callback runs in
 * `setImmediate()`, after the sockets were read.
 *
 * `clearTimeout()` may come too late: the callback must check whether it is still needed.
 */
export function patientTimeout(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(callback), milliseconds);
}
