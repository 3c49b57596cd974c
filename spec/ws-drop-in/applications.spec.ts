import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type WebSocketOfWs from 'ws';
import { selfSignedCertificate } from '../support/certificate.ts';
import { IMPLEMENTATIONS } from './implementations.ts';

// The kinds of applications in the README of `ws`, each on `ws` and on pushwire.
for (const { name, WebSocket, WebSocketServer, createWebSocketStream } of IMPLEMENTATIONS) {
  /** Closes a server at the end of the test. */
  function bounded<T extends { close(): void }>(server: T): T {
    onTestFinished(() => void server.close());
    return server;
  }

  async function portOf(server: { address(): AddressInfo | string | null } & NodeJS.EventEmitter): Promise<number> {
    if (server.address() === null) await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function connect(url: string, ...rest: object[]): WebSocketOfWs {
    const socket = new WebSocket(url, ...(rest as []));
    onTestFinished(() => {
      socket.on('error', () => {});
      socket.terminate();
    });
    return socket;
  }

  describe(`an application on ${name}`, () => {
    it('echoes messages', async () => {
      const server = bounded(new WebSocketServer({ port: 0 }));
      server.on('connection', (socket) => {
        socket.on('error', console.error);
        socket.on('message', (data) => socket.send(`echo: ${data}`));
      });
      const socket = connect(`ws://127.0.0.1:${await portOf(server)}`);
      socket.on('open', () => socket.send('something'));
      expect(String((await once(socket, 'message'))[0])).toBe('echo: something');
    });

    it('sends and receives the bytes of a typed array', async () => {
      const server = bounded(new WebSocketServer({ port: 0 }));
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      const socket = connect(`ws://127.0.0.1:${await portOf(server)}`);
      socket.on('open', () => socket.send(Float32Array.from({ length: 5 }, (_, index) => index / 2)));
      const [data] = (await once(socket, 'message')) as [Buffer];
      expect([...new Float32Array(Uint8Array.from(data).buffer)]).toEqual([0, 0.5, 1, 1.5, 2]);
    });

    it('serves over TLS', async () => {
      const certificate = await selfSignedCertificate();
      const https = bounded(createHttpsServer(certificate)) as HttpsServer;
      const server = new WebSocketServer({ server: https });
      server.on('connection', (socket) => socket.send('secret'));
      https.listen(0);
      const socket = connect(`wss://localhost:${await portOf(https)}`, { ca: certificate.cert });
      expect(String((await once(socket, 'message'))[0])).toBe('secret');
    });

    it('runs several WebSocket servers on one HTTP server', async () => {
      const http = bounded(createServer());
      const servers = new Map(['/foo', '/bar'].map((path) => [path, new WebSocketServer({ noServer: true })]));
      for (const [path, server] of servers) server.on('connection', (socket) => socket.send(`at ${path}`));
      http.on('upgrade', (request, socket, head) => {
        const { pathname } = new URL(request.url ?? '', 'wss://base.url');
        const server = servers.get(pathname);
        if (server === undefined) socket.destroy();
        else server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
      });
      http.listen(0);
      const url = `ws://127.0.0.1:${await portOf(http)}`;
      expect(String((await once(connect(`${url}/foo`), 'message'))[0])).toBe('at /foo');
      expect(String((await once(connect(`${url}/bar`), 'message'))[0])).toBe('at /bar');
      const [error] = await once(connect(`${url}/other`), 'error');
      expect(error).toBeInstanceOf(Error);
    });

    it('authenticates the client before the upgrade', async () => {
      const http = bounded(createServer());
      const server = new WebSocketServer({ noServer: true });
      server.on('connection', (socket, _request, ...[user]: unknown[]) => {
        socket.on('message', (data) => socket.send(`${user}: ${data}`));
      });
      http.on('upgrade', (request, socket, head) => {
        const onError = (): void => {};
        socket.on('error', onError);
        setImmediate(() => {
          const user = request.headers.authorization;
          if (user === undefined) {
            socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n');
            socket.destroy();
            return;
          }
          socket.removeListener('error', onError);
          server.handleUpgrade(request, socket, head, (webSocket) => {
            server.emit('connection', webSocket, request, user);
          });
        });
      });
      http.listen(0);
      const url = `ws://127.0.0.1:${await portOf(http)}`;
      expect((await once(connect(url), 'error'))[0]).toBeInstanceOf(Error);
      const socket = connect(url, { headers: { authorization: 'alice' } });
      socket.on('open', () => socket.send('hi'));
      expect(String((await once(socket, 'message'))[0])).toBe('alice: hi');
    });

    it('broadcasts to all clients, or to all other clients', async () => {
      const server = bounded(new WebSocketServer({ port: 0 }));
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => {
          for (const client of server.clients) {
            if (client !== socket && client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
          }
          server.clients.forEach((client) => {
            if (client.readyState === WebSocket.OPEN) client.send('to all');
          });
        });
      });
      const url = `ws://127.0.0.1:${await portOf(server)}`;
      const heard: Record<string, string[]> = { a: [], b: [], c: [] };
      const sockets = Object.keys(heard).map((key) => {
        const socket = connect(url);
        socket.on('message', (data) => void heard[key]!.push(data.toString()));
        return socket;
      });
      await Promise.all(sockets.map((socket) => once(socket, 'open')));
      const all = Promise.all(sockets.map((socket) => once(socket, 'message')));
      sockets[0]!.send('from a');
      await all;
      while (Object.values(heard).flat().length < 5) await once(sockets[2]!, 'message');
      expect(heard).toEqual({ a: ['to all'], b: ['from a', 'to all'], c: ['from a', 'to all'] });
    });

    it('uses streams at both ends', async () => {
      const server = bounded(new WebSocketServer({ port: 0 }));
      server.on('connection', (socket) => {
        const duplex = createWebSocketStream(socket);
        duplex.on('error', () => {});
        duplex.pipe(duplex);
      });
      const duplex = createWebSocketStream(connect(`ws://127.0.0.1:${await portOf(server)}`), { encoding: 'utf8' });
      duplex.on('error', console.error);
      duplex.write('through the pipe');
      expect((await once(duplex, 'data'))[0]).toBe('through the pipe');
      duplex.destroy();
    });

    it('detects broken connections by its own heartbeat, on both sides', async () => {
      const server = bounded(new WebSocketServer({ port: 0 }));
      const alive = new WeakSet<object>();
      server.on('connection', (socket) => {
        alive.add(socket);
        socket.on('pong', function (this: object) {
          alive.add(this);
        });
      });
      const interval = setInterval(() => {
        server.clients.forEach((socket) => {
          if (alive.delete(socket)) socket.ping();
          else socket.terminate();
        });
      }, 50);
      onTestFinished(() => clearInterval(interval));
      const url = `ws://127.0.0.1:${await portOf(server)}`;
      const answers = connect(url);
      const silent = connect(url, { autoPong: false });
      let timeout: NodeJS.Timeout | undefined;
      let pings = 0;
      answers.on('ping', function (this: WebSocketOfWs) {
        clearTimeout(timeout);
        timeout = setTimeout(() => this.terminate(), 10_000);
        pings++;
      });
      answers.on('close', () => clearTimeout(timeout));
      expect((await once(silent, 'close'))[0]).toBe(1006);
      await once(answers, 'ping');
      expect(pings).toBeGreaterThan(1);
      expect(answers.readyState).toBe(WebSocket.OPEN);
    });

    it('finds the address of a client, also behind a proxy', async () => {
      const server = bounded(new WebSocketServer({ port: 0, host: '127.0.0.1' }));
      server.on('connection', (socket, request) => {
        socket.send(`${request.socket.remoteAddress} for ${request.headers['x-forwarded-for']}`);
      });
      const socket = connect(`ws://127.0.0.1:${await portOf(server)}`, { headers: { 'X-Forwarded-For': '10.0.0.1' } });
      expect(String((await once(socket, 'message'))[0])).toBe('127.0.0.1 for 10.0.0.1');
    });
  });
}
