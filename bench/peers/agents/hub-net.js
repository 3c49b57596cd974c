// The limit of a hub: bare sockets, to subscribers as to Redis. It keeps no events, and checks nothing.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { announce } from './control.js';
import { publishing } from './hub-publishing.js';

const options = JSON.parse(process.argv[2]);
const rooms = new Map();

/** The frame of a text message of up to 65,535 bytes. */
function frame(text) {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), Buffer.from(text)]);
}

const redis = () => connect({ port: options.redis, host: '127.0.0.1', noDelay: true });
const publisher = redis();
publisher.resume();
const publish = publishing(options, (room, data) => {
  const message = JSON.stringify({ id: '0123456789ab-1234', topic: room, data });
  publisher.write(`*3\r\n$7\r\nPUBLISH\r\n$3\r\nhub\r\n$${Buffer.byteLength(message)}\r\n${message}\r\n`);
});

const subscriber = redis();
subscriber.write('SUBSCRIBE hub\r\n');
let rest = '';
subscriber.setEncoding('latin1').on('data', (chunk) => {
  const lines = (rest + chunk).split('\r\n');
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const bytes = frame(line);
    for (const socket of rooms.get(JSON.parse(line).topic) ?? []) socket.write(bytes);
  }
});

const http = createServer(publish);
http.on('upgrade', (request, socket) => {
  const room = new URL(request.url, 'http://localhost').searchParams.get('room');
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
  socket.setNoDelay();
  socket.on('error', () => {}).on('close', () => rooms.get(room).delete(socket));
  socket.resume();
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
});
http.keepAliveTimeout = 0;
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
