// The Connection of @solana/web3.js, and a small node of Solana: calls over HTTP, and subscriptions over its WebSocket.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Connection, PublicKey } from '@solana/web3.js';
import { WebSocketServer } from 'ws';
import { exchanged, say, sayApart } from '../transcript.js';

const OWNER = '11111111111111111111111111111111';
const data = Buffer.alloc(600_000, 7);
const account = (lamports) => ({
  lamports,
  data: [data.toString('base64'), 'base64'],
  owner: OWNER,
  executable: false,
  rentEpoch: 0,
  space: data.length,
});
const http = createServer(async (request, response) => {
  const { id, method } = JSON.parse(await text(request));
  const results = { getSlot: 42, getBalance: { context: { slot: 42 }, value: 5_000_000_000 } };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }));
});
const node = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
const sayAtNode = sayApart('node');
let current;
let refusals = 0;
http.on('upgrade', (request, socket, head) => {
  if (refusals-- > 0) {
    sayAtNode('refusal');
    return socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }
  node.handleUpgrade(request, socket, head, (webSocket) => node.emit('connection', webSocket, socket));
});
node.on('connection', (webSocket, socket) => {
  const subscriptions = new Map();
  const notify = (method, result) => {
    const params = { result, subscription: subscriptions.get(method) };
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', method: `${method}Notification`, params }));
  };
  current = { webSocket, socket, notify };
  webSocket.on('message', (message) => {
    const { id, method, params } = JSON.parse(message);
    sayAtNode(`${method} ${JSON.stringify(params)}`);
    const answer = (result) => webSocket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
    if (!method.endsWith('Subscribe')) return answer(true);
    const kind = method.replace('Subscribe', '');
    subscriptions.set(kind, subscriptions.size + 1);
    answer(subscriptions.get(kind));
    node.emit('subscribed', kind);
  });
  webSocket.on('close', (code, reason) => sayAtNode(`close ${code} ${reason}`));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
// What the Connection reports to its user about errors.
console.error = (...words) => say(`console: ${words.join(' ')}`);

const { port } = http.address();
const connection = new Connection(`http://127.0.0.1:${port}`, {
  wsEndpoint: `ws://127.0.0.1:${port}/`,
  commitment: 'confirmed',
});
const key = new PublicKey(OWNER);
say(`slot ${await connection.getSlot()}, balance ${await connection.getBalance(key)}`);

const received = [];
const waiting = [];
function take(line) {
  received.push(line);
  for (const look of waiting.splice(0)) look();
}
const until = (count) =>
  new Promise((resolve) => {
    const look = () => (received.length >= count ? resolve() : waiting.push(look));
    look();
  });
const allSubscribed = () =>
  new Promise((resolve) => {
    const kinds = new Set();
    const look = (kind) => kinds.add(kind).size === 3 && resolve(node.off('subscribed', look));
    node.on('subscribed', look);
  });

let subscribed = allSubscribed();
const ids = [
  connection.onSlotChange(({ slot, root }) => take(`slot ${slot}, root ${root}`)),
  connection.onAccountChange(key, ({ lamports, data }) =>
    take(`${lamports} lamports, ${data.length} bytes, ${data[9]}`),
  ),
  connection.onLogs('all', ({ signature, logs }) => take(`${signature}: ${logs.length} lines, ${logs[0]}`)),
];
await subscribed;
function notifyAll(slot) {
  for (let more = 0; more < 3; more++) current.notify('slot', { slot: slot + more, parent: slot, root: slot - 32 });
  current.notify('account', { context: { slot }, value: account(slot * 1_000) });
  const logs = Array.from({ length: 1_000 }, (_, index) => `Program ${OWNER} line ${index} ✓`);
  current.notify('logs', { context: { slot }, value: { signature: `signature${slot}`, err: null, logs } });
}
notifyAll(100);
await until(5);
// After each end, the Connection connects again in a second, and subscribes again.
refusals = 1;
for (const [index, end] of [
  ({ webSocket }) => webSocket.close(1012, 'the node restarts'),
  ({ socket }) => socket.resetAndDestroy(),
].entries()) {
  subscribed = allSubscribed();
  const noticed = once(current.webSocket, 'close');
  end(current);
  await Promise.all([noticed, subscribed]);
  notifyAll(200 + index);
  await until(10 + 5 * index);
}
for (const line of received) say(line);
const ended = once(current.webSocket, 'close');
await connection.removeSlotChangeListener(ids[0]);
await connection.removeAccountChangeListener(ids[1]);
await connection.removeOnLogsListener(ids[2]);
await ended;
await new Promise((resolve) => http.close(resolve));
exchanged('slots, logs, an account of 800 KB, compressed; subscriptions that survive a close, a refusal and a reset');
