import { createServer } from 'node:http';
import WebSocket from 'faye-websocket';

const http = createServer();
http.on('upgrade', (request, socket, head) => {
  const webSocket = new WebSocket(request, socket, head);
  webSocket.on('message', ({ data }) => webSocket.send(data));
});
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
