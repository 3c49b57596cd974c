import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrowserWebSocket, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { listen } from '../../support/http-server.ts';
import { rawServer } from '../../support/raw-peer.ts';

/** A server that answers each request when the test says so. */
async function holdingServer() {
  const requests: [IncomingMessage, Duplex, Buffer][] = [];
  const webSockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  const waiting: (() => void)[] = [];
  server.on('upgrade', (...request: [IncomingMessage, Duplex, Buffer]) => {
    requests.push(request);
    waiting.shift()?.();
  });
  onTestFinished(() => {
    for (const [, socket] of requests) socket.destroy();
  });
  const port = await listen(server);
  return {
    url: `ws://127.0.0.1:${port}`,
    requests,
    /** Resolves when there are this many requests. */
    async received(count: number): Promise<void> {
      while (requests.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    accept: (index: number) => webSockets.handleUpgrade(...requests[index]!, () => {}),
    refuse: (index: number) => void requests[index]![1].end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
  };
}

const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));

describe('RFC 6455 §4.1: there is one connection in the CONNECTING state for each host and port', () => {
  it('of the BrowserWebSockets: the next one begins when one is open, has failed, or is closed', async () => {
    const server = await holdingServer();
    const sockets = Array.from({ length: 5 }, () => new BrowserWebSocket(server.url));
    onTestFinished(() => {
      for (const socket of sockets) socket.close();
    });
    const opened: number[] = [];
    for (const [index, socket] of sockets.entries()) socket.onopen = () => void opened.push(index);
    await server.received(1);
    await settled();
    expect(server.requests).toHaveLength(1);
    server.accept(0);
    await server.received(2);
    server.refuse(1);
    await server.received(3);
    // Closed while it waits, and while it connects.
    const closed = [3, 2].map((index) => once(sockets[index]!, 'close'));
    sockets[3]!.close();
    sockets[2]!.close();
    await Promise.all(closed);
    await server.received(4);
    server.accept(3);
    await once(sockets[4]!, 'open');
    expect(opened).toEqual([0, 4]);
    expect(server.requests).toHaveLength(4);
  });

  it('of the WebSockets with the option serializeHandshakes, whose handshakeTimeout begins with their request', async () => {
    const port = await rawServer(() => {});
    const order: number[] = [];
    const start = performance.now();
    const sockets = [0, 1, 2].map((index) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { serializeHandshakes: true, handshakeTimeout: 50 });
      socket.on('error', (error) => expect(error.message).toBe('Opening handshake has timed out'));
      return once(socket, 'close')
        .catch(() => {})
        .then(() => order.push(index));
    });
    await Promise.all(sockets);
    expect(order).toEqual([0, 1, 2]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(149);
  });

  it('but not of other hosts and ports, nor of WebSockets without the option', async () => {
    const [one, other] = [await holdingServer(), await holdingServer()];
    for (const url of [one.url, other.url]) {
      const socket = new BrowserWebSocket(url);
      onTestFinished(() => socket.close());
    }
    const sockets = Array.from({ length: 3 }, () => new WebSocket(one.url));
    for (const socket of sockets) socket.on('error', () => {});
    onTestFinished(() => {
      for (const socket of sockets) socket.terminate();
    });
    await Promise.all([one.received(4), other.received(1)]);
  });

  it('fails with the error of a request that cannot be made, if it had to wait', async () => {
    const server = await holdingServer();
    const first = new WebSocket(server.url, { serializeHandshakes: true });
    const finishRequest = (): never => {
      throw new Error('of the application');
    };
    const second = new WebSocket(server.url, { serializeHandshakes: true, finishRequest });
    const third = new WebSocket(server.url, { serializeHandshakes: true });
    onTestFinished(() => {
      third.on('error', () => {});
      third.terminate();
    });
    const failed = expect(once(second, 'close')).rejects.toThrow('of the application');
    await server.received(1);
    server.accept(0);
    await once(first, 'open');
    await failed;
    while (server.requests.length < 2) await settled();
    server.accept(server.requests.length - 1);
    await once(third, 'open');
    first.terminate();
  });
});
