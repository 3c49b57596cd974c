// The STOMP client of @stomp/stompjs, and a small STOMP broker.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Client } from '@stomp/stompjs';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, exchanged, say, sayApart } from '../transcript.js';

const transports = [];
const http = createServer();
const server = new WebSocketServer({
  server: http,
  maxPayload: 2_000_000,
  handleProtocols: (protocols) => (protocols.has('v12.stomp') ? 'v12.stomp' : false),
  verifyClient: ({ req }, decide) => decide(req.url !== '/refused', 403, 'Forbidden'),
});

/** STOMP 1.2: one frame in a message, or its parts in several. A line feed alone is a heartbeat. */
function parse(bytes) {
  const head = bytes.indexOf('\n\n');
  const [command, ...lines] = bytes.toString('utf8', 0, head).split('\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(/:(.*)/s)));
  return { command, headers, body: bytes.subarray(head + 2, -1) };
}
function frame(command, headers, body = '') {
  const head = `${command}\n${Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) })
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')}\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body), Buffer.from([0])]);
}

const subscriptions = new Map();
server.on('connection', (socket, request) => {
  const sayAtBroker = sayApart(`broker, connection ${transports.push(request.socket)}`);
  const handlers = {
    CONNECT({ headers }) {
      sayAtBroker(`CONNECT of ${headers.login}, heart-beat ${headers['heart-beat']}, protocol ${socket.protocol}`);
      if (headers.login === 'nobody') {
        socket.send(frame('ERROR', { message: 'not you' }, 'no such user').toString());
        return socket.close(1002, 'not you');
      }
      if (headers.login !== 'mute') socket.beat = setInterval(() => socket.send('\n'), 100);
      socket.send(frame('CONNECTED', { version: '1.2', 'heart-beat': '100,100' }).toString());
    },
    SUBSCRIBE: ({ headers }) => subscriptions.set(headers.id, { socket, destination: headers.destination }),
    UNSUBSCRIBE: ({ headers }) => subscriptions.delete(headers.id),
    SEND({ headers, body }) {
      for (const [subscription, { socket: subscriber, destination }] of subscriptions) {
        if (destination !== headers.destination || subscriber.readyState !== WebSocket.OPEN) continue;
        const message = frame('MESSAGE', { subscription, 'message-id': 1, destination }, body);
        const binary = headers['content-type'] === 'application/octet-stream';
        subscriber.send(binary ? message : message.toString());
      }
    },
    DISCONNECT() {},
  };
  let parts = [];
  socket.on('message', (data) => {
    if (String(data) === '\n') {
      server.emit('beat');
      return;
    }
    parts.push(data);
    if (data.at(-1) !== 0) return;
    if (parts.length > 1) sayAtBroker(`a frame in ${parts.length} messages`);
    const received = parse(Buffer.concat(parts));
    parts = [];
    handlers[received.command]?.(received);
    if (received.headers.receipt) socket.send(frame('RECEIPT', { 'receipt-id': received.headers.receipt }).toString());
  });
  socket.on('close', (code, reason) => {
    clearInterval(socket.beat);
    sayAtBroker(`close ${code} ${reason}`);
  });
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

const later = () => Promise.withResolvers?.() ?? withResolvers();
function withResolvers() {
  const result = {};
  result.promise = new Promise((resolve) => {
    result.resolve = resolve;
  });
  return result;
}
/** A client, whose events are awaited in order. */
function connect(name, options) {
  const waiting = new Map();
  const happened = (event, line) => {
    say(`${name}: ${line}`);
    waiting.get(event)?.resolve();
    waiting.delete(event);
  };
  const client = new Client({
    webSocketFactory: () => {
      const socket = new WebSocket(url + (options.path ?? ''), ['v12.stomp', 'v11.stomp']);
      socket.binaryType = 'arraybuffer';
      socket.addEventListener('error', ({ message }) => say(`${name}: error ${message}`));
      return socket;
    },
    reconnectDelay: 10,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    connectHeaders: { login: 'alice' },
    onConnect: ({ headers }) => happened('connect', `connected, version ${headers.version}`),
    onStompError: ({ headers, body }) => happened('error', `ERROR ${headers.message}: ${body}`),
    onWebSocketClose: ({ code, reason, wasClean }) => happened('close', `close ${code} ${reason} ${wasClean}`),
    ...options,
  });
  client.next = (event) => {
    const one = later();
    waiting.set(event, one);
    return one.promise;
  };
  return client;
}
async function exchange(client, publish) {
  const received = later();
  const subscription = client.subscribe('/queue/a', received.resolve);
  client.publish({ destination: '/queue/a', ...publish });
  const message = await received.promise;
  subscription.unsubscribe();
  return message;
}
const client = connect('client', { heartbeatIncoming: 2_000, heartbeatOutgoing: 100 });
let connected = client.next('connect');
client.activate();
await connected;
say((await exchange(client, { body: 'grüße' })).body);
say(brief((await exchange(client, { body: 'x'.repeat(1_000_000) })).body));
const headers = { 'content-type': 'application/octet-stream' };
say(brief((await exchange(client, { binaryBody: new Uint8Array(1_000_000).fill(7), headers })).binaryBody));
const receipt = later();
client.watchForReceipt('r1', receipt.resolve);
client.publish({ destination: '/queue/none', body: 'a', headers: { receipt: 'r1' } });
await receipt.promise;
say('a receipt');
await once(server, 'beat');
say('a heartbeat');
for (const [name, act] of [
  ['a reset', () => transports.at(-1).resetAndDestroy()],
  ['the server closes', () => [...server.clients].at(-1).close(1012, 'restart')],
  ['the client closes', () => client.forceDisconnect()],
]) {
  say(name);
  const closed = client.next('close');
  connected = client.next('connect');
  act();
  await closed;
  await connected;
  say((await exchange(client, { body: `after ${name}` })).body);
}
await client.deactivate();
say(`active ${client.active}`);

async function once1(name, options, events) {
  const one = connect(name, { reconnectDelay: 0, ...options });
  const all = Promise.all(events.map((event) => one.next(event)));
  one.activate();
  await all;
  return one;
}
const split = await once1('split', { splitLargeFrames: true, maxWebSocketChunkSize: 100_000 }, ['connect']);
say(brief((await exchange(split, { body: 'y'.repeat(950_000) })).body));
await split.deactivate();
await once1('no such user', { connectHeaders: { login: 'nobody' } }, ['error', 'close']);
await once1('a refused handshake', { path: '/refused' }, ['close']);
await once1('a broker without heartbeats', { connectHeaders: { login: 'mute' }, heartbeatIncoming: 100 }, ['close']);
await Promise.all([...server.clients].map((socket) => once(socket, 'close')));
server.close();
http.close();
exchanged(
  'with a broker of its own: 1 MB of text and of bytes, frames in parts, receipts, heartbeats, missing heartbeats; a reset and closes with reconnection, refusals',
);
