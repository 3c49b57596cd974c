import { WebSocketServer } from '../../../dist/index.js';
import { announce } from './control.js';

const options = JSON.parse(process.argv[2] ?? '{}');
const perMessageDeflate = options.deflate ? { threshold: 0, ...options.deflate } : false;
const limits = { maxBackpressure: 0, maxConnections: 0, maxReceiveMemory: 0 };
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096, perMessageDeflate, ...limits });
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
    // A message holds the number of broadcasts that the client requests.
    socket.on('message', (data) => {
      for (let left = Number(data); left > 0; left--) server.broadcast(message);
    });
  });
}
