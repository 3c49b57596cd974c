// A server and clients of websocket-stream (of HTTP Toolkit): streams of Node.js through a WebSocket, in bytes and in messages.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import connect from '@httptoolkit/websocket-stream';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart } from '../transcript.js';

const http = createServer();
const sockets = [];
http.on('upgrade', (_, socket) => sockets.push(socket));
const sayAtServer = sayApart('server');
const verifyClient = ({ req }) => req.url !== '/refused';
const server = connect.createServer({ server: http, verifyClient, perMessageDeflate: false }, (stream, request) => {
  sayAtServer(`stream ${request.url}`);
  stream.on('error', (error) => sayAtServer(`error ${briefError(error)}`));
  stream.socket.addEventListener('close', ({ code, reason, wasClean }) => {
    sayAtServer(`close ${code} ${reason} clean ${wasClean}`);
  });
  if (request.url === '/echo') stream.pipe(stream);
  if (request.url === '/hash') {
    const hash = createHash('sha256');
    stream.on('data', (chunk) => {
      hash.update(chunk);
      if (chunk.at(-1) === 0) stream.end(hash.digest('hex'));
    });
  }
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

/** A client. `closed` resolves when both ends have seen the close. */
function open(name, path, options) {
  // Node.js refuses `objectMode` as an option of a connection.
  const stream = connect(options?.objectMode ? new WebSocket(`${url}${path}`) : `${url}${path}`, options);
  stream.on('error', (error) => say(`${name}: error ${briefError(error.error ?? error)}`));
  const noticed = new Promise((resolve) => {
    server.once('connection', (webSocket) => webSocket.on('close', resolve));
  });
  const ended = new Promise((resolve) => {
    stream.on('ws-close', ({ code, reason }) => say(`${name}: ws-close ${code} ${reason}`));
    stream.on('close', () => resolve(say(`${name}: close`)));
  });
  return { stream, ended, closed: Promise.all([noticed, ended]) };
}
const hashing = open('hash', '/hash');
const pieces = Array.from({ length: 200 }, (_, index) => Buffer.alloc(50_000, (index % 255) + 1));
const all = Buffer.concat([...pieces, Buffer.alloc(1)]);
await once(hashing.stream, 'connect');
for (const piece of pieces) if (!hashing.stream.write(piece)) await once(hashing.stream, 'drain');
const digest = once(hashing.stream, 'data');
hashing.stream.write(Buffer.alloc(1));
say(`10 MB arrive whole: ${String((await digest)[0]) === createHash('sha256').update(all).digest('hex')}`);
await hashing.closed;

// Written before the connection is open, in messages of text and of bytes.
for (const [name, options] of [
  ['bytes', {}],
  ['messages', { objectMode: true }],
]) {
  const { stream, closed } = open(name, '/echo', options);
  stream.write('grüße ☺');
  let [data] = await once(stream, 'data');
  say(`${name}: ${brief(data)}`);
  stream.write(Buffer.alloc(300_000, 7));
  let length = 0;
  while (length < 300_000) {
    [data] = await once(stream, 'data');
    length += data.length;
  }
  say(`${name}: ${length} bytes`);
  stream.end();
  stream.destroy();
  await closed;
}
for (const [name, end] of [
  ['reset', () => sockets.at(-1).resetAndDestroy()],
  ['code', (webSocket) => webSocket.close(4000, 'enough')],
  ['end', (webSocket) => webSocket.terminate()],
]) {
  const { stream, closed } = open(name, '/wait');
  await once(stream, 'connect');
  end([...server.clients].at(-1));
  await closed;
}
const { ended } = open('refused', '/refused');
await ended;
const missing = connect('ws://127.0.0.1:1/');
await pipeline(missing, missing).catch((error) => say(`nothing listens: ${briefError(error.error ?? error)}`));
server.close();
await new Promise((resolve) => http.close(resolve));
exchanged('streams of 10 MB with back pressure, text and bytes; a reset, a code, an end, a refusal');
