import { expect, it } from 'vitest';
import { PendingEvents } from '../../../src/sse/server/pending-events.ts';

it('counts the bytes of the events and 128 bytes of memory for each', () => {
  const pending = new PendingEvents();
  pending.push(Buffer.alloc(10));
  pending.push(Buffer.alloc(0));
  expect(pending.bytes).toBe(10 + 2 * 128);
  expect(pending.shift()).toHaveLength(10);
  expect(pending.bytes).toBe(128);
  pending.shift();
  expect([pending.bytes, pending.shift(), pending.bytes]).toEqual([0, undefined, 0]);
});

it('has room for an event up to the limit', () => {
  const pending = new PendingEvents();
  pending.push(Buffer.alloc(10));
  expect(pending.hasRoomFor(Buffer.alloc(100), 10 + 100 + 2 * 128)).toBe(true);
  expect(pending.hasRoomFor(Buffer.alloc(101), 10 + 100 + 2 * 128)).toBe(false);
});

it('is empty after clear()', () => {
  const pending = new PendingEvents();
  pending.push(Buffer.alloc(10));
  pending.clear();
  expect([pending.length, pending.bytes]).toEqual([0, 0]);
});
