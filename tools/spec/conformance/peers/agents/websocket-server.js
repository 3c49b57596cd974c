import { createServer } from 'node:http';
import websocket from 'websocket';

const http = createServer();
const options = { maxReceivedFrameSize: 64 * 1024 * 1024, maxReceivedMessageSize: 64 * 1024 * 1024 };
const server = new websocket.server({ httpServer: http, autoAcceptConnections: true, ...options });
server.on('connect', (connection) => {
  connection.on('message', ({ type, utf8Data, binaryData }) => {
    if (type === 'utf8') connection.sendUTF(utf8Data);
    else connection.sendBytes(binaryData);
  });
});
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
