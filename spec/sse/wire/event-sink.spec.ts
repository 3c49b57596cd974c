import { expect, it } from 'vitest';
import { EventTooLargeError } from '../../../src/sse/wire/event-sink.ts';

it.each(['Line', 'Event'] as const)(
  'an EventTooLargeError of a %s says what was received, like a LimitError',
  (subject) => {
    const error = new EventTooLargeError(subject, 5, 7);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      name: 'EventTooLargeError',
      code: 'SSE_ERR_EVENT_TOO_LARGE',
      option: 'maxEventSize',
      limit: 5,
      actual: 7,
      message: `${subject} exceeds maxEventSize (limit 5 bytes, received at least 7)`,
    });
  },
);
