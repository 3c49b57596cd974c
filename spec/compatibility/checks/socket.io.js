// A Socket.IO server and client: by `ws` replaced, and by the `wsEngine` option; acknowledgements, rooms, bytes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { WebSocketServer } from 'ws';

for (const options of [
  {},
  { wsEngine: WebSocketServer },
  { perMessageDeflate: { threshold: 0 } },
  { maxHttpBufferSize: 5e6 },
]) {
  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    const http = createServer();
    const server = new Server(http, options);
    server.on('connection', (socket) => {
      socket.on('join', (room, acknowledge) => {
        socket.join(room);
        acknowledge(room);
      });
      socket.on('say', (room, ...what) => server.to(room).emit('said', ...what));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const clients = Array.from({ length: 3 }, () =>
      io(`http://127.0.0.1:${http.address().port}`, { transports, forceNew: true }),
    );
    await Promise.all(clients.map((client) => new Promise((resolve) => client.on('connect', resolve))));
    for (const client of clients) {
      if (client.io.engine.transport.name !== 'websocket') {
        await new Promise((resolve) => client.io.engine.on('upgrade', resolve));
      }
    }
    for (const client of clients.slice(0, 2)) assert.equal(await client.emitWithAck('join', 'room'), 'room');
    const heard = Promise.all(
      clients.slice(0, 2).map((client) => new Promise((resolve) => client.on('said', (...what) => resolve(what)))),
    );
    clients[2].on('said', () => assert.fail('not in the room'));
    const bytes = Buffer.alloc(1_000, 7);
    clients[0].emit('say', 'room', 'hello', { nested: bytes }, 'x'.repeat(100_000));
    for (const [word, { nested }, long] of await heard) {
      assert.equal(word, 'hello');
      assert.ok(Buffer.from(nested).equals(bytes));
      assert.equal(long.length, 100_000);
    }
    const left = Promise.all([...server.sockets.sockets.values()].map((socket) => once(socket, 'disconnect')));
    for (const client of clients) client.disconnect();
    await left;
    await server.close();
  }
}
console.log(
  'rooms, acknowledgements and bytes, by `ws` replaced and by `wsEngine`, also after an upgrade and compressed',
);
