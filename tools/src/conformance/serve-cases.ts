import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'pushwire';
import { htmlOf } from '../report/conformance/html.ts';
import { type Report, reportOf } from '../report/conformance/results.ts';
import { BROWSER_PAGE } from './browser-page.ts';
import { rejectUpgrade } from './reject-upgrade.ts';
import type { StreamClientCase } from './sse/client-case.ts';
import { StreamCases } from './sse/stream-cases.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT } from './verdict.ts';
import type { ConformanceCase } from './websocket/case.ts';
import type { ClientHandshakeCase } from './websocket/client-handshake-case.ts';
import { probeClient } from './websocket/probe-client.ts';
import { probeClientHandshake } from './websocket/probe-client-handshake.ts';

export interface CaseServerOptions {
  readonly port: number;
  readonly host: string;
  /** Milliseconds that what is expected may take to come. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Called with each result. */
  readonly onResult?: ((agent: string, result: CaseResult) => void) | undefined;
  /** Called when a client asks for the reports, with those of all agents so far. */
  readonly onReport?: ((report: Report, agent: string) => void) | undefined;
}

/** A case of a client that echoes. */
export type ClientCase = ConformanceCase | ClientHandshakeCase;

export interface CaseServer {
  /** As `127.0.0.1:9001`. */
  readonly address: string;
  /** Of all agents so far. */
  report(): Report;
  close(): Promise<void>;
}

/**
 * Serves the cases to clients under test, on the paths of the Autobahn suite's fuzzing server, so that the drivers that
 * exist for it run unchanged: `/getCaseCount`, `/runCase?case=N&agent=NAME`, `/getCaseStatus?case=N&agent=NAME`,
 * `/getCaseInfo?case=N`, `/updateReports?agent=NAME`. Cases are counted from 1. The paths of event streams are those of
 * {@link StreamCases}; `/updateReports` is asked by HTTP there. At `/` is a page that tests the browser, at `/report` the
 * results so far.
 */
export async function serveCases(
  cases: readonly ClientCase[],
  streamCases: readonly StreamClientCase[],
  options: CaseServerOptions,
): Promise<CaseServer> {
  const { onResult, onReport, timeLimit = DEFAULT_TIME_LIMIT } = options;
  const results = new Map<string, Map<string, CaseResult>>();
  const take = (agent: string, result: CaseResult): void => {
    results.set(agent, (results.get(agent) ?? new Map<string, CaseResult>()).set(result.id, result));
    onResult?.(agent, result);
  };
  const streams = new StreamCases(streamCases, take);
  const all = [...cases, ...streamCases];
  const http = createServer((request, response) => {
    if (streams.handle(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname === '/' || pathname === '/report') {
      const page = pathname === '/' ? BROWSER_PAGE : htmlOf(report());
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
      return;
    }
    if (pathname !== '/updateReports') {
      response.writeHead(426, { Upgrade: 'websocket', 'Content-Type': 'text/plain' }).end('This is for WebSockets\n');
      return;
    }
    const agent = searchParams.get('agent') ?? 'unknown';
    streams.finish(agent);
    onReport?.(report(), agent);
    response.writeHead(204, { 'Access-Control-Allow-Origin': '*' }).end();
  });
  const running = new Map<string, Promise<void>>();
  const control = new WebSocketServer({ noServer: true });
  const sockets = new Set<Duplex>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const report = (): Report =>
    Object.assign({}, ...[...results].map(([agent, byId]) => reportOf(agent, all, runInOrder(all, byId))));

  /** Answers by one message, and closes. */
  const answer = (request: IncomingMessage, socket: Duplex, head: Buffer, message: string | undefined): void => {
    control.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {});
      if (message !== undefined) webSocket.send(message);
      webSocket.close(1000);
    });
  };

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const agent = searchParams.get('agent') ?? 'unknown';
    const test = cases[Number(searchParams.get('case')) - 1];
    if (pathname === '/getCaseCount') return answer(request, socket, head, String(cases.length));
    if (pathname === '/updateReports') {
      onReport?.(report(), agent);
      return answer(request, socket, head, undefined);
    }
    if (test === undefined) return rejectUpgrade(socket, 404, 'There is no such case, or no such path');
    if (pathname === '/getCaseInfo') {
      return answer(request, socket, head, JSON.stringify({ id: test.id, description: test.title }));
    }
    if (pathname === '/getCaseStatus') {
      // An agent may know that the connection is closed before the tester has seen enough.
      return void Promise.resolve(running.get(`${agent} ${test.id}`)).then(() => {
        const result = results.get(agent)?.get(test.id);
        const status =
          result === undefined
            ? { behavior: 'UNKNOWN' }
            : { behavior: result.verdict, behaviorClose: result.closeVerdict, text: result.text };
        answer(request, socket, head, JSON.stringify(status));
      });
    }
    if (pathname !== '/runCase') return rejectUpgrade(socket, 404, 'There is no such path');
    const run = (
      'steps' in test
        ? probeClient(test, request, socket, head, timeLimit)
        : probeClientHandshake(test, request, socket, head, timeLimit)
    ).then((result) => take(agent, result));
    running.set(`${agent} ${test.id}`, run);
  });
  await listen(http, options);
  const { address, port } = http.address() as AddressInfo;
  return {
    address: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    report,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        // HTTP's own list has not those that were upgraded.
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function runInOrder(cases: readonly { readonly id: string }[], byId: ReadonlyMap<string, CaseResult>): CaseResult[] {
  return cases.flatMap(({ id }) => byId.get(id) ?? []);
}

function listen(http: Server, { port, host }: CaseServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => resolve());
  });
}
