import { WebSocket, WebSocketServer } from 'ws';
import { announce } from './control.js';

const options = JSON.parse(process.argv[2] ?? '{}');
const perMessageDeflate = options.deflate ? { threshold: 0, ...options.deflate } : false;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096, perMessageDeflate });
server.on('listening', () => announce(server.address().port));
if (options.broadcast === undefined) {
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
} else {
  const message = Buffer.alloc(options.broadcast, 'x');
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    // The documentation of `ws` shows this loop.
    socket.on('message', (data) => {
      for (let left = Number(data); left > 0; left--) {
        for (const client of server.clients) {
          if (client.readyState === WebSocket.OPEN) client.send(message, { binary: true });
        }
      }
    });
  });
}
