// Both builds in one process: objects of one are handed to the other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import * as esm from 'pushwire';

const commonJs = createRequire(import.meta.url)('pushwire');
assert.notEqual(commonJs.WebSocket, esm.WebSocket);

for (const [one, other] of [
  [esm, commonJs],
  [commonJs, esm],
]) {
  // Two servers on one HTTP server, one with a class of the other build, and a channel with a stream of the other build.
  const channel = new one.EventChannel();
  const server = createServer((request, response) => channel.add(other.EventStream.open(request, response)));
  class Own extends other.WebSocket {}
  const first = new one.WebSocketServer({ server, path: '/first', WebSocket: Own, perMessageDeflate: true });
  const second = new other.WebSocketServer({ server, path: '/second' });
  first.on('connection', (socket, request) => {
    assert(socket instanceof Own);
    // The other build sees that the transport is in use.
    assert.throws(() => second.handleUpgrade(request, request.socket, Buffer.alloc(0), () => {}), /more than once/);
    // A stream of this build on a WebSocket of the other one.
    const stream = one.createWebSocketStream(socket);
    stream.on('error', () => {}).pipe(stream);
  });
  second.on('connection', (socket) => socket.send('second'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();

  const toSecond = new esm.WebSocket(`ws://127.0.0.1:${port}/second`);
  assert.equal(String((await once(toSecond, 'message'))[0]), 'second');
  const toFirst = new commonJs.WebSocket(`ws://127.0.0.1:${port}/first`);
  await once(toFirst, 'open');
  toFirst.send('piped');
  assert.equal(String((await once(toFirst, 'message'))[0]), 'piped');
  assert.equal(first.broadcast('to all'), 1);
  assert.equal(String((await once(toFirst, 'message'))[0]), 'to all');
  const missing = new esm.WebSocket(`ws://127.0.0.1:${port}/third`);
  assert.match((await once(missing, 'error'))[0].message, /404/);

  const source = new one.EventSource(`http://127.0.0.1:${port}/`);
  const event = once(source, 'message');
  while (channel.size === 0) await once(channel, 'join');
  channel.broadcast('from the channel');
  assert.equal((await event)[0].data, 'from the channel');

  source.close();
  toFirst.terminate();
  toSecond.terminate();
  server.close();
  server.closeAllConnections();
}
console.log('both builds');
