// A route of Fastify, by a socket and by the plugin's own injection for tests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import plugin from '@fastify/websocket';
import Fastify from 'fastify';
import { WebSocket } from 'ws';

const fastify = Fastify();
await fastify.register(plugin, { options: { maxPayload: 1_000_000 } });
fastify.get('/echo', { websocket: true }, (socket, request) => {
  socket.on('message', (data, isBinary) => socket.send(`${request.headers['x-user']}: ${data}`, { binary: isBinary }));
});
await fastify.listen({ port: 0, host: '127.0.0.1' });
const headers = { 'x-user': 'alice' };
const outside = new WebSocket(`ws://127.0.0.1:${fastify.server.address().port}/echo`, { headers });
await once(outside, 'open');
const injected = await fastify.injectWS('/echo', { headers });
for (const socket of [outside, injected]) {
  for (const text of ['hello', 'x'.repeat(100_000)]) {
    const answer = once(socket, 'message');
    socket.send(text);
    assert.equal(String((await answer)[0]), `alice: ${text}`);
  }
}
injected.terminate();
const closed = once(outside, 'close');
await fastify.close();
assert.equal((await closed)[0], 1005);
console.log('a route, by a socket and by `injectWS`, which reaches for `setSocket`; the end of the server');
