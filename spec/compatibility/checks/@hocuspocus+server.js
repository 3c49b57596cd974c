// A collaboration server of Hocuspocus, and two documents of Yjs that are edited at the same time.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Server } from '@hocuspocus/server';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { exchanged, say } from '../transcript.js';

const transports = [];
const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  stopOnSignals: false,
  onConnect: async ({ request }) => transports.push(request.socket),
  onAuthenticate: async ({ token, documentName }) => {
    if (documentName === 'secret' && token !== 'right') throw new Error('wrong token');
  },
  onStateless: async ({ connection, payload }) => connection.sendStateless(`server: ${payload}`),
});
await server.listen();
const url = `ws://127.0.0.1:${server.address.port}`;
const next = (emitter, event) => new Promise((resolve) => emitter.on(event, resolve));

async function join(name = 'shared') {
  const document = new Y.Doc();
  const websocketProvider = new HocuspocusProviderWebsocket({
    url,
    WebSocketPolyfill: WebSocket,
    delay: 20,
    minDelay: 20,
    jitter: false,
  });
  const provider = new HocuspocusProvider({ websocketProvider, name, document, token: 'some' });
  provider.attach();
  await next(provider, 'synced');
  return { document, provider, websocketProvider, text: document.getText('text') };
}
const [one, two] = await Promise.all([join(), join()]);
async function untilSame(length) {
  await new Promise((resolve) => {
    const look = () => one.text.length === length && one.text.toString() === two.text.toString() && resolve();
    for (const { document } of [one, two]) document.on('update', look);
    look();
  });
  say(`both have the same ${length} characters`);
}
for (let index = 0; index < 100; index++) {
  one.text.insert(0, 'a');
  two.text.insert(two.text.length, 'b');
}
await untilSame(200);
one.text.insert(0, 'c'.repeat(1_000_000));
await untilSame(1_000_200);

const answer = next(one.provider, 'stateless');
one.provider.sendStateless('hello');
say((await answer).payload);
const awareness = new Promise((resolve) => {
  two.provider.on('awarenessChange', ({ states }) => states.some(({ user }) => user === 'one') && resolve());
});
one.provider.setAwarenessField('user', 'one');
await awareness;
say('two sees the user of one');

const closed = next(one.provider, 'close');
const again = next(one.provider, 'synced');
for (const transport of transports) transport.resetAndDestroy();
const { event } = await closed;
say(`reset: close event ${event.code} ${event.reason}`);
one.text.insert(0, 'd');
await again;
await untilSame(1_000_201);

const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket, maxAttempts: 1 });
const refused = new HocuspocusProvider({ websocketProvider, name: 'secret', token: 'wrong' });
refused.attach();
say(`refused: ${JSON.stringify(await next(refused, 'authenticationFailed'))}`);
for (const { provider, websocketProvider: socket } of [one, two, { provider: refused, websocketProvider }]) {
  const left = new Promise((resolve) => socket.webSocket.addEventListener('close', resolve));
  provider.destroy();
  socket.destroy();
  const { code, reason, wasClean } = await left;
  say(`destroyed: close event ${code} ${reason} ${wasClean}`);
}
await server.destroy();
exchanged(
  'two Yjs documents, 200 concurrent edits, an edit of 1 MB, awareness, a reset and the next connection, a wrong token',
);
