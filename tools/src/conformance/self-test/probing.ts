import { once } from 'node:events';
import { createServer, type Server as HttpServer, request } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Server, type Socket } from 'node:net';
import { type ClientCase, serveCases } from '../serve-cases.ts';
import type { CaseResult } from '../verdict.ts';
import type { ConformanceCase } from '../websocket/case.ts';
import { probeServer, type ServerCase } from '../websocket/probe-server.ts';
import { acceptFor, SAMPLE_KEY } from '../websocket/protocol.ts';
import { EchoAgent } from './echo-agent.ts';
import type { Behaviour } from './echo-behaviour.ts';

/** Creates a server agent that does not listen yet. */
export function agentServer(behaviour: Behaviour): HttpServer {
  const http = createServer();
  http.on('upgrade', ({ headers }, socket, head) => {
    const accept = acceptFor(headers['sec-websocket-key']!);
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'));
    new EchoAgent(socket, head, true, behaviour);
  });
  return http;
}

/** Starts a server, passes its address to `use`, and stops it with all its connections. */
export async function whileListening<Result>(
  server: Server,
  use: (address: string) => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** Probes a server that does not listen yet. */
export function probeOnce(
  server: Server,
  cases: readonly ServerCase[],
  options: { readonly timeLimit?: number | undefined; readonly concurrency: number },
): Promise<CaseResult[]> {
  return whileListening(server, (address) => probeServer(`ws://${address}/`, cases, options));
}

/** Probes a server agent. */
export function probeAgentServer(
  behaviour: Behaviour,
  cases: readonly ConformanceCase[],
  timeLimit?: number,
): Promise<CaseResult[]> {
  return probeOnce(agentServer(behaviour), cases, { concurrency: 8, timeLimit });
}

/** The cases that a client runs at the same time. */
const CLIENT_CONCURRENCY = 8;

/** Serves cases to a client, which `start` starts for each of them. Resolves with the results, in the order of the cases. */
export async function probeClients(
  cases: readonly ClientCase[],
  timeLimit: number | undefined,
  start: (address: string, path: string) => void,
): Promise<CaseResult[]> {
  if (cases.length === 0) return [];
  const results = new Map<string, CaseResult>();
  const { promise, resolve } = withResolvers();
  let next = 1;
  const startNext = (): void => {
    if (next <= cases.length) start(server.address, `/runCase?case=${next++}&agent=it`);
  };
  const server = await serveCases(cases, [], {
    port: 0,
    host: '127.0.0.1',
    timeLimit,
    onResult: (_agent, result) => {
      results.set(result.id, result);
      if (results.size === cases.length) resolve();
      else startNext();
    },
  });
  for (let index = 0; index < CLIENT_CONCURRENCY; index++) startNext();
  await promise;
  await server.close();
  return cases.map(({ id }) => results.get(id)!);
}

/** `Promise.withResolvers()`, which Node.js 20 lacks. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Opens a connection of a client under test. @param use is called when the server has accepted it */
export function openClient(
  address: string,
  path: string,
  fields: Readonly<Record<string, string>>,
  use: (socket: Socket, head: Buffer, extensions: string) => void,
): void {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': SAMPLE_KEY,
    ...fields,
  };
  // The agent decides when its direction of TCP ends.
  const createConnection = () => connectTcp({ port: Number(address.split(':')[1]), allowHalfOpen: true });
  const opened = request(`http://${address}${path}`, { headers, createConnection });
  opened.on('upgrade', (response, socket, head) => {
    use(socket as Socket, head, response.headers['sec-websocket-extensions'] ?? '');
  });
  opened.on('error', () => {});
  opened.end();
}

/** Probes a client agent. */
export function probeAgentClient(
  behaviour: Behaviour,
  cases: readonly ConformanceCase[],
  timeLimit?: number,
): Promise<CaseResult[]> {
  return probeClients(cases, timeLimit, (address, path) => {
    openClient(address, path, {}, (socket, head) => void new EchoAgent(socket, head, false, behaviour));
  });
}
