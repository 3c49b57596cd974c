// As an ES module: the default export, the named exports, and the subpaths.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import Default, * as all from 'pushwire';
import { EventStream, WebSocket, WebSocketServer } from 'pushwire';
import * as sse from 'pushwire/sse';
import * as websocket from 'pushwire/websocket';
import { encodeEvent } from 'pushwire/wire';

assert.equal(Default, WebSocket);
assert.equal(all.WebSocket, WebSocket);
assert.equal(Default.Server, WebSocketServer);
assert.equal(websocket.WebSocketServer, WebSocketServer);
assert.equal(sse.EventStream, EventStream);
assert.equal(encodeEvent({ data: 'a' }), 'data: a\n\n');

const server = createServer((request, response) => {
  const stream = EventStream.open(request, response);
  stream.send('an event');
  stream.close();
});
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (data) => socket.send(`echo of ${data}`));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const event = await (await fetch(`http://127.0.0.1:${port}`)).text();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.on('open', () => socket.send('hello'));
  socket.on('message', (data) => {
    console.log(`${event.trim()}, ${data}`);
    socket.terminate();
    server.close();
    server.closeAllConnections();
  });
});
