// The limit: accepts each upgrade without validation, with the required Sec-WebSocket-Accept.
import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import { announce } from './control.js';

const server = createServer();
server.on('upgrade', ({ headers }, socket) => {
  socket.on('error', () => {});
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(
    [
      ...lines,
      `Sec-WebSocket-Accept: ${hash('sha1', `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')}`,
      '',
      '',
    ].join('\r\n'),
  );
  // The listeners that a server needs.
  socket.on('data', () => {});
  socket.on('end', () => socket.end());
  socket.on('close', () => {});
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
