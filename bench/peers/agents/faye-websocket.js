import { createServer } from 'node:http';
import WebSocket from 'faye-websocket';
import { announce } from './control.js';

const server = createServer();
server.on('upgrade', (request, transport, head) => {
  if (!WebSocket.isWebSocket(request)) return transport.destroy();
  const socket = new WebSocket(request, transport, head);
  socket.on('message', ({ data }) => socket.send(data));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
