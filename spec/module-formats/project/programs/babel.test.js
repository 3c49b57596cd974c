import WebSocket, * as all from 'pushwire';
import { CLOSING, EventStream, OPEN, WebSocketServer } from 'pushwire';
import * as sse from 'pushwire/sse';

class Own extends WebSocket {}

test('Babel makes the same of imports', () => {
  expect(WebSocket.Server).toBe(WebSocketServer);
  expect(all.WebSocketServer).toBe(WebSocketServer);
  expect(sse.EventStream).toBe(EventStream);
  expect([OPEN, CLOSING]).toEqual([1, 2]);
  expect(new Own(null)).toBeInstanceOf(WebSocket);
});
