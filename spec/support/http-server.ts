import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens on a port of 127.0.0.1, by default a free one, until the end of the test. Resolves with the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
  });
  return (server.address() as AddressInfo).port;
}

/** Starts a server whose requests the test handles. Resolves with its URL. */
export async function serve(
  handler: (request: IncomingMessage, response: ServerResponse, number: number) => void,
): Promise<string> {
  let number = 0;
  return `http://127.0.0.1:${await listen(createServer((request, response) => handler(request, response, ++number)))}/`;
}
