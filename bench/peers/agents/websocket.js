import { createServer } from 'node:http';
import websocket from 'websocket';
import { announce } from './control.js';

const httpServer = createServer();
const server = new websocket.server({
  httpServer,
  autoAcceptConnections: true,
  maxReceivedFrameSize: 16 * 1024 * 1024,
  maxReceivedMessageSize: 16 * 1024 * 1024,
  // The other servers do not fragment either.
  fragmentOutgoingMessages: false,
});
server.on('connect', (connection) => {
  connection.on('message', ({ type, utf8Data, binaryData }) => {
    if (type === 'utf8') connection.sendUTF(utf8Data);
    else connection.sendBytes(binaryData);
  });
});
httpServer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(httpServer.address().port));
