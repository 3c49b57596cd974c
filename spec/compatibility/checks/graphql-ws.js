// A GraphQL server and client of graphql-ws: a query, a mutation that is refused, a subscription.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';

const schema = buildSchema('type Query { hello(name: String): String } type Subscription { count(to: Int): Int }');
const root = {
  hello: ({ name }) => `hello ${name}`,
  async *count({ to }) {
    for (let number = 1; number <= to; number++) yield { count: number };
  },
};
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql' });
useServer({ schema, roots: { query: root, subscription: root } }, server);
await once(server, 'listening');
const client = createClient({
  url: `ws://127.0.0.1:${server.address().port}/graphql`,
  webSocketImpl: WebSocket,
  lazy: false,
  onNonLazyError: assert.fail,
});

async function collect(query) {
  const results = [];
  for await (const result of client.iterate({ query })) results.push(result);
  return results;
}
assert.equal((await collect('{ hello(name: "graphql") }'))[0].data.hello, 'hello graphql');
assert.match((await collect('{ nothing }').catch(String)).toString(), /nothing|object/);
assert.deepEqual(
  (await collect('subscription { count(to: 50) }')).map(({ data }) => data.count),
  Array.from({ length: 50 }, (_, index) => index + 1),
);
await client.dispose();
for (const socket of server.clients) await once(socket, 'close');
server.close();
console.log('a query, an error, and a subscription of 50 events, with its server and its client');
