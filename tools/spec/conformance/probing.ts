import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { KEY } from '../../../spec/support/raw-peer.ts';
import { acceptKey } from '../../../src/websocket/handshake/accept-key.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import type { ConformanceCase } from '../../src/conformance/websocket/case.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';
import { type Behaviour, EchoAgent } from './echo-agent.ts';

/** Creates a server agent that does not listen yet. */
export function agentServer(behaviour: Behaviour): Server {
  const http = createServer();
  http.on('upgrade', ({ headers }, socket, head) => {
    const accept = acceptKey(headers['sec-websocket-key']!);
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'));
    new EchoAgent(socket, head, true, behaviour);
  });
  return http;
}

/** Probes a server agent. */
export async function probeAgentServer(
  behaviour: Behaviour,
  cases: readonly ConformanceCase[],
  timeLimit?: number,
): Promise<CaseResult[]> {
  const http = agentServer(behaviour);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const results = await probeServer(url, cases, { concurrency: 8, timeLimit });
  http.close();
  http.closeAllConnections();
  return results;
}

/** Probes a client agent. */
export async function probeAgentClient(
  behaviour: Behaviour,
  cases: readonly ConformanceCase[],
  timeLimit?: number,
): Promise<CaseResult[]> {
  const results = new Map<string, CaseResult>();
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const server = await serveCases(cases, [], {
    port: 0,
    host: '127.0.0.1',
    timeLimit,
    onResult: (_agent, result) => {
      results.set(result.id, result);
      if (results.size === cases.length) done();
      else connect();
    },
  });
  let next = 1;
  const connect = (): void => {
    if (next > cases.length) return;
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': 13,
      'Sec-WebSocket-Key': KEY,
    };
    // The agent decides when its direction of TCP ends.
    const createConnection = () => connectTcp({ port: Number(server.address.split(':')[1]), allowHalfOpen: true });
    const url = `http://${server.address}/runCase?case=${next++}&agent=it`;
    const opened = request(url, { headers, createConnection });
    opened.on('upgrade', (_response, socket, head) => new EchoAgent(socket, head, false, behaviour));
    opened.end();
  };
  for (let index = 0; index < 8; index++) connect();
  await all;
  await server.close();
  return cases.map(({ id }) => results.get(id)!);
}

/** Returns the results that are not OK, in the form `id verdict/closeVerdict: text`. */
export function notOk(results: readonly CaseResult[]): string[] {
  return results
    .filter(({ verdict, closeVerdict }) => verdict !== 'INFORMATIONAL' && (verdict !== 'OK' || closeVerdict !== 'OK'))
    .map(({ id, verdict, closeVerdict, text }) => `${id} ${verdict}/${closeVerdict}: ${text}`);
}
