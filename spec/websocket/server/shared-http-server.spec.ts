import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
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

  it('is answered over TLS, too', async () => {
    const https = createHttpsServer(await selfSignedCertificate(), (_, response) => response.end('the page'));
    new WebSocketServer({ server: https });
    const peer = await RawPeer.connect(await listen(https), true);
    peer.write(upgradeRequest(H2C));
    await peer.readUntil('the page');
  });

  it('is refused if nobody answers requests, or with handleUpgrade()', async () => {
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
