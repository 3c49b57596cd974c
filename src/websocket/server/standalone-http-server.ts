import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';

/**
 * Creates the HTTP server of a WebSocketServer with the option `port`.
 *
 * @param handshakeTimeout in milliseconds; 0 for no limit
 */
export function createStandaloneHttpServer(handshakeTimeout: number): Server {
  return createServer(timeoutOptions(handshakeTimeout), answerPlainRequest);
}

/** By default, node:http checks for slow requests every 30 seconds, which is too rare for short timeouts. */
function timeoutOptions(handshakeTimeout: number): ServerOptions {
  if (handshakeTimeout === 0) return { headersTimeout: 0, requestTimeout: 0 };
  // node:http accepts whole numbers only.
  const timeout = Math.ceil(handshakeTimeout);
  const connectionsCheckingInterval = Math.ceil(Math.min(1_000, timeout / 4));
  return { headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval };
}

/** Answers a request that is not an upgrade. RFC 7231 §6.5.15: a 426 response names the required protocol. */
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
