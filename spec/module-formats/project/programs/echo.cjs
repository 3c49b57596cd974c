// As applications that were written for `ws` use it, with CommonJS.
const assert = require('node:assert/strict');
const { createServer, get } = require('node:http');
const WebSocket = require('pushwire');
const { CLOSING, EventStream, OPEN, Server, WebSocketServer } = require('pushwire');
const sse = require('pushwire/sse');
const websocket = require('pushwire/websocket');
const { encodeEvent } = require('pushwire/wire');

class Own extends require('pushwire') {}

assert.equal(WebSocket.WebSocket, WebSocket);
assert.equal(Server, WebSocketServer);
assert.deepEqual([OPEN, CLOSING], [1, 2]);
assert.equal(sse.EventStream, EventStream);
assert.equal(websocket.WebSocket, WebSocket);
assert.equal(encodeEvent({ data: 'a' }), 'data: a\n\n');

/** Resolves with what was exchanged: an event, and an echo. */
async function exchange() {
  const server = createServer((request, response) => {
    const stream = EventStream.open(request, response);
    stream.send('an event');
    stream.close();
  });
  new WebSocketServer({ server, WebSocket: Own }).on('connection', (socket) => {
    assert(socket instanceof Own && socket instanceof WebSocket);
    socket.on('message', (data) => socket.send(`echo of ${data}`));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const event = await new Promise((resolve) => {
    get({ host: '127.0.0.1', port }, (response) => response.setEncoding('utf8').once('data', resolve));
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const message = await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (data) => resolve(String(data)));
  });
  socket.terminate();
  server.close();
  server.closeAllConnections();
  return `${event.trim()}, ${message}`;
}

module.exports = exchange;
// Bundles and processes print it; tests compare it.
if (process.env.PRINT === 'yes') exchange().then((text) => console.log(text));
