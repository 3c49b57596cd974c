/** The opening handshake of a client, and HTTP servers that answer it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';
import type { Implementation } from '../implementations.ts';
import { classOf, closeOf, portOf } from './twin.ts';

/** An error as a program sees it. Texts are compared where programs match on them. */
const matched = new Set([
  'Opening handshake has timed out',
  'Maximum redirects exceeded',
  'WebSocket was closed before the connection was established',
]);

function describeFailure(error: Error & { code?: string }): unknown {
  const { message } = error;
  return [
    classOf(error),
    error.code,
    matched.has(message) || message.startsWith('Unexpected server response') ? message : 'another text',
  ];
}

/** All events of a client up to 'close'. */
export async function handshakeEvents(
  library: Implementation,
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<unknown[]> {
  const socket = new library.WebSocket(url, protocols, { perMessageDeflate: true, ...options });
  const events: unknown[] = [];
  socket.on('upgrade', ({ statusCode }) => events.push(['upgrade', statusCode]));
  socket.on('open', () => {
    events.push(['open', socket.protocol, socket.extensions]);
    socket.terminate();
  });
  socket.on('redirect', (to, request) =>
    events.push(['redirect', to.replace(/:\d+/, ''), request.method, socket.url === to]),
  );
  socket.on('error', (error) => events.push(['error', describeFailure(error), socket.readyState]));
  const [code, reason] = await closeOf(socket);
  return [...events, ['close', code, reason, socket.readyState]];
}

export async function startHttp(answer: (request: IncomingMessage, port: number) => string | null): Promise<Server> {
  const http = createServer();
  http.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    const text = answer(request, portOf(http));
    if (text !== null) socket.end(text);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return http;
}

export const redirect = (location: string, status = 302): string =>
  `HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
