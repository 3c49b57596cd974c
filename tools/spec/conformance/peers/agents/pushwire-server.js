import { WebSocketServer } from 'pushwire';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true }, () => {
  console.log(server.address().port);
});
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
