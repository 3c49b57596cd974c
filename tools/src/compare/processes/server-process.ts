/** The program of the server process: servers for HTTP/1.1, HTTP/1.1 over TLS, and HTTP/2, all with the same paths. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { answerCalls } from './calls.ts';
import { takeArrivals } from './server/arrivals.ts';
import { broadcast } from './server/crowd.ts';
import { setHold } from './server/hold.ts';
import { flood, push } from './server/push.ts';
import { drop, tick } from './server/recovery.ts';
import { addConnection, countBytes, cpu, memory, waitUntilEmpty } from './server/resources.ts';
import { handleRequest, handleUpgrade, type Request, type Response } from './server/routes.ts';
import type { ListenOptions, Ports, ServerOperations } from './server-operations.ts';

async function listen({ certificate, hold }: ListenOptions): Promise<Ports> {
  setHold(hold);
  const onRequest = (request: Request, response: Response): void =>
    void handleRequest(request, response).catch(() => response.destroy());
  const servers = {
    http: createServer(onRequest),
    https: createTlsServer(certificate, onRequest),
    http2: createSecureServer(certificate, onRequest),
  };
  servers.http.on('upgrade', handleUpgrade);
  servers.https.on('upgrade', handleUpgrade);
  return {
    http: await listenOnAnyPort(servers.http),
    https: await listenOnAnyPort(servers.https),
    http2: await listenOnAnyPort(servers.http2),
  };
}

async function listenOnAnyPort(server: Server): Promise<number> {
  server.on('connection', addConnection);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

answerCalls<ServerOperations>({
  listen,
  push,
  flood,
  broadcast,
  takeArrivals,
  tick,
  drop,
  waitUntilEmpty,
  cpu,
  memory,
  countBytes,
});
