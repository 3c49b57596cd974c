// The limit: Node's sockets, which move the same bytes without parsing them. After the upgrade, it answers every `request`
// bytes with `reply` bytes, in one write for each chunk received.
import { createServer } from 'node:http';
import { announce } from './control.js';

const { request = 0, reply = 0, broadcast } = JSON.parse(process.argv[2] ?? '{}');
// The prepared replies take at most 1 MiB.
const MAX_REPLIES = Math.max(1, Math.min(256, Math.floor(2 ** 20 / reply)));
const replies = Buffer.alloc(reply * MAX_REPLIES, 'x');
const header = (length) => (length < 126 ? 2 : length < 65_536 ? 4 : 10);
const frame = broadcast === undefined ? null : Buffer.alloc(broadcast + header(broadcast), 'x');
const server = createServer();
const sockets = new Set();
server.on('upgrade', (_request, socket) => {
  socket.setNoDelay();
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  socket.on('error', () => {});
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  let pending = 0;
  socket.on('data', (chunk) => {
    if (frame !== null) {
      // The payload of the request is the number of broadcasts, masked with zeros.
      for (let left = Number(chunk.toString('latin1', 6)); left > 0; left--) {
        for (const one of sockets) one.write(frame);
      }
      return;
    }
    pending += chunk.length;
    let count = Math.floor(pending / request);
    pending -= count * request;
    for (; count > 0; count -= MAX_REPLIES)
      socket.write(count >= MAX_REPLIES ? replies : replies.subarray(0, count * reply));
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
