// The WebSocket of a page in jsdom.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { JSDOM } from 'jsdom';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'chat' });
await once(server, 'listening');
const requests = [];
server.on('connection', (socket, request) => {
  requests.push(request.headers);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('message', (data) => String(data) === 'close' && socket.close(4000, 'as asked'));
});
const { window } = new JSDOM('', { url: 'http://localhost/', cookieJar: undefined });
const url = `ws://127.0.0.1:${server.address().port}/`;
const socket = new window.WebSocket(url, ['other', 'chat']);
const events = [];
await new Promise((resolve) => {
  socket.onopen = () => {
    events.push(`open ${socket.readyState} ${socket.protocol}`);
    socket.binaryType = 'arraybuffer';
    socket.send('grüße');
    socket.send(new window.Uint8Array([1, 2, 3]));
    socket.send(new window.Blob(['blob']));
    socket.send('close');
  };
  socket.onmessage = ({ data }) => {
    events.push(typeof data === 'string' ? data : Buffer.from(data).toString('hex'));
  };
  socket.onclose = ({ code, reason, wasClean }) => {
    events.push(`close ${code} ${reason} ${wasClean}`);
    resolve();
  };
});
assert.deepEqual(events, ['open 1 chat', 'grüße', '010203', '626c6f62', 'close', 'close 4000 as asked true']);
assert.equal(requests[0].origin, 'http://localhost');
const refused = new window.WebSocket('ws://127.0.0.1:1/');
await Promise.all(['error', 'close'].map((type) => new Promise((resolve) => refused.addEventListener(type, resolve))));
window.close();
server.close();
console.log('text, bytes and a Blob of a page, a subprotocol, the closing handshake, and a connection that fails');
