import { describe, expect, it, vi } from 'vitest';
import { EncodedEvent } from '../../../src/hub/events/encoded-event.ts';

const ENTRY = { id: '1', topic: 'a', event: 'type', data: '{"n":[1]}' };

describe('An EncodedEvent', () => {
  it('parses its data once, when it is first needed', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const event = new EncodedEvent(ENTRY);
    expect(parse).not.toHaveBeenCalled();
    expect(event.data).toEqual({ n: [1] });
    expect(event.data).toBe(event.data);
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });

  it('is encoded once by each function', () => {
    const event = new EncodedEvent(ENTRY);
    const first = vi.fn(() => ['first']);
    const second = vi.fn(() => ['second']);
    const forms = [first, second, first, second].map((encode) => event.encoded(encode, { report: vi.fn() }));
    expect(forms.flat()).toEqual(['first', 'second', 'first', 'second']);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  });

  it('has no form if a function throws, which is called and reported once', async () => {
    const event = new EncodedEvent(ENTRY);
    const encode = vi.fn((): object => {
      throw undefined;
    });
    const report = vi.fn();
    for (let count = 0; count < 2; count++) expect(event.encoded(encode, { report })).toBeUndefined();
    expect(report.mock.calls).toEqual([['encode', undefined]]);
    expect(encode).toHaveBeenCalledOnce();
  });

  it.each([
    ['data that is not JSON', { ...ENTRY, data: 'oops' }],
    ['no topic', { ...ENTRY, topic: '' }],
  ])('with %s is not valid', (_, entry) => {
    expect(new EncodedEvent(ENTRY).isValid).toBe(true);
    expect(new EncodedEvent(entry).isValid).toBe(false);
  });

  it('costs more memory the longer its text is', () => {
    const short = new EncodedEvent(ENTRY).memory;
    expect(new EncodedEvent({ ...ENTRY, data: '1'.repeat(1009) }).memory - short).toBe(6000);
    expect(new EncodedEvent({ ...ENTRY, event: undefined }).memory - short).toBe(-24);
  });
});
