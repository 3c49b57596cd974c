// A tRPC server and the `wsLink` of its client: queries, mutations, subscriptions, errors, and connections that are lost.
import { EventEmitter, once } from 'node:events';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { exchanged, say, sayApart } from '../transcript.js';

const { procedure, router } = initTRPC.context().create();
const text = (value) => value;
const appRouter = router({
  hello: procedure.input(text).query(({ input, ctx }) => `hello ${input} of ${ctx.user}`),
  large: procedure.input(text).mutation(({ input }) => input.length),
  fails: procedure.query(() => {
    throw new TRPCError({ code: 'FORBIDDEN', message: 'not for you' });
  }),
  count: procedure.input(text).subscription(async function* ({ input, signal }) {
    for (let number = Number(input.lastEventId ?? 0) + 1; number <= input.to && !signal.aborted; number++) {
      yield tracked(String(number), number);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }),
});
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  maxPayload: 300_000,
  verifyClient: ({ req }) => !req.url.startsWith('/refused'),
});
const transports = [];
server.on('connection', (socket, request) => {
  // A client that is refused tries again, until its check ends.
  if (request.url.startsWith('/nobody')) return;
  const sayAtServer = sayApart(`server, connection ${transports.push(request.socket)}`);
  socket.on('error', ({ code }) => sayAtServer(`error ${code}`));
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
const handler = applyWSSHandler({
  wss: server,
  router: appRouter,
  createContext: ({ info }) => {
    if (info.connectionParams?.user === 'nobody') throw new TRPCError({ code: 'UNAUTHORIZED' });
    return { user: info.connectionParams?.user };
  },
  keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 2_000 },
});
await once(server, 'listening');

/** A client, and what it reports. */
function connect(name, { path = '/', user = 'alice', closeLimit = Number.POSITIVE_INFINITY } = {}) {
  const sayApartly = sayApart(name);
  let closeCount = 0;
  const sayOfClient = (line) => closeCount < closeLimit && sayApartly(line);
  const wsClient = createWSClient({
    url: `ws://127.0.0.1:${server.address().port}${path}`,
    WebSocket,
    connectionParams: async () => ({ user }),
    retryDelayMs: () => 5,
    onOpen: () => sayOfClient('open'),
    onClose: (cause) => {
      sayOfClient(`close ${cause?.code}`);
      closeCount++;
      closes.emit(name);
    },
    onError: (event) => sayOfClient(`error event ${event?.type}`),
  });
  return { wsClient, client: createTRPCClient({ links: [wsLink({ client: wsClient })] }) };
}
const closes = new EventEmitter();
const failure = ({ name, message, data }) => `${name}: ${message}, ${data?.code} ${data?.httpStatus}`;

const { wsClient, client } = connect('client');
say(await client.hello.query('query'));
const many = await Promise.all(Array.from({ length: 100 }, (_, index) => client.hello.query(String(index))));
say(`${many.length} queries at once, ${many.at(-1)}`);
say(`large: ${await client.large.mutate('x'.repeat(200_000))}`);
say(await client.fails.query().catch(failure));
say(await client.missing.query().catch(failure));

function subscribe(to, onData = () => {}) {
  return new Promise((resolve, reject) => {
    const received = [];
    client.count.subscribe(
      { to },
      {
        onData({ data }) {
          received.push(data);
          onData(data);
        },
        onError: reject,
        onComplete: () => resolve(received),
      },
    );
  });
}
say(`a subscription: ${(await subscribe(50)).join(' ')}`);
say('a reset during a subscription');
const resumed = await subscribe(50, (data) => data === 10 && transports.at(-1).resetAndDestroy());
say(`resumed: ${resumed.join(' ')}`);
say('the server asks the clients to connect again');
const before = transports.length;
const oldClosed = once(closes, 'client');
handler.broadcastReconnectNotification();
while (transports.length === before) await once(server, 'connection');
await oldClosed;
say(await client.hello.query('again'));
say('a message that is too large');
const large = client.large.mutate('x'.repeat(300_001)).catch(failure);
say(await large);
await new Promise((resolve) => {
  const subscription = client.count.subscribe(
    { to: 1_000_000 },
    {
      onData({ data }) {
        if (data !== 5) return;
        subscription.unsubscribe();
        resolve();
      },
    },
  );
});
say('unsubscribed');
async function close(one) {
  const ended = Promise.all([...server.clients].map((socket) => once(socket, 'close')));
  await one.close();
  await ended;
}
await close(wsClient);

// These clients try again and again. Three times are enough.
for (const [name, options] of [
  ['a user who is refused', { path: '/nobody', user: 'nobody' }],
  ['a refused handshake', { path: '/refused' }],
]) {
  const refused = connect(name, { ...options, closeLimit: 3 });
  refused.client.hello.query('a').catch(() => {});
  for (let time = 0; time < 3; time++) await once(closes, name);
  refused.wsClient.close();
}
exchanged(
  'with `wsLink` of its client: queries, a mutation of 200 KB, subscriptions that resume after a reset, pings, a request of the server to reconnect, refusals',
);
process.exit();
