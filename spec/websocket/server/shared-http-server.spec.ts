import { once } from 'node:events';
import { createServer, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';

/** Returns what a client at this URL receives first, or the error. */
async function connect(url: string): Promise<string> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('message', (data) => resolve(data.toString()));
    socket.on('error', (error) => resolve(error.message));
  });
}

describe('Several WebSocketServers on one HTTP server', () => {
  class Late extends WebSocketServer {
    override async shouldHandle(request: Parameters<WebSocketServer['shouldHandle']>[0]): Promise<boolean> {
      await null;
      return super.shouldHandle(request);
    }
  }

  it.each([
    ['', WebSocketServer],
    [' with an asynchronous shouldHandle()', Late],
  ])('each answer for their path%s, and together refuse other paths', async (_, Server) => {
    const http = createServer();
    for (const path of ['/a', '/b', '/c']) {
      const server = new Server({ server: http, path });
      server.on('connection', (socket) => socket.send(`hello from ${path}`));
      onTestFinished(() => server.close());
    }
    const url = `ws://127.0.0.1:${await listen(http)}`;
    expect(await Promise.all(['/a', '/b', '/c', '/d'].map((path) => connect(url + path)))).toEqual([
      'hello from /a',
      'hello from /b',
      'hello from /c',
      'Unexpected server response: 404',
    ]);
  });

  it('with the same path: the first one answers', async () => {
    const http = createServer();
    for (const name of ['first', 'second']) {
      const server = new WebSocketServer({ server: http });
      server.on('connection', (socket) => socket.send(name));
    }
    expect(await connect(`ws://127.0.0.1:${await listen(http)}`)).toBe('first');
  });

  it('leave a request for another path to a listener of another library; after handshakeTimeout, it gets a 404', async () => {
    const http = createServer();
    new WebSocketServer({ server: http, path: '/a', handshakeTimeout: 50 });
    const other = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/other') other.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('other'));
    });
    const url = `ws://127.0.0.1:${await listen(http)}`;
    expect(await connect(`${url}/other`)).toBe('other');
    expect(await connect(`${url}/nobody`)).toBe('Unexpected server response: 404');
  });
});

describe('A request for a WebSocket', () => {
  it.each([
    ['/', '101'],
    ['/elsewhere', '404'],
  ])('is answered after the earlier requests on the connection: %s with %s', async (target, status) => {
    const pending: ServerResponse[] = [];
    const http = createServer((_, response) => void pending.push(response));
    let opened = 0;
    for (const path of ['/', '/other']) {
      new WebSocketServer({ server: http, path }).on('connection', (socket) => {
        opened++;
        onTestFinished(() => socket.terminate());
      });
    }
    const peer = await RawPeer.connect(await listen(http));
    const plain = upgradeRequest({ Upgrade: null, Connection: null });
    peer.write(plain, plain, upgradeRequest({}, `GET ${target} HTTP/1.1`));
    await vi.waitUntil(() => pending.length === 2);
    for (const [index, response] of pending.entries()) {
      response.write(`part ${index};`);
      await peer.readUntil(`part ${index};`);
      await nextTurn();
      response.end(`end ${index};`);
    }
    const received = await peer.readUntil(`HTTP/1.1 ${status} `);
    const order = received.match(/HTTP\/1\.1 \d+|part \d|end \d/g);
    expect(order).toEqual(['HTTP/1.1 200', 'part 0', 'end 0', 'HTTP/1.1 200', 'part 1', 'end 1', `HTTP/1.1 ${status}`]);
    expect(opened).toBe(status === '101' ? 1 : 0);
  });

  it('is not answered any more if the client leaves while an earlier request is', async () => {
    const pending: ServerResponse[] = [];
    const http = createServer((_, response) => void pending.push(response));
    const server = new WebSocketServer({ server: http });
    const peer = await RawPeer.connect(await listen(http));
    peer.write(upgradeRequest({ Upgrade: null, Connection: null }), upgradeRequest());
    await vi.waitUntil(() => pending.length === 1);
    const closed = once(pending[0]!, 'close');
    peer.socket.destroy();
    await closed;
    await nextTurn();
    expect(server.metrics().connections).toMatchObject({ open: 0, pending: 0, accepted: 0, refused: 0 });
  });
});

describe('A request that offers another protocol than WebSocket', () => {
  const H2C = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };

  it('is answered by the HTTP server of the application, with its body, and so is the next one', async () => {
    const http = createServer((request, response) => {
      const chunks: string[] = [];
      request.setEncoding('utf8').on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => response.end(`${request.method} ${request.url} ${chunks.join('')};`));
    });
    for (const path of ['/', '/other']) new WebSocketServer({ server: http, path });
    const peer = await RawPeer.connect(await listen(http));
    const fields = { ...H2C, 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null };
    peer.write(upgradeRequest({ ...fields, 'Content-Length': '4' }, 'POST /page HTTP/1.1'), 'bo', 'dy');
    await peer.readUntil('POST /page body;');
    peer.write(upgradeRequest(fields, 'GET /again HTTP/1.1'));
    await peer.readUntil('GET /again ;');
    peer.write(upgradeRequest({}, 'GET / HTTP/1.1'));
    await peer.readUntil('HTTP/1.1 101 ');
  });

  it('is answered after the earlier requests on the connection, whatever they are', async () => {
    const pending: ServerResponse[] = [];
    const http = createServer((_, response) => void pending.push(response));
    new WebSocketServer({ server: http });
    const peer = await RawPeer.connect(await listen(http));
    const paths = Array.from({ length: 12 }, (_, index) => `/${index}`);
    const plain = { Upgrade: null, Connection: null, 'HTTP2-Settings': null };
    peer.write(...paths.map((path, index) => upgradeRequest(index % 4 < 2 ? plain : H2C, `GET ${path} HTTP/1.1`)));
    let count = 0;
    for (const path of paths) {
      await vi.waitUntil(() => pending.length > count);
      const response = pending[count++]!;
      response.end(`${response.req.url};`);
      expect(response.req.url).toBe(path);
      await peer.readUntil(`${path};`);
    }
  });

  it('is answered at once if a framework has given the socket a response to the upgrade request itself', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    server.on('connection', (socket) => socket.send('open'));
    http.on('upgrade', (request, socket: Socket, head) => {
      new ServerResponse(request).assignSocket(socket);
      server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
    });
    expect(await connect(`ws://127.0.0.1:${await listen(http)}`)).toBe('open');
  });

  it('lets the event loop continue between many requests in one packet', async () => {
    let requests = 0;
    const http = createServer((_, response) => {
      requests++;
      response.end('x');
    });
    new WebSocketServer({ server: http });
    const peer = await RawPeer.connect(await listen(http));
    let most = 0;
    let isDone = false;
    let earlier = 0;
    const count = (): void => {
      most = Math.max(most, requests - earlier);
      earlier = requests;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    peer.write(upgradeRequest(H2C).repeat(200));
    await vi.waitUntil(() => requests === 200);
    isDone = true;
    expect(most).toBeLessThanOrEqual(2);
  });

  it.each(['destroy', 'resetAndDestroy', 'end'] as const)(
    'leaves nothing behind if the client leaves while an earlier one is answered: %s',
    async (method) => {
      const sockets: Duplex[] = [];
      let requests = 0;
      const http = createServer(() => void requests++);
      http.on('connection', (socket) => void sockets.push(socket));
      new WebSocketServer({ server: http });
      const peer = await RawPeer.connect(await listen(http));
      peer.write(upgradeRequest({ Upgrade: null, Connection: null }), upgradeRequest(H2C).repeat(3));
      await vi.waitUntil(() => requests === 1);
      peer.socket[method]();
      if (method === 'end') peer.socket.destroy();
      await vi.waitUntil(() => sockets.every(({ destroyed }) => destroyed));
      await nextTurn();
      expect(requests).toBe(1);
    },
  );

  it('is not ended by the timeout for a request that follows the previous one', async () => {
    const pending: ServerResponse[] = [];
    const http = createServer({ keepAliveTimeout: 50 }, (_, response) => void pending.push(response));
    let timeouts = 0;
    http.on('connection', (socket) => socket.on('timeout', () => void timeouts++));
    new WebSocketServer({ server: http });
    const peer = await RawPeer.connect(await listen(http));
    for (const answer of ['first', 'second']) {
      peer.write(upgradeRequest(H2C));
      await vi.waitUntil(() => pending.length === 1);
      if (answer === 'second') await new Promise((resolve) => setTimeout(resolve, 1500));
      pending.pop()!.end(answer);
      await peer.readUntil(answer);
    }
    expect(timeouts).toBe(0);
  });

  it('is answered over TLS, too', async () => {
    const https = createHttpsServer(await selfSignedCertificate(), (_, response) => response.end('the page'));
    new WebSocketServer({ server: https });
    const peer = await RawPeer.connect(await listen(https), true);
    peer.write(upgradeRequest(H2C));
    await peer.readUntil('the page');
  });

  it('is refused if no listener answers requests, or with handleUpgrade()', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head, () => {}));
    for (const port of [await listen(http), await listenAlone()]) {
      const peer = await RawPeer.connect(port);
      peer.write(upgradeRequest(H2C));
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});

async function listenAlone(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => server.close());
  return (server.address() as { port: number }).port;
}
