import { callAt, now } from '../../clock.ts';

let hold = 0;

/** Sets how long to hold back each message, in milliseconds. */
export function setHold(milliseconds: number): void {
  hold = milliseconds;
}

/** Calls back after the hold. Without a hold, calls back at once. */
export function afterHold(callback: () => void): void {
  if (hold === 0) callback();
  else callAt(now() + hold, callback);
}
