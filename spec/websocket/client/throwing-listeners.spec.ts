import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { type HandshakeError, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { listen } from '../../support/http-server.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

/** An HTTP server that accepts WebSockets at `/upgrade`, redirects `/redirect` to it, and refuses other paths. */
async function startServer(): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    if (request.url === '/upgrade') return server.handleUpgrade(request, socket, head, (peer) => peer.terminate());
    const line = request.url === '/redirect' ? '302 Found\r\nLocation: /upgrade' : '403 Forbidden';
    return socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\n\r\n`);
  });
  return listen(http);
}

it.each([
  ['redirect', new Error('broken'), 'broken'],
  ['upgrade', new Error('broken'), 'broken'],
  ['unexpected-response', new Error('broken'), 'broken'],
  ['redirect', 'text', '"text"'],
] as const)(
  "a listener of '%s' that throws %s fails the handshake, and its exception is uncaught",
  async (event, cause, text) => {
    const uncaught = nextUncaughtException();
    const socket = new WebSocket(`ws://127.0.0.1:${await startServer()}/${event}`, { followRedirects: true });
    let opened = false;
    socket.on('open', () => {
      opened = true;
    });
    socket.on(event, () => {
      throw cause;
    });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const [error] = (await once(socket, 'error')) as [HandshakeError];
    expect(error).toMatchObject({
      name: 'HandshakeError',
      reason: 'WS_ERR_HOOK_FAILED',
      message: `A listener of '${event}' failed: ${text}`,
      hook: event,
      status: 0,
      cause,
    });
    expect(await uncaught).toBe(cause);
    await closed;
    expect(opened).toBe(false);
  },
);
