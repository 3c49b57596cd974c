// Sends prebuilt frames or events as fast as the client reads them, and discards everything that it receives.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { announce } from './control.js';

const { payload = 200, kind = 'websocket', sends = true } = JSON.parse(process.argv[2] ?? '{}');
const CHUNK = 64 * 1024;

function repeated(one) {
  return Buffer.concat(Array(Math.max(1, Math.floor(CHUNK / one.length))).fill(one));
}

function frame() {
  const header = payload < 126 ? [0x81, payload] : [0x81, 126, payload >> 8, payload & 255];
  return Buffer.concat([Buffer.from(header), Buffer.alloc(payload, 'x')]);
}

function pump(target, chunk) {
  const more = () => {
    while (target.write(chunk));
  };
  target.on('drain', more);
  target.on('error', () => {});
  more();
}

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  pump(response, repeated(Buffer.from(`id: 1\ndata: ${'x'.repeat(payload)}\n\n`)));
});
server.on('upgrade', ({ headers }, socket) => {
  const hash = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${hash.digest('base64')}`, '', ''].join('\r\n'));
  socket.on('error', () => {});
  socket.resume();
  if (sends && kind === 'websocket') pump(socket, repeated(frame()));
});
server.listen({ port: 0, host: '127.0.0.1' }, () => announce(server.address().port));
