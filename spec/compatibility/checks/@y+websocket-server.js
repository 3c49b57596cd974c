// The server of y-websocket and its provider: two documents of Yjs, awareness, and each way to lose the connection.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setupWSConnection } from '@y/websocket-server/utils';
import { WebSocket, WebSocketServer } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { exchanged, say, sayApart } from '../transcript.js';

const sayAtServer = sayApart('server');
const connections = new Map();
const http = createServer();
const server = new WebSocketServer({ noServer: true, perMessageDeflate: true });
server.on('connection', (socket, request) => {
  setupWSConnection(socket, request);
  const name = new URL(request.url, 'http://localhost').searchParams.get('name');
  connections.set(name, { webSocket: socket, socket: request.socket });
  socket.on('close', (code, reason) => sayAtServer(`${name} close ${code} ${reason}`));
});
http.on('upgrade', (request, socket, head) => {
  if (request.url.includes('name=mallory')) {
    return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }
  server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

function open(name, room = 'room') {
  const document = new Y.Doc();
  const options = { WebSocketPolyfill: WebSocket, disableBc: true, params: { name }, maxBackoffTime: 20 };
  const provider = new WebsocketProvider(url, room, document, options);
  const sayHere = sayApart(name);
  provider.on('status', ({ status }) => sayHere(status));
  provider.on('sync', (isSynced) => sayHere(`synced ${isSynced}`));
  provider.on('connection-close', (event) =>
    sayHere(event === null ? 'closed by itself' : `close ${event.code} ${event.reason} clean ${event.wasClean}`),
  );
  provider.on('connection-error', (event) => sayHere(`${event.type}: ${event.message}`));
  return { document, provider, text: document.getText('text') };
}
const synced = (provider) =>
  new Promise((resolve) => {
    provider.on('sync', (isSynced) => isSynced && resolve());
  });
const alice = open('alice');
const bob = open('bob');
const until = (condition) =>
  new Promise((resolve) => {
    const look = () => condition() && resolve();
    for (const { document } of [alice, bob]) document.on('update', look);
    look();
  });
await Promise.all([synced(alice.provider), synced(bob.provider)]);
for (let index = 0; index < 100; index++) {
  alice.text.insert(0, 'a');
  bob.text.insert(bob.text.length, 'b');
}
const same = (length) => () => alice.text.length === length && alice.text.toString() === bob.text.toString();
await until(same(200));
const counts = [...'ab'].map((letter) => `${letter} ${alice.text.toString().split(letter).length - 1}`);
say(`100 edits each: ${counts}`);
alice.document.getMap('files').set('bytes', new Uint8Array(1_500_000).fill(7));
await until(() => bob.document.getMap('files').has('bytes'));
say(`bytes: ${bob.document.getMap('files').get('bytes').length} ${bob.document.getMap('files').get('bytes').at(-1)}`);
const aware = once(bob.provider.awareness, 'change');
alice.provider.awareness.setLocalStateField('cursor', { index: 42 });
await aware;
const states = () => [...bob.provider.awareness.getStates().values()].map((state) => JSON.stringify(state)).sort();
say(`awareness: ${states()}`);

/** Ends the connection of alice, who edits before the next one, and waits for the edit to arrive. */
async function endWith(end) {
  const ended = new Promise((resolve) => alice.provider.once('connection-close', resolve));
  const noticed = once(connections.get('alice').webSocket, 'close');
  end(connections.get('alice'));
  await Promise.all([ended, noticed]);
  const { length } = alice.text;
  const arrived = Promise.all([synced(alice.provider), until(() => bob.text.length === length + 8)]);
  alice.text.insert(0, 'offline ');
  await arrived;
  say(`bob reads: ${/^(offline )*/.exec(bob.text.toString())[0]}`);
}
await endWith(({ webSocket }) => webSocket.close(1012, 'restart'));
await endWith(({ socket }) => socket.resetAndDestroy());
await endWith(({ webSocket }) => webSocket.terminate());

const final = new Promise((resolve) => alice.provider.once('closed', resolve));
let noticed = once(connections.get('alice').webSocket, 'close');
connections.get('alice').webSocket.close(4403, 'no more access');
say(`closed for ever: ${JSON.stringify(await final)}`);
await noticed;

const mallory = open('mallory');
await new Promise((resolve) => mallory.provider.once('connection-close', resolve));
noticed = once(connections.get('bob').webSocket, 'close');
for (const { provider, document } of [alice, bob, mallory]) {
  provider.destroy();
  document.destroy();
}
await noticed;
await new Promise((resolve) => http.close(resolve));
exchanged(
  '200 concurrent edits, 1.5 MB, awareness; edits made offline, after a close, a reset, an end; a refusal, codes',
);
// The server has timers without an end.
process.exit();
