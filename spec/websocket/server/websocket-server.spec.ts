import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ServerOptions, type VerifyCallback, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { ending, nextConnection, openClient, startServer } from '../../support/sockets.ts';

describe('maxConnections', () => {
  it('refuses further connections with 503 and Retry-After, and accepts them again when others are closed', async () => {
    const { port, url, server } = await startServer({ maxConnections: 2, clientTracking: false });
    const clients = [await openClient(url), await openClient(url)];
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest());
    const head = await peer.readHead();
    expect(head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r$/m);
    expect(head).toMatch(/^Retry-After: \d+\r$/m);
    clients[0]!.terminate();
    await expect.poll(() => server.metrics().connections.open).toBe(1);
    (await openClient(url)).terminate();
    clients[1]!.terminate();
  });
});

type ServerClass = new (options: ServerOptions) => WebSocketServer;

/** A server whose clients wait for a function of the application, one of these. */
const SLOW: Readonly<Record<string, (answer: () => Promise<boolean>) => [ServerOptions, ServerClass?]>> = {
  verifyClient: (answer) => [{ verifyClient: (_information: unknown) => answer() }],
  'verifyClient with a callback': (answer) => [
    { verifyClient: (_information, callback) => void answer().then((verified) => callback(verified)) },
  ],
  origin: (answer) => [{ origin: answer }],
  'shouldHandle()': (answer) => [
    {},
    class extends WebSocketServer {
      override shouldHandle(): Promise<boolean> {
        return answer();
      }
    },
  ],
  'origin and then verifyClient': (answer) => [{ origin: answer, verifyClient: (_information: unknown) => answer() }],
};

describe.each(Object.entries(SLOW))('A client that waits for %s', (name, slow) => {
  async function start(more: ServerOptions): Promise<{
    readonly server: WebSocketServer;
    readonly connect: () => Promise<RawPeer>;
    readonly asked: () => number;
    readonly answerAll: () => void;
  }> {
    const answers: ((value: boolean) => void)[] = [];
    let asked = 0;
    const [options, Server = WebSocketServer] = slow(() => {
      asked++;
      return new Promise((resolve) => void answers.push(resolve));
    });
    const http = createServer();
    const server = new Server({ server: http, ...options, ...more });
    onTestFinished(() => server.shutdown({ timeout: 0 }));
    const port = await listen(http);
    const connect = async (): Promise<RawPeer> => {
      const peer = await RawPeer.connect(port);
      peer.write(upgradeRequest({ Origin: 'https://example.com' }));
      return peer;
    };
    const answerAll = (): void => {
      for (const answer of answers.splice(0)) answer(true);
    };
    return { server, connect, asked: () => asked, answerAll };
  }

  it('counts as pending in the metrics, and for maxConnections', async () => {
    const { server, connect, asked, answerAll } = await start({ maxConnections: 3 });
    const reported = vi.fn();
    server.on('wsClientError', reported);
    const waiting = [await connect(), await connect(), await connect()];
    await expect.poll(() => server.metrics().connections.pending).toBe(3);
    const refused = await connect();
    expect(await refused.readHead()).toMatch(/^HTTP\/1\.1 503 [\s\S]*^Retry-After: \d+\r$/m);
    // The application is not asked about a client that has no place, except whether it is for this server.
    expect(asked()).toBe(name === 'shouldHandle()' ? 4 : 3);
    expect(reported).not.toHaveBeenCalled();
    expect(server.metrics().connections).toEqual({ open: 0, pending: 3, accepted: 0, refused: 1 });

    waiting[2]!.socket.destroy();
    await expect.poll(() => server.metrics().connections.pending).toBe(2);
    waiting[2] = await connect();
    await expect.poll(() => server.metrics().connections.pending).toBe(3);
    const answering = setInterval(answerAll, 1);
    onTestFinished(() => clearInterval(answering));
    for (const peer of waiting) expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
    expect(server.metrics().connections).toEqual({ open: 3, pending: 0, accepted: 3, refused: 1 });
    expect(await (await connect()).readHead()).toMatch(/^HTTP\/1\.1 503 /);
  });

  it("is refused by the server itself after handshakeTimeout, also with a listener of 'wsClientError'", async () => {
    const { server, connect } = await start({ handshakeTimeout: 50 });
    const reported = vi.fn();
    server.on('wsClientError', reported);
    expect(await (await connect()).readHead()).toMatch(/^HTTP\/1\.1 503 /);
    expect(reported).not.toHaveBeenCalled();
  });
});

describe('clients', () => {
  it("removes a connection before 'close' is emitted, even if the application has removed all listeners", async () => {
    const { url, server } = await startServer();
    const [socket, client] = await Promise.all([nextConnection(server), openClient(url)]);
    const sizes: number[] = [];
    socket.on('close', () => sizes.push(server.clients.size));
    const other = await openClient(url);
    await expect.poll(() => server.clients.size).toBe(2);
    client.close();
    await expect.poll(() => sizes).toEqual([1]);
    for (const one of server.clients) one.removeAllListeners();
    other.close();
    await expect.poll(() => server.clients.size).toBe(0);
    await server.shutdown();
  });
});

describe('handshakeTimeout of a server', () => {
  it('answers an unfinished request with 408', async () => {
    const { port } = await startServer({ handshakeTimeout: 60 });
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest().slice(0, -4));
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 408 /);
    await peer.readToEnd();
  });

  it('refuses the client if verifyClient does not answer in time, and ignores a late answer', async () => {
    let callback: VerifyCallback = () => {};
    const { port, server } = await startServer({
      handshakeTimeout: 250,
      verifyClient: (_information, answer) => {
        callback = answer;
      },
    });
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest());
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 503 /);
    callback(true);
    callback(false);
    await peer.readToEnd();
    expect(server.metrics().connections).toEqual({ open: 0, pending: 0, accepted: 0, refused: 1 });
  });

  it('is unlimited with 0', async () => {
    const { url } = await startServer({
      handshakeTimeout: 0,
      verifyClient: (_information, answer) => void setTimeout(answer, 20, true),
    });
    (await openClient(url)).terminate();
  });
});

describe('shutdown()', () => {
  it('closes each connection with 1001, waits for the peers, and leaves nothing open', async () => {
    const { server, url, port } = await startServer();
    const clients = [await openClient(url), await openClient(url)];
    const ends = clients.map(ending);
    // An idle keep-alive connection must not delay the shutdown.
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(426);
    await server.shutdown({ reason: 'bye' });
    for (const end of await Promise.all(ends)) expect(end).toEqual({ code: 1001, reason: 'bye', errors: [] });
    expect([server.clients.size, server.address()]).toEqual([0, null]);
    // A second call has no effect.
    await server.shutdown();
  });

  it('terminates connections that do not close in time: paused, silent, or in an unfinished handshake', async () => {
    const { server, port } = await startServer({ clientTracking: false });
    const accepted = once(server, 'connection');
    const silent = await RawPeer.open(port);
    const [socket] = await accepted;
    socket.pause();
    const unfinished = await RawPeer.connect(port);
    unfinished.write('GET / HTTP/1.1\r\n');
    const ended = ending(socket);
    await server.shutdown({ timeout: 50, code: 1012 });
    expect((await ended).code).toBe(1006);
    expect((await silent.readFrame()).payload.readUInt16BE()).toBe(1012);
    await unfinished.readToEnd();
  });

  it("does not close the application's HTTP server", async () => {
    const http = createServer((_request, response) => void response.end('still here'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const { port } = http.address() as AddressInfo;
    const server = new WebSocketServer({ server: http });
    const client = await openClient(`ws://127.0.0.1:${port}`);
    const ended = ending(client);
    await server.shutdown();
    expect((await ended).code).toBe(1001);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('still here');
    // No more upgrade requests are handled.
    const refused = await ending(new WebSocket(`ws://127.0.0.1:${port}`));
    expect(refused.code).toBe(1006);
  });
});

describe('shutdown() with clientTracking: false, at an HTTP server of the application', () => {
  it.each(['at once', "after 'close'"])('resolves when all connections are closed: %s', async (when) => {
    const http = createServer();
    const server = new WebSocketServer({ server: http, clientTracking: false });
    const accepted = nextConnection(server);
    const port = await listen(http);
    const client = await openClient(`ws://127.0.0.1:${port}`);
    const socket = await accepted;
    if (when !== 'at once') await new Promise((resolve) => server.close(resolve));
    await server.shutdown();
    expect([socket.readyState, server.metrics().connections.open]).toEqual([WebSocket.CLOSED, 0]);
    client.terminate();
  });
});
