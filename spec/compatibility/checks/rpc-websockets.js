// The JSON-RPC server of rpc-websockets and its client: calls, batches, events, namespaces, and a client that connects again.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Client, Server } from 'rpc-websockets';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart, watch } from '../transcript.js';

const http = createServer();
const sockets = [];
http.on('connection', (socket) => sockets.push(socket));
const verifyClient = ({ req }, callback) => {
  if (req.url.includes('token=none')) callback(false, 403, 'not you', { 'X-Reason': 'token' });
  else callback(true);
};
const server = new Server({ server: http, verifyClient, maxPayload: 2_000_000 });
const sayAtServer = sayApart('server');
server.on('connection', (webSocket, { url }) => {
  sayAtServer(`connection ${url}`);
  webSocket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
server.on('socket-error', (_, error) => sayAtServer(`error ${briefError(error)}`));
server.on('disconnection', () => sayAtServer('disconnection'));
server.register('sum', (numbers) => numbers.reduce((sum, number) => sum + number, 0));
server.register('repeat', ({ text, times }) => text.repeat(times));
server.register('secret', () => 'the secret').protected();
server.register('fail', () => {
  throw new Error('this method fails');
});
server.setAuth(({ password }) => password === 'open sesame');
server.register('where', () => 'in the kitchen', '/kitchen');
server.event('tick');
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

function open(name, path, options) {
  const client = new Client(`${url}${path}`, { reconnect: false, ...options });
  client.on('open', () => say(`${name}: open`));
  client.on('close', (code, reason) => say(`${name}: close ${code} ${reason}`));
  client.on('error', ({ type, message }) => say(`${name}: event ${type}, ${message}`));
  return client;
}
const opened = (client) => new Promise((resolve) => client.once('open', resolve));
/** Resolves when both ends have seen the close. */
const closed = (client) =>
  Promise.all(
    [client, server].map(
      (end) => new Promise((resolve) => end.once(end === server ? 'disconnection' : 'close', resolve)),
    ),
  );

const client = open('client', '/', { reconnect: true, reconnect_interval: 1, headers: { 'x-user': 'alice' } });
await opened(client);
const call = async (...args) => {
  const result = await client
    .call(...args)
    .catch(({ code, message, data }) => `error ${code} ${message} ${data ?? ''}`);
  say(`${args[0]}: ${typeof result === 'string' ? brief(result) : JSON.stringify(result)}`);
};
await call('sum', [1, 2, 3]);
await call('repeat', { text: 'grüße ', times: 250_000 });
await call('nothing');
await call('fail');
await call('secret');
await client.login({ password: 'wrong' }).catch(({ message }) => say(`login: ${message}`));
say(`login: ${await client.login({ password: 'open sesame' })}`);
await call('secret');
await call('sum', [4, 5], { binary: true });
say(`methods: ${(await client.listMethods()).sort()}`);
const sums = Array.from({ length: 100 }, (_, index) => client.call('sum', [index, index]));
say(`100 calls: ${(await Promise.all(sums)).reduce((sum, number) => sum + number, 0)}`);
say(`subscribed: ${JSON.stringify(await client.subscribe('tick'))}`);
const ticks = [];
const ticked = new Promise((resolve) => client.on('tick', (number) => ticks.push(number) === 20 && resolve()));
for (let number = 1; number <= 20; number++) server.emit('tick', number);
await ticked;
say(`ticks: ${ticks}`);

const raw = new WebSocket(url);
const rawClosed = watch('raw', raw);
await once(raw, 'open');
for (const text of [
  '[{"jsonrpc":"2.0","method":"sum","params":[1],"id":1},{"jsonrpc":"2.0","method":"sum","params":[2],"id":2}]',
  '[]',
  'not JSON',
]) {
  const answer = once(raw, 'message');
  raw.send(text);
  await answer;
}
const noticed = new Promise((resolve) => server.once('disconnection', resolve));
raw.close(3000, 'done');
await Promise.all([rawClosed, noticed]);

// The client connects again after a reset and after a close with another code than 1000.
for (const end of [
  () => sockets[0].resetAndDestroy(),
  () => [...server.wss.clients][0].close(4000, 'again'),
  () => [...server.wss.clients][0].terminate(),
]) {
  const again = opened(client);
  const ended = closed(client);
  end();
  await Promise.all([ended, again]);
  await call('sum', [7]);
}
const large = open('too large', '/');
await opened(large);
const ended = closed(large);
large.notify('sum', 'x'.repeat(2_000_001));
await ended;

const kitchen = open('kitchen', '/kitchen');
await opened(kitchen);
say(`where: ${await kitchen.call('where')}`);
const left = closed(kitchen);
for (const webSocket of Object.values(server.of('/kitchen').connected())) webSocket.close(1001, 'the kitchen closes');
await left;

const refused = open('refused', '/?token=none');
await once(refused, 'error');
say(`refused: ${await refused.call('sum', [1]).catch(({ message }) => message)}`);
const clientClosed = closed(client);
client.close(1000, 'bye');
await clientClosed;
await server.close();
await new Promise((resolve) => http.close(resolve));
exchanged(
  'calls, batches, events, namespaces and a login; reconnection after a reset, a close, an end; a refusal, codes',
);
