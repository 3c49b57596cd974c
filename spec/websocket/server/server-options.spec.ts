import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer, Server as NetServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ServerOptions,
  type VerifyInformation,
  WebSocket,
  WebSocketServer,
} from '../../../src/websocket/index.ts';
import { openEnds } from '../../support/ends.ts';
import { listen } from '../../support/http-server.ts';
import {
  type Check,
  CONNECTION_CHECKS,
  CONNECTION_VALUES,
  DEFLATE_CHECKS,
  DEFLATE_VALUES,
  expectEffect,
  ZLIB_VALUES,
} from '../../support/option-checks.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { ending, nextConnection, openClient, startServer } from '../../support/sockets.ts';
import { type Allowed, expectRejected, FLAG, FUNCTION, NUMBER, TEXT } from '../../support/wrong-values.ts';

/** The status with which a server answers an upgrade request. */
async function statusOf(port: number, request = upgradeRequest()): Promise<number> {
  const peer = await RawPeer.connect(port);
  peer.write(request);
  const head = await peer.readHead();
  peer.socket.destroy();
  return Number(head.split(' ')[1]);
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A check of each option. The compiler refuses this table if an option is missing. */
const CHECKS: Readonly<Record<keyof ServerOptions, Check>> = {
  ...CONNECTION_CHECKS,
  messageTimeout: async () => {
    const { socket, peer, send } = await openEnds('server', { messageTimeout: 40 });
    const ended = ending(socket);
    send({ opcode: 1, fin: false, payload: 'unfinished' });
    await peer.readFrame();
    peer.end();
    expect((await ended).errors).toMatchObject([{ name: 'LimitError', option: 'messageTimeout', limit: 40 }]);
  },
  maxReceiveMemory: async () => {
    const { socket, peer, send } = await openEnds('server', { maxReceiveMemory: 1000 });
    const ended = ending(socket);
    send({ opcode: 1, fin: false, payload: 'x'.repeat(1001) });
    await peer.readFrame();
    peer.end();
    expect((await ended).errors).toMatchObject([{ name: 'LimitError', option: 'maxReceiveMemory', limit: 1000 }]);
  },
  perMessageDeflate: async () => {
    const request = upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    for (const [perMessageDeflate, used] of [
      [true, true],
      [{}, true],
      [false, false],
      [undefined, false],
    ] as const) {
      const { port } = await startServer({ perMessageDeflate });
      const peer = await RawPeer.connect(port);
      peer.write(request);
      expect((await peer.readHead()).includes('Sec-WebSocket-Extensions: permessage-deflate')).toBe(used);
    }
  },
  port: async () => {
    const port = await freePort();
    const { server } = await startServer({ port });
    expect(server.address()).toMatchObject({ port });
    expect(await statusOf(port)).toBe(101);
  },
  host: async () => {
    const { server } = await startServer({ host: '127.0.0.1' });
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
  },
  backlog: async () => {
    const spy = vi.spyOn(NetServer.prototype, 'listen');
    onTestFinished(() => spy.mockRestore());
    await startServer({ backlog: 7 });
    expect(spy.mock.calls[0]?.[0]).toMatchObject({ backlog: 7 });
  },
  server: async () => {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    onTestFinished(() => server.close());
    expect(await statusOf(await listen(http))).toBe(101);
  },
  noServer: async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    expect(server._server).toBeNull();
    http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head, () => {}));
    expect(await statusOf(await listen(http))).toBe(101);
  },
  path: async () => {
    const { port } = await startServer({ path: '/here' });
    expect(await statusOf(port, upgradeRequest({}, 'GET /here?a=b HTTP/1.1'))).toBe(101);
    expect(await statusOf(port, upgradeRequest({}, 'GET /there HTTP/1.1'))).toBe(404);
  },
  origin: async () => {
    const { port } = await startServer({ origin: 'https://example.com' });
    expect(await statusOf(port, upgradeRequest({ Origin: 'https://example.com' }))).toBe(101);
    expect(await statusOf(port, upgradeRequest({ Origin: 'https://example.org' }))).toBe(403);
  },
  maxConnections: async () => {
    const { port, url } = await startServer({ maxConnections: 1 });
    await openClient(url);
    expect(await statusOf(port)).toBe(503);
  },
  handshakeTimeout: async () => {
    const { port } = await startServer({ handshakeTimeout: 100 });
    // Without the empty line that ends a request.
    expect(await statusOf(port, upgradeRequest().slice(0, -2))).toBe(408);
  },
  clientTracking: async () => {
    expect((await startServer({ clientTracking: true })).server.clients.size).toBe(0);
    expect((await startServer({ clientTracking: false })).server.clients).toBeUndefined();
  },
  handleProtocols: async () => {
    const { url } = await startServer({ handleProtocols: (protocols) => [...protocols].at(-1)! });
    expect((await openClient(url, { protocols: ['a', 'b'] })).protocol).toBe('b');
  },
  verifyClient: async () => {
    const { port } = await startServer({
      verifyClient: ({ origin }: VerifyInformation) => origin === 'https://example.com',
    });
    expect(await statusOf(port, upgradeRequest({ Origin: 'https://example.com' }))).toBe(101);
    expect(await statusOf(port)).toBe(401);
  },
  WebSocket: async () => {
    class Player extends WebSocket {}
    const { server, url } = await startServer({ WebSocket: Player });
    const accepted = nextConnection(server);
    await openClient(url);
    expect(await accepted).toBeInstanceOf(Player);
  },
};

/** The values that each option allows. The compiler refuses this table if an option is missing. */
const VALUES: Readonly<Record<keyof ServerOptions, Allowed>> = {
  ...CONNECTION_VALUES,
  messageTimeout: NUMBER,
  maxReceiveMemory: NUMBER,
  perMessageDeflate: { values: ['true', '{}', 'null'], why: 'a boolean or an object; null means the default' },
  port: { values: ['5'], why: 'a port' },
  host: TEXT,
  backlog: NUMBER,
  server: { values: [], why: 'only an HTTP server' },
  noServer: FLAG,
  path: TEXT,
  origin: { values: ['[]', 'null'], why: 'an array; null means the default. See below for strings' },
  maxConnections: NUMBER,
  handshakeTimeout: NUMBER,
  clientTracking: FLAG,
  handleProtocols: FUNCTION,
  verifyClient: FUNCTION,
  WebSocket: FUNCTION,
};

/** Options that select where the server listens. */
const MODE_OPTIONS = ['port', 'server', 'noServer'];

/** Opens a connection to a server with an option, so that a wrong value would fail it. */
async function connectWith(options: ServerOptions): Promise<void> {
  const http = createServer();
  const server = new WebSocketServer({ ...options, server: http });
  onTestFinished(() => server.close());
  const port = await listen(http);
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest({ Origin: 'https://example.com', 'Sec-WebSocket-Protocol': 'a' }));
  expect(await peer.readHead()).toMatch(/^HTTP\/1.1 (101|403|404) /);
  peer.socket.destroy();
}

describe('ServerOptions', () => {
  it.each(Object.entries(VALUES))('%s rejects wrong values at the call', async (name, allowed) => {
    const isMode = MODE_OPTIONS.includes(name);
    const base = isMode ? {} : { noServer: true };
    const code = 'WS_ERR_INVALID_OPTION';
    const rest = expectRejected(allowed, code, (value) => new WebSocketServer({ ...base, [name]: value }));
    if (!isMode) for (const value of rest) await connectWith({ [name]: value });
  });

  it('are an object', () => {
    const allowed = { values: [], why: 'null and {} say no mode' };
    expectRejected(allowed, 'WS_ERR_INVALID_OPTION', (value) => new WebSocketServer(value as ServerOptions));
    expect(() => new WebSocketServer(5 as never)).toThrow('options must be an object; received 5');
  });

  it.each(['*', '', 'x', 'a.example', 'https://a.example/', 'https://a.example:443', 'https://a.example/path'])(
    'contain no string as origin that no browser sends: "%s"',
    (origin) => {
      const message = `must be an origin such as "https://app.example", or "null"; received "${origin}"`;
      expect(() => new WebSocketServer({ noServer: true, origin })).toThrow(`origin ${message}`);
      expect(() => new WebSocketServer({ noServer: true, origin: [/a/, origin] })).toThrow(`origin[1] ${message}`);
    },
  );

  it.each([
    'same-origin',
    'null',
    'https://a.example',
    'HTTPS://A.example:8443',
    'http://[::1]:8080',
    'chrome-extension://abc',
  ])('may have the origin "%s"', (origin) => {
    expect(new WebSocketServer({ noServer: true, origin }).options.origin).toBe(origin);
  });

  it('contain no wrong origin in an array, class, port or callback', () => {
    for (const [options, message] of [
      [{ origin: ['null', 5] }, 'origin[1] must be a string or a RegExp; received 5'],
      [{ WebSocket: class {} }, 'WebSocket must be a subclass of WebSocket; received a function'],
      [{ verifyClient: 5 }, 'verifyClient must be a function; received 5'],
      [{ server: {}, noServer: false }, 'server must be an HTTP server; received an object'],
      [{ port: 65_536, noServer: false }, 'port must be a whole number from 0 to 65535; received 65536'],
    ] as const) {
      expect(() => new WebSocketServer({ noServer: true, ...options } as never)).toThrow(
        expect.objectContaining({ code: 'WS_ERR_INVALID_OPTION', message }),
      );
    }
    expect(() => new WebSocketServer({ noServer: true }, 5 as never)).toThrow(
      'callback must be a function; received 5',
    );
  });

  it.each([0, 0.5, 0.001, 1234.5, 2 ** 31, 1e300, Number.POSITIVE_INFINITY])(
    'may have times that no timer of Node.js takes as they are: %d ms',
    async (time) => {
      const times = { closeTimeout: time, heartbeatInterval: time, heartbeatTimeout: time, messageTimeout: time };
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handshakeTimeout: time, ...times });
      await once(server, 'listening');
      await server.shutdown({ timeout: time });
    },
  );

  it('may have a port as a string, like node:net', async () => {
    const { url } = await startServer({ port: '0' as never });
    await openClient(url);
  });

  it.each<[ServerOptions, string]>([
    [{}, 'none'],
    [{ port: 0, noServer: true }, 'port, noServer'],
  ])('must have exactly one of port, server and noServer: not %j', (options, received) => {
    expect(() => new WebSocketServer(options)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'WS_ERR_INVALID_OPTION',
        message: `Exactly one of port, server and noServer must be given; received ${received}`,
      }),
    );
  });

  it.each(Object.entries(CHECKS))('%s takes effect', async (_name, check) => {
    await expectEffect(check, 'server');
  });
});

describe('PerMessageDeflateOptions, on a server', () => {
  it.each([
    ...Object.entries(DEFLATE_VALUES).map(([name, allowed]) => [
      name,
      allowed,
      (value: unknown) => ({ [name]: value }),
    ]),
    ...Object.entries(ZLIB_VALUES).map(([name, allowed]) => [
      `zlibDeflateOptions.${name}`,
      allowed,
      (value: unknown) => ({ zlibDeflateOptions: { [name]: value } }),
    ]),
  ] as [string, Allowed, (value: unknown) => object][])(
    '%s rejects wrong values at the call',
    (_name, allowed, options) => {
      const use = (value: unknown): unknown =>
        new WebSocketServer({ noServer: true, perMessageDeflate: options(value) });
      for (const value of expectRejected(allowed, 'WS_ERR_INVALID_OPTION', use)) expect(() => use(value)).not.toThrow();
    },
  );

  it.each(Object.entries(DEFLATE_CHECKS))('%s takes effect', async (_name, check) => {
    await expectEffect(check, 'server');
  });
});
