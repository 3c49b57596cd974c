import { endTurn } from '../../shared/coalesce-writes.ts';
import { flushCollected } from '../wire/frame-encoder.ts';

/**
 * Whether the process is ending: then there is no later turn, and data must be sent immediately. Null before the first connection.
 */
export let isExiting: boolean | null = null;

/**
 * Makes sure that `process.exit()` sends the frames that were collected in this turn of the event loop, as far as the kernel accepts
 * them at once. All connections share one listener.
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
