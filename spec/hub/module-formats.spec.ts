import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type * as HubModule from '../../src/hub/index.ts';
import type * as Pushwire from '../../src/index.ts';
import { StreamClient, WebSocketClient } from '../support/hub-clients.ts';

interface Modules {
  readonly hub: typeof HubModule;
  readonly pushwire: typeof Pushwire;
}

const require = createRequire(import.meta.url);
const built = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));

/** What was built: an application may load one format, and its packages the other. */
const esm: Modules = { hub: await import(built('hub/index.js')), pushwire: await import(built('index.js')) };
const cjs: Modules = { hub: require(built('hub/index.cjs')), pushwire: require(built('index.cjs')) };

describe.each([
  ['an ES module', 'ES modules', esm, esm],
  ['an ES module', 'CommonJS', esm, cjs],
  ['CommonJS', 'ES modules', cjs, esm],
  ['CommonJS', 'CommonJS', cjs, cjs],
])('A hub of %s with connections of %s', (_, __, { hub: { Hub } }, { pushwire }) => {
  it('publishes to both protocols, and shuts down', async () => {
    const hub = new Hub();
    const server = createServer((request, response) => {
      hub.subscribe(pushwire.EventStream.open(request, response), 'a');
    });
    const sockets = new pushwire.WebSocketServer({ server });
    sockets.on('connection', (socket, request) => hub.accept(socket, request, { authorize: () => true }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const stream = await (await StreamClient.open(port, '')).live();
    const webSocket = await WebSocketClient.open(port, '');
    await webSocket.ask({ subscribe: 'a' }, 1);
    await webSocket.live();
    await hub.publish('a', { data: { n: 1 } });
    for (const client of [stream, webSocket]) expect(await client.receive(1)).toEqual([{ n: 1 }]);
    await hub.shutdown();
    for (const client of [stream, webSocket]) await client.until(() => client.isOver);
    expect(webSocket.closeCode).toBe(1001);
  });
});

describe('An error of a log of the other module format', () => {
  it.each([
    ['an ES module', esm.hub, cjs.hub],
    ['CommonJS', cjs.hub, esm.hub],
  ])('passes through a hub of %s', async (_, { Hub }, { HubError, MemoryLog }) => {
    const log = new MemoryLog();
    await log.close();
    const error = await new Hub({ log }).publish('a', { data: 1 }).catch((reason) => reason);
    expect(error).toBeInstanceOf(HubError);
    expect(error.code).toBe('HUB_ERR_CLOSED');
  });
});
