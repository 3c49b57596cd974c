import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerOptions, type VerifyInformation, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { frame } from '../support/frames.ts';
import { KEY, RawPeer, upgradeRequest } from '../support/raw-peer.ts';
import { messages, nextConnection, openClient, startEchoServer, startServer } from '../support/sockets.ts';
import { streamPair } from '../support/stream-pair.ts';

async function answerTo(request: string, options: ServerOptions = {}): Promise<string> {
  const { port } = await startServer(options);
  const peer = await RawPeer.connect(port);
  peer.write(request);
  return peer.readHead();
}

const UPGRADE_REQUIRED = /^Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r$/m;

describe('RFC 6455 §4.2.1, the server reads the opening handshake', () => {
  const refused: readonly [string, number, string, RegExp?][] = [
    ['with another method', 405, upgradeRequest({}, 'POST / HTTP/1.1'), /^Allow: GET\r$/m],
    ['of HTTP/1.0', 400, upgradeRequest({}, 'GET / HTTP/1.0')],
    ['without Host', 400, upgradeRequest({ Host: null })],
    ['with another Upgrade', 400, upgradeRequest({ Upgrade: 'h2c' })],
    ['without a key', 400, upgradeRequest({ 'Sec-WebSocket-Key': null })],
    ['with a key that is not base64', 400, upgradeRequest({ 'Sec-WebSocket-Key': 'not base64 of 16 bytes' })],
    ['with a key of 15 bytes', 400, upgradeRequest({ 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') })],
    ['with a key of 17 bytes', 400, upgradeRequest({ 'Sec-WebSocket-Key': Buffer.alloc(17).toString('base64') })],
    ['without a version', 400, upgradeRequest({ 'Sec-WebSocket-Version': null }), /^Sec-WebSocket-Version: 13\r$/m],
    ['of version 8', 426, upgradeRequest({ 'Sec-WebSocket-Version': '8' }), UPGRADE_REQUIRED],
    ['of version 14', 426, upgradeRequest({ 'Sec-WebSocket-Version': '14' }), UPGRADE_REQUIRED],
    ['with malformed extensions', 400, upgradeRequest({ 'Sec-WebSocket-Extensions': 'a; =' })],
    ['with a subprotocol twice', 400, upgradeRequest({ 'Sec-WebSocket-Protocol': 'a, a' })],
  ];
  for (const [title, status, request, field = /(?:)/] of refused) {
    it(`and responds to one ${title} with ${status}`, async () => {
      const { server, port } = await startServer();
      const peer = await RawPeer.connect(port);
      peer.write(request);
      const head = await peer.readHead();
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(head).toMatch(status === 426 ? /^Connection: close, Upgrade\r$/m : /^Connection: close\r$/im);
      expect(head).toMatch(field);
      await peer.readToEnd();
      // "the server goes on"
      await openClient(`ws://127.0.0.1:${port}`);
      expect(server.clients.size).toBe(1);
    });
  }

  it('and responds to garbage with 400', async () => {
    expect(await answerTo('this is not HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('and responds to a request without Upgrade with 426', async () => {
    const head = await answerTo('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 426 /);
    expect(head).toMatch(/^Upgrade: websocket\r$/m);
  });

  it('and accepts the required tokens in any case, among others', async () => {
    const head = await answerTo(upgradeRequest({ Upgrade: 'h2c, WEBSOCKET', Connection: 'keep-alive, uPGRADE' }));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('and accepts a request whose target is an absolute URL', async () => {
    const { server, port } = await startServer({ path: '/chat' });
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest({}, `GET http://127.0.0.1:${port}/chat?a HTTP/1.1`));
    await once(server, 'connection');
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("and emits 'wsClientError' for a bad one: a listener has to respond", async () => {
    const { server, port } = await startServer();
    const peer = await RawPeer.connect(port);
    const heard = once(server, 'wsClientError');
    peer.write(upgradeRequest({ 'Sec-WebSocket-Key': 'x' }));
    const [error, socket, request] = await heard;
    expect(error).toMatchObject({ name: 'HandshakeError', reason: 'WS_ERR_INVALID_KEY', status: 400 });
    expect(request.url).toBe('/chat');
    socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 418 /);
  });

  it('and loses no bytes that are sent with the request', async () => {
    const { port } = await startEchoServer();
    const peer = await RawPeer.connect(port);
    peer.write(
      Buffer.concat([
        Buffer.from(upgradeRequest()),
        frame({ opcode: 1, payload: 'first' }),
        frame({ opcode: 1, payload: 'second' }).subarray(0, 3),
      ]),
    );
    await peer.readHead();
    expect((await peer.readFrame()).payload.toString()).toBe('first');
    peer.write(frame({ opcode: 1, payload: 'second' }).subarray(3));
    expect((await peer.readFrame()).payload.toString()).toBe('second');
  });
});

describe('RFC 6455 §4.2.2, the server responds', () => {
  it('with 101, Upgrade, Connection and Sec-WebSocket-Accept, and nothing that was not offered', async () => {
    expect(await answerTo(upgradeRequest())).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  it('without extensions, if it supports none of those offered', async () => {
    const head = await answerTo(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate, x; y=1' }));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).not.toMatch(/Sec-WebSocket-Extensions/i);
  });

  it('with the first offered subprotocol, the one that the application chooses, or none', async () => {
    const request = upgradeRequest({ 'Sec-WebSocket-Protocol': 'chat, superchat' });
    expect(await answerTo(request)).toMatch(/^Sec-WebSocket-Protocol: chat\r$/m);
    const last = (protocols: Set<string>): string => [...protocols].at(-1)!;
    expect(await answerTo(request, { handleProtocols: last })).toMatch(/^Sec-WebSocket-Protocol: superchat\r$/m);
    expect(await answerTo(request, { handleProtocols: () => false })).not.toMatch(/Sec-WebSocket-Protocol/);
    expect(await answerTo(request, { handleProtocols: () => 'other' })).toMatch(/^HTTP\/1\.1 500 /);
  });

  it('with the header lines that the application adds', async () => {
    const { server, port } = await startServer();
    server.on('headers', (headers, request) => void headers.push(`X-Path: ${request.url}`));
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest());
    expect(await peer.readHead()).toMatch(/^X-Path: \/chat\r$/m);
  });

  it('with 404 for another path', async () => {
    expect(await answerTo(upgradeRequest({}, 'GET /chat?a HTTP/1.1'), { path: '/chat' })).toMatch(/^HTTP\/1\.1 101 /);
    expect(await answerTo(upgradeRequest({}, 'GET /chat2 HTTP/1.1'), { path: '/chat' })).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('with 403 for an origin that is not allowed (§10.2)', async () => {
    const from = (origin: string): string => upgradeRequest({ Origin: origin });
    const origin = ['https://good.example'];
    expect(await answerTo(from('https://good.example'), { origin })).toMatch(/^HTTP\/1\.1 101 /);
    expect(await answerTo(from('https://evil.example'), { origin })).toMatch(/^HTTP\/1\.1 403 /);
    expect(await answerTo(upgradeRequest(), { origin })).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('as verifyClient decides: synchronously', async () => {
    const seen: unknown[] = [];
    const verifyClient = ({ origin, secure, req }: VerifyInformation): boolean => {
      seen.push([origin, secure, req.url]);
      return origin === 'good';
    };
    expect(await answerTo(upgradeRequest({ Origin: 'good' }), { verifyClient })).toMatch(/^HTTP\/1\.1 101 /);
    expect(await answerTo(upgradeRequest(), { verifyClient })).toMatch(/^HTTP\/1\.1 401 /);
    expect(seen).toEqual([
      ['good', false, '/chat'],
      [undefined, false, '/chat'],
    ]);
  });

  it('as verifyClient decides: later, with a status, a message and header fields', async () => {
    const accept: ServerOptions['verifyClient'] = (_information, callback) => void setImmediate(callback, true);
    expect(await answerTo(upgradeRequest(), { verifyClient: accept })).toMatch(/^HTTP\/1\.1 101 /);
    const refuse: ServerOptions['verifyClient'] = (_information, callback) =>
      void setImmediate(() => callback(false, 429, 'Slow down', { 'Retry-After': 120 }));
    const head = await answerTo(upgradeRequest(), { verifyClient: refuse });
    expect(head).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r$/m);
    expect(head).toMatch(/^Retry-After: 120\r$/m);
  });

  it('not at all to a client that disconnected while it was verified', async () => {
    const application = new EventEmitter();
    const verifying = once(application, 'verify');
    const { server, port } = await startServer({
      verifyClient: ({ req }, callback) => void application.emit('verify', req.socket, callback),
    });
    server.on('connection', () => expect.unreachable('the client has left'));
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest());
    const [socket, callback] = await verifying;
    const left = new Promise((resolve) => socket.on('close', resolve));
    peer.socket.resetAndDestroy();
    await left;
    callback(true);
    expect(server.clients.size).toBe(0);
  });
});

describe('the modes of a server', () => {
  async function httpServer(): Promise<{ http: Server; port: number }> {
    const http = createServer((_request, response) => void response.end('plain'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    return { http, port: (http.address() as AddressInfo).port };
  }

  it('are three; exactly one must be chosen', () => {
    const wrong = [{}, { port: 0, noServer: true }, { server: createServer(), port: 0 }, undefined];
    for (const options of wrong) {
      expect(() => new WebSocketServer(options as ServerOptions)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'WS_ERR_INVALID_OPTION' }),
      );
    }
  });

  it("server: handles the upgrade requests of the application's HTTP server, and no other requests", async () => {
    const { http, port } = await httpServer();
    const server = new WebSocketServer({ server: http });
    const accepted = once(server, 'connection');
    const client = await openClient(`ws://127.0.0.1:${port}`);
    await accepted;
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('plain');
    expect(server.address()).toEqual(http.address());
    const closed = once(server, 'close');
    server.close();
    expect(http.listening).toBe(true);
    client.close();
    await closed;
    expect(server.clients.size).toBe(0);
    expect(http.listenerCount('upgrade')).toBe(0);
  });

  it('noServer: the application passes requests to one of several servers', async () => {
    const { http, port } = await httpServer();
    const [one, two] = [new WebSocketServer({ noServer: true }), new WebSocketServer({ noServer: true })];
    http.on('upgrade', (request, socket, head) => {
      const server = request.url === '/one' ? one : two;
      server.handleUpgrade(request, socket, head, (webSocket) => void server.emit('connection', webSocket, request));
    });
    one.on('connection', (socket) => void socket.send('one'));
    two.on('connection', (socket) => void socket.send('two'));
    for (const name of ['one', 'two']) {
      const client = new WebSocket(`ws://127.0.0.1:${port}/${name}`);
      expect(await messages(client, 1)).toEqual([name]);
      client.terminate();
    }
    expect(() => one.address()).toThrow('noServer');
  });

  it('noServer: a socket can be passed only once', async () => {
    const { http, port } = await httpServer();
    const server = new WebSocketServer({ noServer: true });
    const second = new Promise((resolve) => {
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => {
          expect(() => server.handleUpgrade(request, socket, head, () => {})).toThrow('more than once');
          resolve(true);
        });
      });
    });
    const client = await openClient(`ws://127.0.0.1:${port}`);
    await second;
    client.terminate();
  });

  it('port: calls the callback, and emits an error if the address is in use', async () => {
    const { port } = await startServer();
    const callback = await new Promise<WebSocketServer>((resolve) => {
      const server: WebSocketServer = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 10 }, () =>
        resolve(server),
      );
    });
    await new Promise((resolve) => callback.close(resolve));
    const [error] = await once(new WebSocketServer({ port, host: '127.0.0.1' }), 'error');
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
  });

  it('port: close() accepts no more connections, keeps the open ones, and waits for them', async () => {
    const { server, url } = await startServer();
    const client = await openClient(url);
    expect(server.clients.size).toBe(1);
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      server.close(() => {
        order.push('server');
        resolve();
      });
    });
    client.on('close', () => order.push('client'));
    client.send('still open', () => client.close());
    await done;
    expect(order.sort()).toEqual(['client', 'server']);
    await expect(new Promise((_, reject) => server.close(reject))).rejects.toThrow('not running');
  });

  it('noServer: accepts a request that was created and not parsed, with `headers` only', async () => {
    const server = new WebSocketServer({ noServer: true });
    const [transport, peer] = streamPair();
    const key = { 'sec-websocket-key': KEY, 'sec-websocket-version': 13 };
    const headers = { connection: 'upgrade', upgrade: 'websocket', cookie: ['a=1', 'b=2'], ...key };
    const request = { method: 'GET', url: '/', httpVersion: '1.1', headers } as unknown as IncomingMessage;
    const opened = new Promise<WebSocket>((resolve) => {
      server.handleUpgrade(request, transport, Buffer.alloc(0), resolve);
    });
    expect(String((await once(peer, 'data'))[0])).toMatch(/^HTTP\/1\.1 101 /);
    (await opened).terminate();
  });

  it('clientTracking false: keeps no set of clients', async () => {
    const { server, url } = await startServer({ clientTracking: false });
    const accepted = nextConnection(server);
    await openClient(url);
    expect(server.clients).toBeUndefined();
    (await accepted).terminate();
  });

  it('limits that are invalid throw an error with the option and the received value', () => {
    expect(() => new WebSocketServer({ noServer: true, maxPayload: -1 })).toThrow(
      'maxPayload must be at least 0 bytes; received -1',
    );
    expect(() => new WebSocketServer({ noServer: true, closeTimeout: '1' as never })).toThrow(TypeError);
    expect(() => new WebSocketServer({ noServer: true, path: /x/ as never })).toThrow(
      'path must be a string; received an instance of RegExp',
    );
  });
});
