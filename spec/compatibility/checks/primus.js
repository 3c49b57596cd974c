// A Primus server with the transformer of `ws`, and its client: events, requests, forwarding, reconnection, and the end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import Primus from 'primus';
import { WebSocket } from 'ws';
import { brief, exchanged, say, sayApart, watch } from '../transcript.js';

// The client of Primus prefers a global class where Node has it.
globalThis.WebSocket = undefined;

const http = createServer();
const sockets = [];
const primus = new Primus(http, {
  transformer: 'websockets',
  compression: true,
  maxLength: 2_000_000,
  pingInterval: 1_000,
});
primus.authorize((request, done) => {
  if (request.query.token === 'wrong') done({ statusCode: 403, message: 'not you' });
  else done();
});
// Primus removes the listeners that were there before it.
http.on('upgrade', (_, socket) => sockets.push(socket));
const sayAtServer = sayApart('server');
primus.on('connection', (spark) => {
  sayAtServer(`connection ${JSON.stringify(spark.query.name)}, ${spark.headers['x-user'] ?? 'no user'}`);
  spark.on('data', (data) => {
    if (data?.end) spark.end({ said: 'the end' }, data.end);
    else if (data?.times) spark.write({ text: data.repeat.repeat(data.times) });
    else spark.write(data);
  });
});
primus.on('disconnection', (spark) => sayAtServer(`disconnection ${JSON.stringify(spark.query.name)}`));
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `http://127.0.0.1:${http.address().port}`;
const { Socket } = primus;

function open(name, options, query = '') {
  const client = new Socket(`${url}?name=${name}${query}`, { strategy: false, ...options });
  for (const event of ['open', 'reconnected', 'end']) client.on(event, () => say(`${name}: ${event}`));
  client.on('reconnect scheduled', ({ attempt }) => say(`${name}: reconnect scheduled, ${attempt}`));
  client.on('error', ({ type, message }) => say(`${name}: ${type ?? 'error'} ${message}`));
  return client;
}
const fired = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
/** Resolves when the server has seen the end of a connection. */
const disconnection = () => fired(primus, 'disconnection');

const reconnect = { min: 1, max: 20, factor: 1, retries: 5 };
const client = open('client', {
  strategy: ['disconnect', 'timeout'],
  reconnect,
  transport: { headers: { 'x-user': 'alice' } },
});
await fired(client, 'open');
say(`ready state ${client.socket.readyState}, ${client.socket.extensions}`);
for (const data of ['text', 'grüße ☺', 42, { nested: [1, 2, { three: true }] }, 'x'.repeat(1_000_000)]) {
  const answer = fired(client, 'data');
  client.write(data);
  const received = await answer;
  say(`data: ${brief(typeof received === 'string' ? received : JSON.stringify(received))}`);
}
const repeated = fired(client, 'data');
client.write({ repeat: 'ab', times: 1_500_000 });
say(`repeated: ${brief((await repeated).text)}`);
// The server pings by a message, and the client answers.
await fired(client, 'incoming::ping');
say('pinged');

for (const end of [() => sockets.at(-1).resetAndDestroy(), (spark) => spark.end(undefined, { reconnect: true })]) {
  const gone = disconnection();
  const again = fired(client, 'reconnected');
  primus.forEach((spark) => {
    end(spark);
  });
  await Promise.all([gone, again]);
  const answer = fired(client, 'data');
  client.write('again');
  say(`data: ${await answer}`);
}
const large = open('large');
await fired(large, 'open');
let gone = disconnection();
let ended = fired(large, 'end');
large.write('y'.repeat(2_000_001));
await Promise.all([gone, ended]);

const polite = open('polite');
await fired(polite, 'open');
gone = disconnection();
ended = fired(polite, 'end');
const last = fired(polite, 'data');
polite.write({ end: { reconnect: false } });
say(`last: ${JSON.stringify(await last)}`);
await Promise.all([gone, ended]);

const wrong = open('wrong', {}, '&token=wrong');
await fired(wrong, 'end');
await watch('raw, refused', new WebSocket(`${url.replace('http', 'ws')}/primus?token=wrong`));
const raw = new WebSocket(`${url.replace('http', 'ws')}/primus?name=raw`);
await once(raw, 'open');
// Among the messages of the server are its pings.
const answer = new Promise((resolve) => {
  raw.on('message', (data) => String(data).includes('primus::ping') || resolve(data));
});
raw.send('"by hand"');
say(`raw: ${brief(await answer, false)}`);
gone = disconnection();
const rawClosed = once(raw, 'close');
raw.close(4000, 'bye');
const [code, reason] = await rawClosed;
say(`raw: close ${code} ${reason}`);
await gone;
gone = disconnection();
ended = fired(client, 'end');
primus.destroy({ timeout: 1 });
await Promise.all([gone, ended]);
exchanged(
  'text, objects, 3 MB, pings by message; a client that reconnects after a reset, a message too big, a refusal',
);
