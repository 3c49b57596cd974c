import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { CloseEvent, ErrorEvent, MessageEvent } from '../../../src/websocket/events/event-classes.ts';

it('an event shows its members where a program prints it', () => {
  const shown = (event: Event): string => inspect(event).replaceAll(/\s+/g, ' ');
  expect(shown(new CloseEvent('close', { code: 1001, reason: 'going', wasClean: true }))).toBe(
    "CloseEvent { type: 'close', code: 1001, reason: 'going', wasClean: true }",
  );
  expect(shown(new MessageEvent('message', { data: 'hello' }))).toMatch(
    /^MessageEvent \{ type: 'message', data: 'hello',/,
  );
  const error = new Error('it failed');
  expect(shown(new ErrorEvent('error', { error, message: error.message }))).toMatch(/^ErrorEvent .*it failed.*/);
  expect(inspect(CloseEvent.prototype)).not.toBe('');
});
