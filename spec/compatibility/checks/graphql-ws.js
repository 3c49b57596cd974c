// A GraphQL server and client of graphql-ws: queries, subscriptions, refusals, and a connection that is lost.
import { once } from 'node:events';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { exchanged, say, sayApart, sayDifferent } from '../transcript.js';

const schema = buildSchema(`
  type Query { hello(name: String): String large(length: Int): String }
  type Subscription { count(to: Int): Int forever: Int }
`);
const root = {
  hello: ({ name }) => `hello ${name}`,
  large: ({ length }) => 'x'.repeat(length),
  async *count({ to }) {
    for (let number = 1; number <= to; number++) yield { count: number };
  },
  async *forever() {
    for (let number = 1; ; number++) {
      yield { forever: number };
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
};
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql', maxPayload: 10_000 });
const transports = [];
server.on('connection', (socket, request) => {
  sayings.set(socket, sayApart(`server, connection ${transports.push(request.socket)}`));
});
const sayings = new Map();
useServer(
  {
    schema,
    roots: { query: root, subscription: root },
    connectionInitWaitTimeout: 100,
    onConnect: ({ connectionParams }) => connectionParams?.token !== 'wrong',
    onClose: ({ extra }, code, reason) => sayings.get(extra.socket)(`close ${code} ${reason}`),
  },
  server,
);
await once(server, 'listening');
const url = `ws://127.0.0.1:${server.address().port}/graphql`;

function connect(options) {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 0, ...options });
  client.on('closed', (event) => say(`closed ${event.code} ${event.reason} ${event.wasClean}`));
  return client;
}

async function collect(client, query) {
  const results = [];
  try {
    for await (const result of client.iterate({ query })) results.push(result);
  } catch (error) {
    if (Array.isArray(error)) return `fails: ${JSON.stringify(error)}`;
    return `fails: ${error.code === undefined ? error.message : `close event ${error.code} ${error.reason}`}`;
  }
  const text = JSON.stringify(results);
  return text.length > 500 ? `${results.length} results of ${text.length} characters` : text;
}
const client = connect({ lazy: false });
say(await collect(client, '{ hello(name: "graphql") }'));
say(await collect(client, '{ nothing }'));
say(await collect(client, 'not GraphQL'));
say(await collect(client, '{ large(length: 200000) }'));
say(await collect(client, 'subscription { count(to: 50) }'));
let count = 0;
for await (const { data } of client.iterate({ query: 'subscription { forever }' })) {
  if (++count === 5) say(`the client leaves a subscription at ${data.forever}`);
  if (count === 5) break;
}
const closed = new Promise((resolve) => client.on('closed', resolve));
await client.dispose();
await closed;

say('a refused token');
say(await collect(connect({ connectionParams: { token: 'wrong' } }), '{ hello }'));
say('a wrong path');
sayDifferent(
  'an unknown path is answered with 404, not 400',
  await collect(connect({ url: url.replace('graphql', 'other') }), '{ hello }'),
  { ws: 'fails: Unexpected server response: 400', pushwire: 'fails: Unexpected server response: 404' },
);
say('a message that is too large');
say(await collect(connect({}), `{ hello(name: "${'x'.repeat(20_000)}") }`));

say('a lost connection, and the next one');
const lost = connect({ retryAttempts: 1, retryWait: async () => say('retry'), shouldRetry: () => true });
const seen = [];
for await (const { data } of lost.iterate({ query: 'subscription { forever }' })) {
  seen.push(data.forever);
  if (seen.length === 3) transports.at(-1).resetAndDestroy();
  if (seen.length > 3 && data.forever === 3) break;
}
say(`numbers start again: ${seen.slice(3, 6)}`);
await lost.dispose();

for (const [name, protocol, message] of [
  ['no subprotocol', [], undefined],
  ['no init', 'graphql-transport-ws', undefined],
  ['not JSON', 'graphql-transport-ws', '{'],
  ['unauthorized', 'graphql-transport-ws', '{"type":"subscribe","id":"1","payload":{"query":"{hello}"}}'],
  ['ping', 'graphql-transport-ws', '{"type":"ping","payload":{"a":1}}'],
]) {
  const socket = new WebSocket(url, protocol);
  if (message !== undefined) socket.on('open', () => socket.send(message));
  socket.on('message', (data) => say(`${name}: ${data}`));
  const [code, reason] = await once(socket, 'close');
  say(`${name}: closed ${code} ${reason}`);
}
await Promise.all([...server.clients].map((socket) => once(socket, 'close')));
server.close();
exchanged(
  'queries, errors, subscriptions, with its server and its client; refused tokens and paths, close codes of the protocol, a reset and a retry',
);
