import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type WebSocketOfWs from 'ws';
import type { ServerOptions, WebSocketServer as WebSocketServerOfWs } from 'ws';
import { IMPLEMENTATIONS } from './implementations.ts';

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

/** The response of a server to an upgrade request. */
async function answer(port: number, headers: Record<string, string | undefined> = {}, method = 'GET', path = '/') {
  const fields = Object.fromEntries(Object.entries({ ...UPGRADE, ...headers }).filter(([, value]) => value));
  const upgrade = request({ host: '127.0.0.1', port, path, method, headers: fields as Record<string, string> }).end();
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((resolve, reject) => {
    upgrade.on('error', reject);
    upgrade.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: response.headers, body: '' });
    });
    upgrade.on('response', async (response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
}

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;

for (const { name, WebSocket, WebSocketServer } of IMPLEMENTATIONS) {
  async function start(options: ServerOptions = {}): Promise<WebSocketServerOfWs> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    await once(server, 'listening');
    onTestFinished(() => {
      for (const client of server.clients ?? []) client.terminate();
      server.close();
    });
    return server;
  }

  function connect(port: number, path = '', protocols: string[] = []): WebSocketOfWs {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
    socket.on('error', () => {});
    onTestFinished(() => socket.terminate());
    return socket;
  }

  describe(`the server of ${name}: modes`, () => {
    it('throws a TypeError unless exactly one of port, server and noServer is given', () => {
      const http = createServer();
      for (const options of [
        undefined,
        {},
        { port: 0, server: http },
        { port: 0, noServer: true },
        { server: http, noServer: true },
      ]) {
        expect(() => new WebSocketServer(options as ServerOptions)).toThrow(TypeError);
      }
    });

    it('calls back when it is listening, and has an address until it is closed', async () => {
      const server = await new Promise<WebSocketServerOfWs>((resolve) => {
        const made: WebSocketServerOfWs = new WebSocketServer({ port: 0 }, () => resolve(made));
      });
      expect(portOf(server)).toBeGreaterThan(0);
      await new Promise((resolve) => server.close(resolve));
      expect(server.address()).toBeNull();
    });

    it('has no address without a server', () => {
      const server = new WebSocketServer({ noServer: true });
      expect(() => server.address()).toThrow(Error);
    });

    it('accepts null for optional options', async () => {
      const nothing = {
        server: null,
        path: null,
        host: null,
        verifyClient: null,
        handleProtocols: null,
        noServer: false,
      };
      const server = await start({ ...(nothing as object), host: '127.0.0.1' });
      await once(connect(portOf(server), '/any', ['a']), 'open');
    });

    it("emits 'error' for an address in use, and answers a request that is not an upgrade with 426", async () => {
      const server = await start();
      const second = new WebSocketServer({ port: portOf(server), host: '127.0.0.1' });
      expect((await once(second, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
      const [response] = await once(get({ host: '127.0.0.1', port: portOf(server) }), 'response');
      expect(response.statusCode).toBe(426);
      response.resume();
    });

    it('uses an HTTP server, forwards its events, and does not close it', async () => {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      const listening = once(server, 'listening');
      http.listen(0, '127.0.0.1');
      await listening;
      expect((server as unknown as { _server: unknown })._server).toBe(http);
      await once(connect((http.address() as AddressInfo).port), 'open');
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
      expect(http.listening).toBe(true);
      for (const event of ['error', 'upgrade']) expect(http.listenerCount(event)).toBe(0);
      http.close();
    });

    it('shares an HTTP server with other servers, by path and noServer', async () => {
      const http = createServer();
      const one = new WebSocketServer({ noServer: true });
      const two = new WebSocketServer({ noServer: true });
      one.on('connection', (socket) => socket.send('one'));
      two.on('connection', (socket) => socket.send('two'));
      http.on('upgrade', (message, socket, head) => {
        const server = message.url === '/one' ? one : message.url === '/two' ? two : null;
        if (server === null) socket.destroy();
        else server.handleUpgrade(message, socket, head, (webSocket) => server.emit('connection', webSocket, message));
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const { port } = http.address() as AddressInfo;
      for (const path of ['one', 'two']) {
        expect(String((await once(connect(port, `/${path}`), 'message'))[0])).toBe(path);
      }
    });

    it('constructs sockets of the class in the option WebSocket, with its options', async () => {
      const given: unknown[] = [];
      class Player extends WebSocket {
        readonly score = 7;
        constructor(...args: ConstructorParameters<typeof WebSocket>) {
          super(...args);
          given.push(args);
        }
      }
      const server = await start({ WebSocket: Player as never });
      const accepted = once(server, 'connection');
      connect(portOf(server));
      const [socket] = await accepted;
      expect(socket).toBeInstanceOf(Player);
      expect(socket.score).toBe(7);
      expect(given).toEqual([[null, undefined, server.options]]);
    });
  });

  describe(`the server of ${name}: clients and close()`, () => {
    it('keeps the open connections in clients, unless clientTracking is false', async () => {
      const server = await start();
      const accepted = once(server, 'connection');
      const client = connect(portOf(server));
      const [socket] = await accepted;
      expect([...server.clients]).toEqual([socket]);
      const closed = once(socket, 'close');
      await once(client, 'open');
      client.close();
      await closed;
      expect(server.clients.size).toBe(0);
      expect((await start({ clientTracking: false })).clients).toBeUndefined();
    });

    it("calls back after 'close', with an error the second time", async () => {
      const server = await start();
      const order: string[] = [];
      server.on('close', () => order.push('close'));
      await new Promise<void>((resolve) => {
        server.close((error) => {
          order.push(`callback ${error}`);
          resolve();
        });
      });
      expect(order).toEqual(['close', 'callback undefined']);
      const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
      expect(error?.message).toBe('The server is not running');
      expect(order).toEqual(['close', 'callback undefined', 'close']);
    });

    it('waits for open connections, and does not close them', async () => {
      const server = await start();
      const accepted = once(server, 'connection');
      const client = connect(portOf(server));
      await once(client, 'open');
      const [socket] = await accepted;
      let closed = false;
      const over = new Promise<void>((resolve) => {
        server.close(() => {
          closed = true;
          resolve();
        });
      });
      const message = once(client, 'message');
      socket.send('still here');
      await message;
      expect(closed).toBe(false);
      client.close();
      await over;
    });

    it('refuses clients with 503 while it is closing', async () => {
      const http = createServer();
      const server = new WebSocketServer({ noServer: true });
      http.on('upgrade', (message, socket, head) => {
        server.close();
        server.handleUpgrade(message, socket, head, () => {});
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      expect((await answer((http.address() as AddressInfo).port)).status).toBe(503);
    });
  });

  describe(`the server of ${name}: the handshake`, () => {
    it('refuses requests that are not an opening handshake', async () => {
      const server = await start();
      const port = portOf(server);
      expect((await answer(port, {}, 'POST')).status).toBe(405);
      for (const headers of [
        { Upgrade: 'foo' },
        { 'Sec-WebSocket-Key': undefined },
        { 'Sec-WebSocket-Key': 'P5l8BJcZwRc=' },
        { 'Sec-WebSocket-Version': undefined },
        { 'Sec-WebSocket-Protocol': 'foo;bar' },
        { 'Sec-WebSocket-Protocol': 'foo, foo' },
      ]) {
        expect((await answer(port, headers)).status, JSON.stringify(headers)).toBe(400);
      }
    });

    it("leaves the response to a listener of 'wsClientError'", async () => {
      const server = await start();
      server.on('wsClientError', (error: Error, socket: Duplex, message: IncomingMessage) => {
        expect(error).toBeInstanceOf(Error);
        socket.end(`HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n${message.url}`);
      });
      const { status, body } = await answer(portOf(server), { 'Sec-WebSocket-Key': 'foo' }, 'GET', '/here');
      expect([status, body]).toEqual([418, '/here']);
    });

    it('serves one path, or the requests that shouldHandle accepts', async () => {
      const server = new WebSocketServer({ noServer: true, path: '/foo' });
      const handles = (url: string): unknown => server.shouldHandle({ url } as IncomingMessage);
      expect([handles('/foo'), handles('/foo?bar'), handles('/bar'), handles('/foo/')]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      expect(new WebSocketServer({ noServer: true }).shouldHandle({ url: '/any' } as IncomingMessage)).toBe(true);
      const one = await start();
      one.shouldHandle = () => false;
      expect((await answer(portOf(one))).status).toBeGreaterThanOrEqual(400);
    });

    it('chooses the first subprotocol, or the one that handleProtocols returns', async () => {
      const chosen = async (options: ServerOptions, protocols: string[]): Promise<string> => {
        const server = await start(options);
        const accepted = once(server, 'connection');
        const client = connect(portOf(server), '', protocols);
        const [socket] = await accepted;
        if (client.readyState === WebSocket.CONNECTING) await once(client, 'open').catch(() => {});
        return `${socket.protocol}|${client.protocol}`;
      };
      expect(await chosen({}, ['foo', 'bar'])).toBe('foo|foo');
      const last: ServerOptions = { handleProtocols: (protocols) => [...protocols].pop() ?? false };
      expect(await chosen(last, ['foo', 'bar'])).toBe('bar|bar');
      expect(await chosen({ handleProtocols: () => 'never asked' }, [])).toBe('|');
      const server = await start({ handleProtocols: () => false });
      expect((await answer(portOf(server), { 'Sec-WebSocket-Protocol': 'foo' })).headers).not.toHaveProperty(
        'sec-websocket-protocol',
      );
    });

    it('calls verifyClient, which accepts or refuses synchronously or later, with a status of its choice', async () => {
      const status = async (verifyClient: ServerOptions['verifyClient']) =>
        answer(portOf(await start({ verifyClient })), { Origin: 'https://example.com' });
      const informations: unknown[] = [];
      const result = await status((information: { origin: string; secure: boolean; req: IncomingMessage }) => {
        informations.push([information.origin, information.secure, information.req.method]);
        return true;
      });
      expect([result.status, informations]).toEqual([101, [['https://example.com', false, 'GET']]]);
      expect((await status(() => false)).status).toBe(401);
      expect((await status((_, callback) => setImmediate(callback, true))).status).toBe(101);
      expect((await status((_, callback) => setImmediate(callback, false))).status).toBe(401);
      expect((await status((_, callback) => callback(false, 404))).status).toBe(404);
      const own = await status((_, callback) => callback(false, 503, 'Go away', { 'Retry-After': '120' }));
      expect([own.status, own.body, own.headers['retry-after']]).toEqual([503, 'Go away', '120']);
    });

    it("emits 'headers' before the response is sent, so that its lines may be changed", async () => {
      const server = await start();
      server.on('headers', (headers, message) => {
        expect(headers.slice(0, 3)).toEqual([
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
        ]);
        headers.push(`Url: ${message.url}`, 'Set-Cookie: a=b');
      });
      const { headers } = await answer(portOf(server), {}, 'GET', '/x');
      expect([headers.url, headers['set-cookie']]).toEqual(['/x', ['a=b']]);
    });

    it('throws when the same socket is passed twice', async () => {
      const server = await start();
      const http = createServer();
      const caught = new Promise((resolve) => {
        http.on('upgrade', (message, socket, head) => {
          server.handleUpgrade(message, socket, head, (webSocket) => {
            try {
              server.handleUpgrade(message, socket, head, () => {});
            } catch (error) {
              resolve(error);
            }
            webSocket.terminate();
          });
        });
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      connect((http.address() as AddressInfo).port);
      expect(await caught).toBeInstanceOf(Error);
    });

    it('answers offers of permessage-deflate as the options say', async () => {
      const response = async (perMessageDeflate: ServerOptions['perMessageDeflate'], offer: string) =>
        (await answer(portOf(await start({ perMessageDeflate })), { 'Sec-WebSocket-Extensions': offer })).headers[
          'sec-websocket-extensions'
        ];
      expect(await response(false, 'permessage-deflate')).toBeUndefined();
      expect(await response(true, 'permessage-deflate')).toBe('permessage-deflate');
      expect(await response(true, 'foo; bar')).toBeUndefined();
      expect(await response({ clientMaxWindowBits: 8 }, 'permessage-deflate; client_max_window_bits')).toBe(
        'permessage-deflate; client_max_window_bits=8',
      );
      expect(await response({ serverNoContextTakeover: true }, 'permessage-deflate')).toBe(
        'permessage-deflate; server_no_context_takeover',
      );
    });
  });
}
