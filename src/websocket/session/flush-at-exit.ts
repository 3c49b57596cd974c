import { endTurn } from '../../shared/coalesce-writes.ts';
import { flushCollected } from '../wire/frame-encoder.ts';

/**
 * Whether the process ends: then there is no later turn, and what is sent must not wait for its end. Null before the first
 * connection.
 */
export let isExiting: boolean | null = null;

/**
 * Makes sure that `process.exit()` sends what was collected in this turn of the event loop, as far as the kernel accepts it at
 * once. One listener is for all connections.
 */
export function flushAtExit(): void {
  if (isExiting !== null) return;
  isExiting = false;
  process.on('exit', () => {
    isExiting = true;
    endTurn();
    flushCollected();
  });
}
