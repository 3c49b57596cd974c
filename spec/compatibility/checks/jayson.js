// The JSON-RPC server of jayson and its WebSocket client: calls, batches, notifications, errors, and each way to end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import jayson from 'jayson';
import jaysonPromise from 'jayson/promise/index.js';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart } from '../transcript.js';

const http = createServer();
const sockets = [];
http.on('connection', (socket) => sockets.push(socket));
const sayAtServer = sayApart('server');
const rpc = new jayson.Server({
  add: ([a, b], callback) => callback(null, a + b),
  repeat: ({ text, times }, callback) => callback(null, text.repeat(times)),
  note: ([text], callback) => {
    sayAtServer(`note ${text}`);
    callback();
  },
  fail: (_, callback) => callback({ code: 501, message: 'not implemented' }),
  forget: () => {},
});
const server = rpc.websocket({
  server: http,
  maxPayload: 2_000_000,
  verifyClient: ({ req }) => req.url !== '/refused',
});
server.on('connection', (webSocket) => {
  webSocket.on('error', ({ code }) => sayAtServer(`error ${code}`));
  webSocket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

/** Records how a client ends. Its messages have random ids. */
function watchEnd(name, { ws }) {
  ws.on('error', (error) => say(`${name}: error ${briefError(error)}`));
  return new Promise((resolve) => {
    ws.on('close', (code, reason) => resolve(say(`${name}: close ${code} ${reason}`)));
  });
}

async function open(name, options) {
  const client = jaysonPromise.Client.websocket({ url, ...options });
  const closed = Promise.all([
    once(server, 'connection').then(([webSocket]) => new Promise((resolve) => webSocket.on('close', resolve))),
    watchEnd(name, client),
  ]);
  await once(client.ws, 'open');
  return { client, closed };
}
const { client, closed } = await open('client');
async function call(method, params) {
  const { result, error } = await client.request(method, params).catch((reason) => ({ error: reason }));
  say(`${method}: ${error ? `error ${error.code} ${error.message}` : brief(String(result))}`);
}

await call('add', [1, 2]);
await call('repeat', { text: 'grüße ', times: 250_000 });
await call('repeat', { text: 'x'.repeat(1_900_000), times: 1 });
await call('fail', []);
await call('nothing', []);
await client.request('note', ['a notification'], null);
const sums = await Promise.all(Array.from({ length: 100 }, (_, index) => client.request('add', [index, index])));
say(`100 calls: ${sums.reduce((sum, { result }) => sum + result, 0)}`);
const batch = [1, 2, 3].map((number) => client.request('add', [number, number], `id ${number}`, false));
say(`a batch: ${JSON.stringify(await client.request(batch))}`);
client.ws.close(4000, 'done');
await closed;

const hasty = await open('hasty', { timeout: 50 });
await hasty.client.request('forget', []).catch(({ message }) => say(`forget: ${message}`));
hasty.client.ws.terminate();
await hasty.closed;

for (const [name, end] of [
  ['reset', () => sockets.at(-1).resetAndDestroy()],
  ['closed', (webSocket) => webSocket.close(1012, 'restart')],
  ['too large', (_, { ws }) => ws.send('z'.repeat(2_000_001))],
]) {
  const other = await open(name);
  end([...server.clients][0], other.client);
  await other.closed;
}
const refused = jaysonPromise.Client.websocket({ url: `${url}/refused` });
await watchEnd('refused', refused);
const raw = new WebSocket(url);
await once(raw, 'open');
const answer = once(raw, 'message');
raw.send('not JSON');
say(`not JSON: ${JSON.parse((await answer)[0]).error.code}`);
const noticed = once([...server.clients][0], 'close');
raw.close();
await noticed;
server.close();
await new Promise((resolve) => http.close(resolve));
exchanged('calls, a batch, a notification, answers of 1.5 MB; timeouts, a reset, codes, a message too big, a refusal');
