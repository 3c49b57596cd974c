import { eventStreamOption } from '../../shared/option-validation.ts';
import { encodeEvent, type ServerSentEvent } from '../wire/event-encoder.ts';

/** Returns the event that a client receives instead of missed events, for its last event ID. */
export type ResetEvent = (lastEventId: string) => ServerSentEvent;

/**
 * Returns the function for the option `reset`.
 *
 * @throws TypeError or RangeError for an invalid option, or for a function that returns an invalid event
 */
export function resetEvent(reset: string | ResetEvent | null | undefined): ResetEvent {
  const create = typeof reset === 'function' ? reset : namedReset(reset ?? 'reset');
  // An invalid event throws now, not when the first client needs it.
  encodeEvent(create(''));
  return create;
}

function namedReset(event: string): ResetEvent {
  if (typeof event !== 'string') throw eventStreamOption.error(TypeError, 'reset', 'a string or a function', event);
  return (data) => ({ event, data });
}
