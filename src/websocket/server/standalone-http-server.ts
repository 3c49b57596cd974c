import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';

/** The HTTP server of a WebSocketServer with `port`. @param handshakeTimeout in milliseconds; 0 for no limit */
export function createStandaloneHttpServer(handshakeTimeout: number): Server {
  return createServer(httpOptions(handshakeTimeout), answerPlainRequest);
}

/** Node looks for requests that take too long now and then; by default so seldom that the limit would mean little. */
function httpOptions(handshakeTimeout: number): ServerOptions {
  if (handshakeTimeout === 0) return { headersTimeout: 0, requestTimeout: 0 };
  const connectionsCheckingInterval = Math.ceil(Math.min(1_000, handshakeTimeout / 4));
  return { headersTimeout: handshakeTimeout, requestTimeout: handshakeTimeout, connectionsCheckingInterval };
}

/** A request for anything but an upgrade. RFC 7231 §6.5.15: 426 says which protocol is wanted. */
function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  const body = 'Upgrade Required';
  response.writeHead(426, {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Content-Type': 'text/plain',
    'Content-Length': body.length,
  });
  response.end(body);
}
