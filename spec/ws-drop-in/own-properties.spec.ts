import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket as WebSocketOfWs } from 'ws';
import { IMPLEMENTATIONS } from './implementations.ts';

/** The accessors of a class that throw when an application assigns to them, without those of Node.js. */
function readOnlyNames({ prototype }: { prototype: object }): string[] {
  const names: string[] = [];
  for (let owner = prototype; !Object.hasOwn(owner, 'emit'); owner = Object.getPrototypeOf(owner)) {
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (get !== undefined && set === undefined) names.push(name);
    }
  }
  return names.filter((name) => !name.startsWith('_'));
}

describe("an application's own properties", () => {
  for (const className of ['WebSocket', 'WebSocketServer'] as const) {
    it(`may have every name that those of ws may have: ${className}`, () => {
      const [ofWs, ofPushwire] = IMPLEMENTATIONS.map((implementation) => readOnlyNames(implementation[className]));
      expect(ofPushwire!.filter((name) => !ofWs!.includes(name))).toEqual([]);
    });
  }

  for (const { name, WebSocket } of IMPLEMENTATIONS) {
    it(`may stand on the prototype of a subclass: ${name}`, () => {
      class Own extends WebSocket {}
      for (const name of ['failure', 'origin', 'path', 'metrics', 'closedCleanly']) {
        Object.assign(Own.prototype, { [name]: () => name });
        expect((Own.prototype as unknown as Record<string, () => string>)[name]!()).toBe(name);
      }
    });
  }

  for (const { name, WebSocket, WebSocketServer } of IMPLEMENTATIONS) {
    it(`have no effect on a connection: ${name}`, async () => {
      const http = createServer().listen(0, '127.0.0.1');
      const server = new WebSocketServer({ noServer: true });
      // NestJS does this.
      Object.assign(server, { path: '/own' });
      expect(server.path).toBe('/own');
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (client) => {
          const own = { origin: 'own', failure: 'own', closedCleanly: 'own', user: 'own' };
          Object.assign(client, own);
          expect(client).toMatchObject(own);
          client.on('message', (data) => client.send(String(data)));
        });
      });
      onTestFinished(() => void http.close());
      await once(http, 'listening');
      const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
      const socket: WebSocketOfWs = new WebSocket(`${url}/any`);
      Object.assign(socket, { origin: 'own', failure: 'own', closedCleanly: 'own' });
      await once(socket, 'open');
      socket.send('hello');
      const message = await new Promise<{ data: unknown }>((resolve) => socket.addEventListener('message', resolve));
      expect(message.data).toBe('hello');
      const closed = new Promise<{ wasClean: boolean }>((resolve) => socket.addEventListener('close', resolve));
      socket.close(1000);
      expect((await closed).wasClean).toBe(true);
    });
  }
});
