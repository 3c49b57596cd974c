import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { within } from '../../src/shared/within.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('resolves or rejects as the promise does, and leaves no timer', async () => {
  expect(await within(100, Promise.resolve(1), 'late')).toBe(1);
  const error = new Error('refused');
  await expect(within(100, Promise.reject(error), 'late')).rejects.toBe(error);
  expect(vi.getTimerCount()).toBe(0);
});

it('rejects after the time, and the promise has no effect later', async () => {
  let reject: (error: Error) => void = () => {};
  const waiting = within(100, new Promise((_, fail) => (reject = fail)), 'late');
  const expectation = expect(waiting).rejects.toThrow(/^late$/);
  await vi.runAllTimersAsync();
  await expectation;
  reject(new Error('too late'));
});
