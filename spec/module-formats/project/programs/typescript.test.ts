import WebSocket, { CLOSING, OPEN, WebSocketServer } from 'pushwire';

import required = require('pushwire');

import { EventStream } from 'pushwire/sse';

class Own extends WebSocket {}

declare function test(title: string, run: () => void): void;
// biome-ignore lint/suspicious/noExplicitAny: the types of Jest are not installed
declare function expect(value: unknown): any;

test('TypeScript makes the same of imports', () => {
  expect(WebSocket.Server).toBe(WebSocketServer);
  expect(required).toBe(WebSocket);
  expect(required.EventStream).toBe(EventStream);
  expect([OPEN, CLOSING]).toEqual([1, 2]);
  expect(new Own(null)).toBeInstanceOf(WebSocket);
});
