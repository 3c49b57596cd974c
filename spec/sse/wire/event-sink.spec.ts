import { expect, it } from 'vitest';
import { EventTooLargeError } from '../../../src/sse/wire/event-sink.ts';

it('an EventTooLargeError has a code, the limit, and a message with it', () => {
  const error = new EventTooLargeError(5);
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ name: 'EventTooLargeError', code: 'SSE_ERR_EVENT_TOO_LARGE', limit: 5 });
  expect(error.message).toBe('Event or line exceeds maxEventSize (limit 5 bytes)');
});
