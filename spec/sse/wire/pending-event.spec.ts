import { expect, it } from 'vitest';
import { PendingEvent } from '../../../src/sse/wire/pending-event.ts';

it('joins the lines of data, also if they are held in between, and keeps the last event ID', () => {
  const event = new PendingEvent(1000, 'start');
  expect(event.lastEventId).toBe('start');
  event.appendData('a', 1);
  event.hold();
  event.hold();
  event.appendData('ü', 3);
  event.setType('type longer than 12', 19);
  event.setId('id longer than 12 ü', 57);
  event.hold();
  expect(event.heldBytes).toBeGreaterThan(256);
  event.appendLongData('long', 4);
  expect(event.end()).toEqual({ type: 'type longer than 12', data: 'a\nü\nlong', lastEventId: 'id longer than 12 ü' });
  event.appendData('in one chunk', 12);
  expect(event.end()?.data).toBe('in one chunk');
  event.setId('not dispatched', 14);
  event.discard();
  expect(event.end()).toBeUndefined();
  event.appendLongData('b', 1);
  expect(event.end()).toEqual({ type: 'message', data: 'b', lastEventId: 'id longer than 12 ü' });
  event.setId('another that is long', 20);
  event.end();
  event.setId('one that is not dispatched', 26);
  event.hold();
  expect(event.lastEventId).toBe('another that is long');
  event.setId('nor this one, in a later chunk', 30);
  event.hold();
  expect(event.lastEventId).toBe('another that is long');
  event.end();
  expect(event.lastEventId).toBe('nor this one, in a later chunk');
  event.setType('a type without an ID', 20);
  event.hold();
  event.appendData('c', 1);
  expect(event.end()?.type).toBe('a type without an ID');
});

it('holds the text of many lines', () => {
  const event = new PendingEvent(100_000, '');
  for (let line = 0; line < 5000; line++) event.appendData('x', 1);
  expect(event.end()?.data).toBe(Array(5000).fill('x').join('\n'));
});

it('counts exactly near the limit: text that is not ASCII is passed with more bytes than it has', () => {
  const event = new PendingEvent(20, '');
  expect(event.setType('ü', 3)).toBe(true);
  expect(event.setId('ü', 3)).toBe(true);
  expect(event.appendData('üüüüüüü', 21)).toBe(true);
  expect(event.appendData('', 0)).toBe(true);
  expect(event.appendData('', 0)).toBe(true);
  expect(event.appendData('', 0)).toBe(false);
  for (const set of ['setType', 'setId'] as const) expect(new PendingEvent(3, '')[set]('1234', 4)).toBe(false);
  expect(new PendingEvent(3, '').appendLongData('1234', 4)).toBe(false);
});
