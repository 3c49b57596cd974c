import { describe, expect, it } from 'vitest';
import { checkSink, toBuffer } from '../../../src/sse/wire/event-parser-arguments.ts';
import { expectRejected, FUNCTION } from '../../support/wrong-values.ts';

const OPTION = 'SSE_ERR_INVALID_OPTION';
const NONE = { values: [], why: 'none of these values' };

describe('The arguments of an EventParser', () => {
  const onEvent = (): void => {};

  it('are a sink with the method onEvent, and with other methods or none', () => {
    const sink = { onEvent };
    expect(checkSink(sink)).toBe(sink);
    expectRejected(NONE, OPTION, (value) => checkSink(value as never));
    expectRejected(NONE, OPTION, (value) => checkSink({ onEvent: value } as never));
    for (const method of ['onRetry', 'onComment', 'onError']) {
      expectRejected(FUNCTION, OPTION, (value) => checkSink({ onEvent, [method]: value }));
    }
  });

  it('are chunks of bytes, which are not copied', () => {
    const bytes = Uint8Array.of(1, 2, 3).subarray(1);
    expect(toBuffer(bytes)).toEqual(Buffer.of(2, 3));
    expect(toBuffer(bytes).buffer).toBe(bytes.buffer);
    const buffer = Buffer.of(1);
    expect(toBuffer(buffer)).toBe(buffer);
    expectRejected(NONE, OPTION, (value) => toBuffer(value as Uint8Array));
  });
});
