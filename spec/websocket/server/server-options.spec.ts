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
import { type Check, CONNECTION_CHECKS, DEFLATE_CHECKS } from '../../support/option-checks.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { ending, nextConnection, openClient, startServer } from '../../support/sockets.ts';

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

describe('ServerOptions', () => {
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
    await check('server');
  });
});

describe('PerMessageDeflateOptions, on a server', () => {
  it.each(Object.entries(DEFLATE_CHECKS))('%s takes effect', async (_name, check) => {
    await check('server');
  });
});
