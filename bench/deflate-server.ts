/** The server of the scene `deflate`: echoes compressed messages, and tells its memory. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer as WsServer } from 'ws';
import { WebSocketServer } from '../src/websocket/index.ts';

const perMessageDeflate = process.argv[3] === 'true' && { threshold: 0 };
const options = { port: 0, host: '127.0.0.1', perMessageDeflate };
const server = process.argv[2] === 'ws' ? new WsServer(options) : (new WebSocketServer(options) as unknown as WsServer);
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on('listening', () => process.send!((server.address() as AddressInfo).port));
process.on('message', async () => {
  // What is still on its way ends first; then twice, for what is only freed by a finalizer.
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let round = 0; round < 2; round++) globalThis.gc?.();
  process.send!(process.memoryUsage.rss());
});
