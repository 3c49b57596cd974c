import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Agent as HttpsAgent } from 'node:https';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource } from '../../../src/sse/index.ts';
import { BrowserWebSocket, type ClientOptions, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { listen } from '../../support/http-server.ts';

type Answer = (request: IncomingMessage, socket: Duplex) => void;

const redirectTo =
  (location: string): Answer =>
  (_, socket) =>
    void socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\n\r\n`);

async function upgradeServer(answer: Answer, secure = false): Promise<number> {
  const server = secure
    ? createHttpsServer({ ...(await selfSignedCertificate()), requestCert: true, rejectUnauthorized: false })
    : createHttpServer();
  server.on('upgrade', answer);
  server.on('upgrade', (_, socket) => socket.on('error', () => {}));
  return listen(server);
}

/** What the target of a redirect received. */
interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly hasCertificate: boolean;
  readonly servername: string | false | null;
}

/** A target that accepts WebSockets, or that sends an event. */
async function target(secure: boolean): Promise<{ port: number; seen: Promise<Seen> }> {
  const options = { ...(await selfSignedCertificate()), requestCert: true, rejectUnauthorized: false };
  const server = secure ? createHttpsServer(options) : createHttpServer();
  const webSockets = new WebSocketServer({ noServer: true });
  const seen = new Promise<Seen>((resolve) => {
    const note = ({ headers, socket }: IncomingMessage): void => {
      const { servername = null } = socket as TLSSocket;
      const certificate = secure ? (socket as TLSSocket).getPeerCertificate() : {};
      resolve({ headers, hasCertificate: Object.keys(certificate ?? {}).length > 0, servername });
    };
    server.on('upgrade', (request, socket, head) => {
      note(request);
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        onTestFinished(() => webSocket.terminate());
      });
    });
    server.on('request', (request, response) => {
      note(request);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: x\n\n');
    });
  });
  return { port: await listen(server), seen };
}

async function failure(url: string, options: ClientOptions): Promise<Error & { code?: string }> {
  const socket = new WebSocket(url, { followRedirects: true, ...options });
  const [error] = (await once(socket, 'error')) as [Error];
  return error;
}

/** An agent with a way to connect of its own, as those for proxies have. */
class ProxyAgent extends HttpsAgent {
  readonly connections: { port: number; hasCertificate: boolean }[] = [];

  override createConnection(...parameters: Parameters<HttpsAgent['createConnection']>): Duplex | null | undefined {
    const { port, cert } = parameters[0] as { port?: number | string; cert?: string };
    this.connections.push({ port: Number(port), hasCertificate: cert !== undefined });
    return super.createConnection(...parameters);
  }
}

const SECRETS = { Cookie: 'secret', Authorization: 'secret', 'X-Api-Key': 'secret', 'User-Agent': 'me' };

describe('A redirect of a WebSocket client', () => {
  const socketPath = join(tmpdir(), `pushwire-redirect-${process.pid}.sock`);

  it.each([
    'ws+unix:PATH:/x',
    'ws+unix://PATH:/x',
    'WS+UNIX:PATH',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:1',
    'ftp://127.0.0.1/',
    'http://[::1',
    '//',
  ])('must lead to ws, wss, http or https: %s', async (location) => {
    let reached = 0;
    const local = createNetServer((socket) => {
      reached++;
      socket.destroy();
    });
    local.listen(socketPath);
    await once(local, 'listening');
    const port = await upgradeServer(redirectTo(location.replace('PATH', socketPath)));
    const url = `ws://127.0.0.1:${port}/`;
    expect(await failure(url, {})).toMatchObject({ name: 'SyntaxError', code: 'WS_ERR_INVALID_URL' });
    const browser = new BrowserWebSocket(url, [], { followRedirects: true });
    await new Promise((resolve) => browser.addEventListener('error', resolve));
    expect(reached).toBe(0);
    await new Promise((resolve) => local.close(resolve));
  });

  it('of a Unix domain socket stays on that socket', async () => {
    const path = join(tmpdir(), `pushwire-relative-${process.pid}.sock`);
    const http = createHttpServer();
    const server = new WebSocketServer({ noServer: true });
    const targets: (string | undefined)[] = [];
    http.on('upgrade', (request, socket, head) => {
      targets.push(request.url);
      const next = { '/a': '/b?c', '/b?c': `ws+unix:${path}:/end`, '/bad': '//other/x' }[request.url ?? ''];
      if (next !== undefined) return redirectTo(next)(request, socket);
      server.handleUpgrade(request, socket, head, (webSocket) => webSocket.terminate());
    });
    http.listen(path);
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const socket = new WebSocket(`ws+unix:${path}:/a`, { followRedirects: true });
    await once(socket, 'open');
    socket.terminate();
    expect(targets).toEqual(['/a', '/b?c', '/end']);
    expect(await failure(`ws+unix:${path}:/bad`, {})).toMatchObject({ code: 'WS_ERR_INVALID_URL' });
  });

  it('takes no header field and no certificate that identifies the caller to another origin', async () => {
    const { port, seen } = await target(true);
    const first = await upgradeServer(redirectTo(`wss://localhost:${port}/`), true);
    const { key, cert } = await selfSignedCertificate();
    for (const identity of [{ key, cert }, { agent: new HttpsAgent({ key, cert, rejectUnauthorized: false }) }]) {
      const options = { ...identity, rejectUnauthorized: false, headers: SECRETS, auth: 'a:secret' };
      const socket = new WebSocket(`wss://127.0.0.1:${first}/`, { followRedirects: true, ...options });
      await once(socket, 'open');
      const { headers, hasCertificate, servername } = await seen;
      expect(hasCertificate).toBe(false);
      expect(JSON.stringify(headers)).not.toContain('secret');
      expect(headers['user-agent']).toBe('me');
      expect(servername).toBe('localhost');
    }
  });

  it('to another origin uses the same agent, without its certificate: it may lead through a proxy', async () => {
    const { port, seen } = await target(true);
    const first = await upgradeServer(redirectTo(`wss://localhost:${port}/`), true);
    const agent = new ProxyAgent({ ...(await selfSignedCertificate()), ca: (await selfSignedCertificate()).cert });
    const socket = new WebSocket(`wss://localhost:${first}/`, { followRedirects: true, agent });
    await once(socket, 'open');
    expect((await seen).hasCertificate).toBe(false);
    expect(agent.connections).toEqual([
      { port: first, hasCertificate: true },
      { port, hasCertificate: false },
    ]);
  });

  it('fails with an error if the agent is for the other scheme', async () => {
    const { port } = await target(false);
    const first = await upgradeServer(redirectTo(`ws://127.0.0.1:${port}/`), true);
    for (const identity of [{}, await selfSignedCertificate()]) {
      const agent = new HttpsAgent({ ...identity, rejectUnauthorized: false });
      expect(await failure(`wss://127.0.0.1:${first}/`, { agent })).toMatchObject({ code: 'ERR_INVALID_PROTOCOL' });
    }
  });
});

describe('A redirect of an EventSource', () => {
  async function redirecting(location: string): Promise<number> {
    const server = createHttpsServer(
      { ...(await selfSignedCertificate()), requestCert: true, rejectUnauthorized: false },
      (_, response) => response.writeHead(307, { Location: location }).end(),
    );
    return listen(server);
  }

  it('takes no header field and no certificate that identifies the caller to another origin', async () => {
    const { port, seen } = await target(true);
    const first = await redirecting(`https://localhost:${port}/`);
    const { key, cert } = await selfSignedCertificate();
    const source = new EventSource(`https://127.0.0.1:${first}/`, {
      headers: SECRETS,
      request: { key, cert, rejectUnauthorized: false },
    });
    onTestFinished(() => source.close());
    const { headers, hasCertificate } = await seen;
    expect(hasCertificate).toBe(false);
    expect(JSON.stringify(headers)).not.toContain('secret');
    expect(headers['user-agent']).toBe('me');
  });

  it('to another origin uses the same agent, without its certificate: it may lead through a proxy', async () => {
    const { port, seen } = await target(true);
    const first = await redirecting(`https://localhost:${port}/`);
    const agent = new ProxyAgent({ ...(await selfSignedCertificate()), ca: (await selfSignedCertificate()).cert });
    const source = new EventSource(`https://localhost:${first}/`, { request: { agent } });
    onTestFinished(() => source.close());
    expect((await seen).hasCertificate).toBe(false);
    expect(agent.connections).toEqual([
      { port: first, hasCertificate: true },
      { port, hasCertificate: false },
    ]);
  });

  it.each([
    ['a certificate', 'https', false],
    ['an agent with a certificate', 'https', true],
    ['a certificate', 'http', false],
  ])('takes no identity to another origin when it reconnects, either: %s, to %s', async (_, scheme, inAgent) => {
    const { key, cert } = await selfSignedCertificate();
    const tls = { key, cert, requestCert: true, rejectUnauthorized: false };
    const requests: Seen[] = [];
    const other = (scheme === 'https' ? createHttpsServer(tls) : createHttpServer()).on(
      'request',
      ({ headers, socket }: IncomingMessage, response: ServerResponse) => {
        const certificate = scheme === 'https' ? (socket as TLSSocket).getPeerCertificate() : {};
        requests.push({ headers, hasCertificate: Object.keys(certificate).length > 0, servername: null });
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: x\n\n');
      },
    );
    const first = await redirecting(`${scheme}://localhost:${await listen(other)}/`);
    const identity = { key, cert, rejectUnauthorized: false };
    const source = new EventSource(`https://127.0.0.1:${first}/`, {
      headers: SECRETS,
      request: inAgent ? { agent: new HttpsAgent(identity), rejectUnauthorized: false } : identity,
      reconnectionTime: 5,
    });
    onTestFinished(() => source.close());
    await expect.poll(() => requests.length).toBeGreaterThan(2);
    expect(requests.map(({ hasCertificate }) => hasCertificate)).not.toContain(true);
    expect(JSON.stringify(requests)).not.toContain('secret');
  });

  it('fails for good if the agent is for the other scheme', async () => {
    const first = await redirecting('http://127.0.0.1:9/');
    const agent = new HttpsAgent({ rejectUnauthorized: false });
    const source = new EventSource(`https://127.0.0.1:${first}/`, { request: { agent } });
    await once(source, 'error');
    expect(source.readyState).toBe(EventSource.CLOSED);
  });
});

describe('The TLS server name of a client', () => {
  it('is the host of the URL, whatever the header field Host is', async () => {
    for (const [host, expected] of [
      ['localhost', 'localhost'],
      ['127.0.0.1', false],
    ] as const) {
      const { port, seen } = await target(true);
      const options = { rejectUnauthorized: false, headers: { Host: 'other.example' } };
      const socket = new WebSocket(`wss://${host}:${port}/`, options);
      await once(socket, 'open');
      expect((await seen).servername).toBe(expected);

      const stream = await target(true);
      const source = new EventSource(`https://${host}:${stream.port}/`, {
        headers: options.headers,
        request: { rejectUnauthorized: false },
      });
      onTestFinished(() => source.close());
      expect((await stream.seen).servername).toBe(expected);
    }
  });
});

describe('A message that arrives together with the opening handshake', () => {
  it("is delivered to a listener that is added after `await once(socket, 'open')`", async () => {
    const http = createHttpServer();
    const server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      // One write: the response and the first message.
      socket.cork();
      server.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('greeting'));
      setImmediate(() => socket.uncork());
    });
    const url = `ws://127.0.0.1:${await listen(http)}`;
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    const [data] = await once(socket, 'message');
    expect(data.toString()).toBe('greeting');
  });
});
