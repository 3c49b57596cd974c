// A collaboration server of Hocuspocus, and two documents of Yjs that are edited at the same time.
import assert from 'node:assert/strict';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Server } from '@hocuspocus/server';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false });
await server.listen();
const url = `ws://127.0.0.1:${server.address.port}`;

async function join() {
  const document = new Y.Doc();
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  const provider = new HocuspocusProvider({ websocketProvider, name: 'shared', document });
  provider.attach();
  await new Promise((resolve) => provider.on('synced', resolve));
  return { document, provider, websocketProvider, text: document.getText('text') };
}
const [one, two] = await Promise.all([join(), join()]);
for (let index = 0; index < 100; index++) {
  one.text.insert(0, 'a');
  two.text.insert(two.text.length, 'b');
}
const same = () => one.text.length === 200 && one.text.toString() === two.text.toString();
await new Promise((resolve) => {
  const look = () => same() && resolve();
  for (const { document } of [one, two]) document.on('update', look);
  look();
});
assert.match(one.text.toString(), /^(?=.*a{10})(?=.*b{10})[ab]{200}$/);
for (const { provider, websocketProvider } of [one, two]) {
  provider.destroy();
  websocketProvider.destroy();
}
await server.destroy();
console.log('two Yjs documents, 200 concurrent edits, with its server and its provider');
