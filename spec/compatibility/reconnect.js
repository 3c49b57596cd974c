// What both clients that connect again are given: they have the same interface.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, say, sayApart } from './transcript.js';

/** `connect(url, protocols, options)` creates a client. */
export async function reconnect(connect) {
  const http = createServer();
  const transports = [];
  let refusals = 0;
  const server = new WebSocketServer({
    server: http,
    maxPayload: 200_000,
    verifyClient: (_, decide) => decide(refusals-- <= 0, 503, 'not yet'),
  });
  server.on('connection', (socket, request) => {
    transports.push(request.socket);
    const sayAtServer = sayApart(`server, connection ${transports.length}`);
    sayAtServer(`open, protocol ${socket.protocol || 'none'}`);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('message', (data) => String(data) === 'close' && socket.close(1012, 'restart'));
    socket.on('error', ({ code }) => sayAtServer(`error ${code}`));
    socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `ws://127.0.0.1:${http.address().port}/`;
  const options = { WebSocket, minReconnectionDelay: 5, maxReconnectionDelay: 20, minUptime: 1 };
  const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

  const socket = connect(url, ['chat', 'other'], options);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => say(`open, protocol ${socket.protocol}, state ${socket.readyState}`));
  socket.addEventListener('message', ({ data }) => say(brief(data)));
  socket.addEventListener('error', ({ message }) => say(`error ${message}`));
  socket.addEventListener('close', ({ code, reason, wasClean }) => say(`close ${code} ${reason} ${wasClean}`));

  async function exchange(messages) {
    for (const message of messages) {
      const answer = next(socket, 'message');
      socket.send(message);
      await answer;
    }
  }
  function refuseTwice() {
    refusals = 2;
    transports.at(-1).resetAndDestroy();
  }
  // Before the connection opens: the client keeps it.
  await exchange(['early']);
  await exchange(['hello', 'x'.repeat(150_000), new Uint8Array(150_000).fill(7), new Uint8Array([1, 2, 3]).buffer]);
  say(`extensions ${socket.extensions || 'none'}, bufferedAmount ${socket.bufferedAmount}`);
  for (const [name, act] of [
    ['the server closes with 1012', () => socket.send('close')],
    ['a reset', () => transports.at(-1).resetAndDestroy()],
    ['a message that is too large', () => socket.send(new Uint8Array(200_001))],
    ['two handshakes are refused', refuseTwice],
    ['reconnect()', () => socket.reconnect(4001, 'again')],
  ]) {
    say(name);
    const closed = next(socket, 'close');
    const opened = next(socket, 'open');
    act();
    await closed;
    await opened;
    await exchange([`after ${name}`]);
  }
  const closed = next(socket, 'close');
  const left = Promise.all([...server.clients].map((client) => once(client, 'close')));
  socket.close(4000, 'bye');
  await closed;
  await left;
  say(`state ${socket.readyState}`);

  say('nothing listens, two retries');
  server.close();
  await new Promise((resolve) => http.close(resolve));
  const lost = connect(url, [], { ...options, maxRetries: 2 });
  const errors = [];
  await new Promise((resolve) => {
    lost.addEventListener('error', ({ message }) => {
      errors.push(message.replace(/:\d+/, ':port'));
      if (errors.length === 3) resolve();
    });
  });
  for (const error of errors) say(error);
  lost.close();
}
