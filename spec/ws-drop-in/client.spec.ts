import { once } from 'node:events';
import { Agent, type ClientRequest, createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type WebSocketOfWs from 'ws';
import { rawServer, upgradeResponse } from '../support/raw-peer.ts';
import { IMPLEMENTATIONS } from './implementations.ts';

/** An agent that records the request and does not send it. */
class IdleAgent extends Agent {
  readonly taken: { request: ClientRequest; options: Record<string, unknown> }[] = [];

  addRequest(request: ClientRequest, options: Record<string, unknown>): void {
    this.taken.push({ request, options });
  }
}

for (const { name, WebSocket, WebSocketServer } of IMPLEMENTATIONS) {
  /** Terminates a socket at the end of the test, and ignores its errors. */
  function quiet<T extends WebSocketOfWs>(socket: T): T {
    socket.on('error', () => {});
    onTestFinished(() => socket.terminate());
    return socket;
  }

  /** A socket whose request is not sent. */
  function idle(url: string | URL, protocols: string[] = [], options: object = {}) {
    const agent = new IdleAgent();
    const socket = quiet(new WebSocket(url, protocols, { agent, ...options }));
    return { socket, ...agent.taken[0]! };
  }

  async function startServer(options: object = {}) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    await once(server, 'listening');
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  async function startHttp(onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void) {
    const http = createServer();
    http.on('upgrade', onUpgrade);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    return (http.address() as AddressInfo).port;
  }

  function failure(socket: WebSocketOfWs): Promise<Error & { code?: string }> {
    return new Promise((resolve, reject) => {
      const errors: Error[] = [];
      socket.on('error', (error) => void errors.push(error));
      socket.on('close', (code, reason) => {
        if (errors.length === 1 && code === 1006 && reason.length === 0) resolve(errors[0]!);
        else reject(new Error(`closed with ${code} and ${errors.length} errors`));
      });
    });
  }

  describe(`the client of ${name}: construction`, () => {
    it('throws a SyntaxError for an invalid URL or subprotocol', () => {
      for (const url of ['foo', 'bad-scheme://a', 'ws://a#b', 'ws+unix:']) {
        expect(() => new WebSocket(url), url).toThrow(SyntaxError);
      }
      for (const protocols of ['', 'a,b', 'a b', ['a', 'a'], null as never]) {
        expect(() => new WebSocket('ws://a', protocols), String(protocols)).toThrow(SyntaxError);
      }
    });

    it('throws a RangeError for an unknown protocolVersion', () => {
      expect(() => new WebSocket('ws://a', { protocolVersion: 1000 })).toThrow(RangeError);
    });

    it('accepts a URL object, an IPv6 address and the schemes http and https, and sets `url`', () => {
      const { request, options, socket } = idle(new URL('ws://[::1]'));
      expect([options.host, request.path, socket.url]).toEqual(['::1', '/', 'ws://[::1]/']);
      expect(idle('http://localhost').options).toMatchObject({ host: 'localhost', port: 80 });
      expect(idle('http://localhost/a?b').socket.url).toBe('ws://localhost/a?b');
    });

    it('accepts options as the second or third argument, and sends no subprotocols by default', () => {
      const agent = new IdleAgent();
      quiet(new WebSocket('ws://a', { agent }));
      quiet(new WebSocket('ws://a', undefined as never, { agent }));
      quiet(new WebSocket('ws://a', [], { agent }));
      expect(agent.taken.map(({ request }) => request.getHeader('sec-websocket-protocol'))).toEqual(
        Array(3).fill(undefined),
      );
    });

    it('sends the header fields of an opening handshake', () => {
      const { request } = idle('ws://a/b?c', ['chat'], { origin: 'http://o', headers: { Foo: 'bar' } });
      expect(request.method).toBe('GET');
      expect(request.path).toBe('/b?c');
      expect(request.getHeaders()).toMatchObject({
        connection: 'Upgrade',
        upgrade: 'websocket',
        origin: 'http://o',
        foo: 'bar',
        'sec-websocket-protocol': 'chat',
        'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
      });
      expect(String(request.getHeader('sec-websocket-version'))).toBe('13');
      expect(request.getHeader('sec-websocket-key')).toMatch(/^[+/0-9A-Za-z]{22}==$/);
    });

    it('has the request as `_req`, whose Host omits the default port', () => {
      for (const [url, host] of [
        ['wss://localhost:8443', 'localhost:8443'],
        ['wss://localhost:443', 'localhost'],
        ['ws://localhost:88', 'localhost:88'],
        ['ws://localhost:80', 'localhost'],
      ] as const) {
        const socket = quiet(new WebSocket(url, { lookup() {} } as never));
        expect((socket as unknown as { _req: ClientRequest })._req.getHeader('host')).toBe(host);
      }
    });

    it('sends the origin in another header field with protocol version 8', () => {
      const { request } = idle('ws://a', [], { origin: 'http://o', protocolVersion: 8 });
      expect(String(request.getHeader('sec-websocket-version'))).toBe('8');
      expect(request.getHeader('sec-websocket-origin')).toBe('http://o');
      expect(request.getHeader('origin')).toBeUndefined();
    });

    it('offers permessage-deflate with the parameters of the options, or not at all', () => {
      const offer = (perMessageDeflate: unknown) =>
        idle('ws://a', [], { perMessageDeflate }).request.getHeader('sec-websocket-extensions');
      expect(offer(false)).toBeUndefined();
      expect(offer({ serverNoContextTakeover: true, serverMaxWindowBits: 10 })).toBe(
        'permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits',
      );
    });

    it("sends the application's Authorization, else the credentials of the URL, else those of `auth`", () => {
      const authorization = (url: string, options: object) => idle(url, [], options).request.getHeader('authorization');
      const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
      expect(authorization('ws://u%20x:p@a', {})).toBe(basic('u x:p'));
      expect(authorization('ws://u@a', { auth: 'x:y' })).toBe(basic('u:'));
      expect(authorization('ws://a', { auth: 'x:y' })).toBe(basic('x:y'));
      expect(authorization('ws://u:p@a', { headers: { authorization: 'Bearer z' } })).toBe('Bearer z');
    });

    it('connects to the host of the URL, regardless of the options of http.request', () => {
      const elsewhere = { host: 'b', hostname: 'b', port: 1, path: '/b', protocol: 'https:', socketPath: '/b' };
      const { options, request } = idle('ws://a:2/a', [], { ...elsewhere, method: 'POST' });
      expect([options.host, options.port, request.path, request.method]).toEqual(['a', '2', '/a', 'GET']);
      expect(options.socketPath).toBeUndefined();
    });

    it('uses `lookup`, `family` and `createConnection`', async () => {
      const { url } = await startServer();
      const port = Number(new URL(url).port);
      const seen: string[] = [];
      const lookup = (host: string, { all }: { all?: boolean }, callback: (...result: unknown[]) => void): void => {
        seen.push(host);
        if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      await once(quiet(new WebSocket(`ws://nowhere.invalid:${port}`, { lookup, family: 4 } as never)), 'open');
      expect(seen).toEqual(['nowhere.invalid']);
      const createConnection = () => connect(port, '127.0.0.1');
      await once(quiet(new WebSocket('ws://nowhere.invalid', { createConnection } as never)), 'open');
    });

    it('uses an agent, which does not keep the connection', async () => {
      const { url } = await startServer();
      const agent = new Agent({ keepAlive: true });
      await once(quiet(new WebSocket(url, { agent })), 'open');
      expect(Object.values(agent.sockets).flat().length + Object.values(agent.freeSockets).flat().length).toBe(0);
    });

    it('passes the request to finishRequest, which ends it', async () => {
      const { server, url } = await startServer();
      const accepted = once(server, 'connection');
      let given: unknown;
      const socket = quiet(
        new WebSocket(url, {
          finishRequest(request, webSocket) {
            given = webSocket;
            setImmediate(() => {
              request.setHeader('Foo', 'bar');
              request.end();
            });
          },
        }),
      );
      const [, request] = await accepted;
      expect(request.headers.foo).toBe('bar');
      expect(given).toBe(socket);
    });

    it('connects to a Unix domain socket with ws+unix:, and a request target after a colon', async () => {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      const path = join(tmpdir(), `pushwire-${name}-${process.pid}.sock`);
      http.listen(path);
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      for (const [suffix, target] of [
        ['', '/'],
        [':/foo?bar=baz', '/foo?bar=baz'],
      ]) {
        const accepted = once(server, 'connection');
        const socket = quiet(new WebSocket(`ws+unix:${path}${suffix}`));
        const [peer, request] = await accepted;
        expect([request.url, request.headers.host, socket.url]).toEqual([
          target,
          'localhost',
          `ws+unix:${path}${suffix}`,
        ]);
        peer.terminate();
        await once(socket, 'close');
      }
      server.close();
    });
  });

  describe(`the client of ${name}: constants and attributes`, () => {
    it('has read-only constants on the class and the prototype', () => {
      ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].forEach((constant, value) => {
        for (const owner of [WebSocket, WebSocket.prototype]) {
          expect(Object.getOwnPropertyDescriptor(owner, constant)).toEqual({
            configurable: false,
            enumerable: true,
            value,
            writable: false,
          });
        }
      });
    });

    it('has enumerable attributes on the prototype', () => {
      const attributes = ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'];
      const handlers = ['onopen', 'onmessage', 'onerror', 'onclose'];
      const enumerable: string[] = [];
      for (const key in idle('ws://a').socket) enumerable.push(key);
      expect(enumerable).toEqual(expect.arrayContaining([...attributes, ...handlers]));
    });

    it('has the default of each attribute before the connection is open', () => {
      const { socket } = idle('ws://a');
      const { binaryType, bufferedAmount, extensions, isPaused, protocol, readyState, onopen } = socket;
      expect([binaryType, bufferedAmount, extensions, isPaused, protocol, readyState, onopen]).toEqual([
        'nodebuffer',
        0,
        '',
        false,
        '',
        0,
        null,
      ]);
      socket.binaryType = 'foo' as never;
      expect(socket.binaryType).toBe('nodebuffer');
    });

    it('keeps `onmessage` separate from the listeners of on() and addEventListener()', () => {
      const { socket } = idle('ws://a');
      const listener = (): void => {};
      socket.on('close', listener);
      socket.addEventListener('close', listener);
      socket.addEventListener('close', listener);
      expect(socket.onclose).toBeNull();
      socket.onclose = listener;
      expect(socket.onclose).toBe(listener);
      expect(socket.listenerCount('close')).toBe(3);
      socket.onclose = 'foo' as never;
      expect(socket.onclose).toBeNull();
      socket.removeEventListener('close', listener);
      expect(socket.listeners('close')).toEqual([listener]);
      socket.addEventListener('close', listener);
      socket.removeAllListeners('close');
      socket.addEventListener('close', listener);
      expect(socket.listenerCount('close')).toBe(1);
      socket.removeAllListeners('close');
    });
  });

  describe(`the client of ${name}: the handshake`, () => {
    it('throws for messages sent before the connection is open, and calls back with an error after it is closed', async () => {
      const { socket } = idle('ws://a');
      for (const call of [() => socket.send('a'), () => socket.ping(), () => socket.pong('x', true, () => {})]) {
        expect(call).toThrow(/^WebSocket is not open: readyState 0 \(CONNECTING\)$/);
      }
      const failed = failure(socket);
      socket.terminate();
      await failed;
      const error = await new Promise<Error | undefined>((resolve) => socket.send('12345', resolve));
      expect(error?.message).toBe('WebSocket is not open: readyState 3 (CLOSED)');
      expect(socket.bufferedAmount).toBe(5);
      socket.ping('abc');
      expect(socket.bufferedAmount).toBe(8);
    });

    it("fails when it is closed before it is open, and emits 'error' and 'close' later", async () => {
      for (const method of ['close', 'terminate'] as const) {
        const { socket } = idle('ws://a');
        socket[method]();
        expect(socket.readyState).toBe(WebSocket.CLOSING);
        expect((await failure(socket)).message).toBe('WebSocket was closed before the connection was established');
      }
    });

    it("can be closed from listeners of 'upgrade', 'redirect', 'unexpected-response' and 'error'", async () => {
      const { url } = await startServer();
      const status = await startHttp(
        (_request, socket) => void socket.end('HTTP/1.1 401 No\r\nConnection: close\r\n\r\n'),
      );
      const redirect = await startHttp((_request, socket) => {
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\nConnection: close\r\n\r\n`);
      });
      for (const [address, event] of [
        [url, 'upgrade'],
        [`ws://127.0.0.1:${redirect}`, 'redirect'],
        [`ws://127.0.0.1:${status}`, 'unexpected-response'],
        [`ws://127.0.0.1:${status}`, 'error'],
      ] as const) {
        for (const method of ['close', 'terminate'] as const) {
          const socket = quiet(new WebSocket(address, { followRedirects: true }));
          socket.on(event, () => socket[method]());
          expect((await failure(socket)).message, event).toMatch(
            event === 'error' ? /^Unexpected server response: 401/ : /^WebSocket was closed before/,
          );
        }
      }
    });

    it('has no error code for a handshake that fails, so that programs do not handle it as an error of the network', async () => {
      const http = createServer((_request, response) => response.writeHead(403).end());
      http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const { port } = http.address() as AddressInfo;
      const refused = await failure(quiet(new WebSocket(`ws://127.0.0.1:${port}`)));
      expect([refused.message, 'code' in refused]).toEqual(['Unexpected server response: 403', false]);
      const early = quiet(new WebSocket(`ws://127.0.0.1:${port}`));
      const failed = failure(early);
      early.close();
      expect('code' in (await failed)).toBe(false);
    });

    it('fails with the unchanged error of the network', async () => {
      const port = await rawServer((peer) => peer.end());
      expect(await failure(quiet(new WebSocket(`ws://127.0.0.1:${port}`)))).toMatchObject({ code: 'ECONNRESET' });
    });

    it("fails for a status other than 101, unless there is a listener of 'unexpected-response'", async () => {
      const port = await startHttp((_request, socket) => {
        socket.end('HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nfoo');
      });
      const url = `ws://127.0.0.1:${port}`;
      expect((await failure(new WebSocket(url))).message).toBe('Unexpected server response: 401');
      const socket = quiet(new WebSocket(url));
      const [request, response] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
      expect(response.statusCode).toBe(401);
      expect(String(Buffer.concat(await response.toArray()))).toBe('foo');
      const failed = failure(socket);
      request.destroy(new Error('by the application'));
      socket.terminate();
      expect((await failed).message).toMatch(/^by the application|^WebSocket was closed before/);
    });

    it('fails when the response is not a valid handshake, or accepts what was not offered', async () => {
      const wrong: [string[], Record<string, string | null>][] = [
        [[], { Upgrade: 'foo' }],
        [[], { 'Sec-WebSocket-Accept': 'CxYS6+NgJSBG74mdgLvGscRvpns=' }],
        [[], { 'Sec-WebSocket-Protocol': 'foo' }],
        [['foo'], { 'Sec-WebSocket-Protocol': 'bar' }],
        [['foo'], {}],
        [[], { 'Sec-WebSocket-Extensions': 'foo=;bar' }],
        [[], { 'Sec-WebSocket-Extensions': 'foo' }],
        [[], { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=7' }],
      ];
      for (const [protocols, headers] of wrong) {
        const port = await rawServer(async (peer) => peer.write(upgradeResponse(await peer.readHead(), headers)));
        const socket = quiet(new WebSocket(`ws://127.0.0.1:${port}`, protocols));
        let upgraded = false;
        socket.on('upgrade', () => {
          upgraded = true;
        });
        expect(await failure(socket)).toBeInstanceOf(Error);
        expect(upgraded).toBe(true);
      }
    });

    it('fails when the handshake takes longer than handshakeTimeout', async () => {
      const port = await rawServer(() => {});
      const socket = quiet(new WebSocket(`ws://127.0.0.1:${port}`, { handshakeTimeout: 50 }));
      expect((await failure(socket)).message).toBe('Opening handshake has timed out');
    });

    it('follows no redirects by default, and at most maxRedirects', async () => {
      const port = await startHttp((request, socket) => {
        const { host } = request.headers;
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://${host}/again\r\nConnection: close\r\n\r\n`);
      });
      const url = `ws://127.0.0.1:${port}`;
      expect((await failure(new WebSocket(url))).message).toBe('Unexpected server response: 302');
      const options = { followRedirects: true, maxRedirects: 1 };
      expect((await failure(new WebSocket(url, options))).message).toBe('Maximum redirects exceeded');
    });

    it('fails with a SyntaxError for a redirect to an invalid URL or to another scheme', async () => {
      for (const location of ['ws://', 'bad-scheme://a']) {
        const port = await startHttp((_request, socket) => {
          socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\n\r\n`);
        });
        const socket = new WebSocket(`ws://127.0.0.1:${port}`, { followRedirects: true });
        expect(await failure(socket)).toBeInstanceOf(SyntaxError);
      }
    });

    it("sends credentials and Host after a redirect to the same host only, unless there is a listener of 'redirect'", async () => {
      const { server, url } = await startServer();
      const other = url.replace('127.0.0.1', 'localhost');
      const headers = { Authorization: 'a', cookie: 'b', Host: 'c', Foo: 'd' };
      for (const [target, listener, kept] of [
        // A field that is not known to be harmless may identify the caller: pushwire drops it, `ws` does not.
        [other, undefined, { authorization: undefined, cookie: undefined, foo: name === 'ws' ? 'd' : undefined }],
        [other, () => {}, { authorization: 'a', cookie: 'b', host: 'c', foo: 'd' }],
        [
          other,
          (_url: string, request: ClientRequest) => request.removeHeader('cookie'),
          { authorization: 'a', cookie: undefined },
        ],
        ['/same', undefined, { authorization: 'a', cookie: 'b', host: 'c', foo: 'd' }],
      ] as const) {
        const port = await startHttp((request, socket, head) => {
          if (request.url === '/same') {
            server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
          } else {
            socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target}\r\nConnection: close\r\n\r\n`);
          }
        });
        const accepted = once(server, 'connection');
        const socket = quiet(new WebSocket(`ws://127.0.0.1:${port}`, { followRedirects: true, headers }));
        if (listener !== undefined) socket.on('redirect', listener);
        const [, request] = await accepted;
        expect({ ...request.headers }).toMatchObject(
          Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
        );
        for (const [field, value] of Object.entries(kept)) expect(request.headers[field]).toBe(value);
      }
    });
  });
}
