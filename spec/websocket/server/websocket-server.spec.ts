import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type VerifyCallback, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { ending, nextConnection, openClient, startServer } from '../../support/sockets.ts';

describe('maxConnections', () => {
  it('refuses those past it with 503 and Retry-After, and takes others again when there is room', async () => {
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

describe('clients', () => {
  it('forgets a connection that is closed, before its listeners hear of it, also if the application has removed all', async () => {
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
  it('ends a request that does not come to its end with 408', async () => {
    const { port } = await startServer({ handshakeTimeout: 60 });
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest().slice(0, -4));
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 408 /);
    await peer.readToEnd();
  });

  it('takes a verifyClient that does not answer for a refusal, and its late answer for nothing', async () => {
    let callback: VerifyCallback = () => {};
    const { port, server } = await startServer({
      handshakeTimeout: 30,
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
    expect(server.metrics().connections).toEqual({ open: 0, accepted: 0, refused: 1 });
  });

  it('is none with 0', async () => {
    const { url } = await startServer({
      handshakeTimeout: 0,
      verifyClient: (_information, answer) => void setTimeout(answer, 20, true),
    });
    (await openClient(url)).terminate();
  });
});

describe('shutdown()', () => {
  it('closes every peer with 1001, waits, and leaves nothing open', async () => {
    const { server, url, port } = await startServer();
    const clients = [await openClient(url), await openClient(url)];
    const ends = clients.map(ending);
    // A connection that is kept alive must not keep the server.
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(426);
    await server.shutdown({ reason: 'bye' });
    for (const end of await Promise.all(ends)) expect(end).toEqual({ code: 1001, reason: 'bye', errors: [] });
    expect([server.clients.size, server.address()]).toEqual([0, null]);
    // Again, there is nothing left to do.
    await server.shutdown();
  });

  it('terminates what does not close in time, be it paused, silent, or without an end to its handshake', async () => {
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

  it("leaves the application's HTTP server to the application", async () => {
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
    // No WebSocket is accepted any more.
    const refused = await ending(new WebSocket(`ws://127.0.0.1:${port}`));
    expect(refused.code).toBe(1006);
  });
});
