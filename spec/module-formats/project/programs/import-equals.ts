import WebSocket = require('pushwire');

import { CLOSING, type EventStream, OPEN, WebSocketServer } from 'pushwire';

import sse = require('pushwire/sse');

import * as websocket from 'pushwire/websocket';
import { encodeEvent } from 'pushwire/wire';

class Own extends WebSocket {
  extra = 1;
}
const own: WebSocket = new Own('ws://localhost');
const server: WebSocket.Server = new WebSocket.Server({ noServer: true, WebSocket: Own });
const data: WebSocket.RawData = Buffer.alloc(1);
const states: [1, 2] = [OPEN, CLOSING];
const channel: WebSocket.EventChannel = new sse.EventChannel();
const open: typeof EventStream.open = sse.EventStream.open;
new websocket.WebSocketServer({ port: 0 }).on('connection', (socket: WebSocket, request) => {
  const url: string | undefined = request.url;
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }, () => console.log(url)));
  // @ts-expect-error: a close code is a number.
  socket.on('close', (code) => code.length);
});
console.log(
  own,
  server,
  data,
  states,
  channel,
  open,
  new WebSocketServer({ noServer: true }),
  encodeEvent({ data: 'a' }),
);
