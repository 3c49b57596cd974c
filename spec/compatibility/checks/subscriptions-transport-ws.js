// The GraphQL server and client of subscriptions-transport-ws: queries, subscriptions, errors, and each way to end.
import { EventEmitter, on, once } from 'node:events';
import { createServer } from 'node:http';
import { buildSchema, execute, subscribe } from 'graphql';
import transport from 'subscriptions-transport-ws';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, exchanged, say, sayApart, watch } from '../transcript.js';

const { SubscriptionClient, SubscriptionServer } = transport;
const schema = buildSchema(`
  type Query { hello(name: String): String, large(size: Int): String, fails: String }
  type Subscription { count(to: Int): Int, news: String }
`);
const news = new EventEmitter();
const rootValue = {
  hello: ({ name }) => `hello ${name}`,
  large: ({ size }) => 'x'.repeat(size),
  fails: () => {
    throw new Error('this field fails');
  },
  async *count({ to }) {
    for (let number = 1; number <= to; number++) yield { count: number };
  },
  async *news() {
    for await (const [text] of on(news, 'text')) yield { news: text };
  },
};
const http = createServer();
const sockets = [];
http.on('upgrade', (_, socket) => sockets.push(socket));
const sayAtServer = sayApart('server');
const sayOfCloses = sayApart('close at the server');
const server = new WebSocketServer({
  server: http,
  path: '/graphql',
  perMessageDeflate: true,
  verifyClient: ({ origin }) => origin !== 'http://evil.test',
});
server.on('connection', (webSocket) => webSocket.on('close', (code, reason) => sayOfCloses(`${code} ${reason}`)));
SubscriptionServer.create(
  {
    schema,
    execute,
    subscribe,
    rootValue,
    keepAlive: 5,
    onConnect: ({ token }) => {
      sayAtServer(`connect ${token}`);
      if (token === 'wrong') throw new Error('the token is wrong');
      return token !== 'none';
    },
    onDisconnect: () => sayOfCloses('disconnect'),
    onOperationComplete: (_, id) => sayAtServer(`complete ${id}`),
  },
  server,
);
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}/graphql`;

function open(name, token, options, implementation = WebSocket) {
  const client = new SubscriptionClient(url, { connectionParams: { token }, ...options }, implementation);
  for (const event of ['connected', 'disconnected', 'reconnected']) client.on(event, () => say(`${name}: ${event}`));
  client.onError(({ type, message }) => say(`${name}: ${type ?? 'error'} ${message}`));
  return client;
}
const fired = (client, event) => new Promise((resolve) => client.on(event, resolve));
const noticed = () => once([...server.clients].at(-1), 'close');
const ask = (client, query, take = () => {}) =>
  new Promise((resolve) => {
    const results = [];
    client.request({ query }).subscribe({
      next: (result) => {
        results.push(result);
        take(result, results.length);
      },
      error: (error) => resolve([{ error: error.message }]),
      complete: () => resolve(results),
    });
  });

const client = open('client', 'right', { reconnect: true, minTimeout: 5_000 });
await fired(client, 'connected');
say(`protocol ${client.client.protocol}`);
for (const query of ['{ hello(name: "graphql ☺") }', '{ nothing }', '{ fails }', 'not GraphQL']) {
  say(`${query}: ${JSON.stringify((await ask(client, query))[0])}`);
}
const [{ data }] = await ask(client, '{ large(size: 2000000) }');
say(`large: ${brief(data.large)}`);
say(`an argument: ${brief((await ask(client, `{ hello(name: "${'y'.repeat(1_000_000)}") }`))[0].data.hello)}`);
const counted = await ask(client, 'subscription { count(to: 100) }');
say(`count: ${counted.length}, the last is ${JSON.stringify(counted.at(-1))}`);

// A subscription that is there again after the client has connected again.
const texts = [];
const taken = new EventEmitter();
client.request({ query: 'subscription { news }' }).subscribe({
  next: ({ data }) => {
    texts.push(data.news);
    taken.emit('text');
  },
  error: ({ message }) => say(`news: ${message}`),
});
async function publish(text) {
  const received = once(taken, 'text');
  while (news.listenerCount('text') === 0) await new Promise((resolve) => setImmediate(resolve));
  news.emit('text', text);
  await received;
}
await publish('first');
for (const end of [(webSocket) => webSocket.close(4000, 'restart'), () => sockets.at(-1).resetAndDestroy()]) {
  const closed = noticed();
  const again = fired(client, 'reconnected');
  end([...server.clients][0]);
  await closed;
  await again;
  await publish('again');
}
say(`news: ${texts}`);
let closed = noticed();
client.close();
await closed;

for (const token of ['wrong', 'none']) {
  const refused = open(token, token);
  await new Promise((resolve) => refused.onDisconnected(resolve));
}
class Evil extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { origin: 'http://evil.test' });
  }
}
const evil = open('evil', 'right', {}, Evil);
await new Promise((resolve) => evil.onDisconnected(resolve));
const raw = new WebSocket(url, 'other');
await watch('without a protocol', raw);
const impolite = new WebSocket(url, 'graphql-ws');
await once(impolite, 'open');
closed = noticed();
const answer = once(impolite, 'message');
impolite.send(Buffer.from('not JSON'));
say(`not JSON: ${brief(...(await answer))}`);
impolite.terminate();
await closed;
server.close();
await new Promise((resolve) => http.close(resolve));
exchanged('queries, errors, subscriptions that survive a close and a reset, answers of 2 MB; refusals of each kind');
