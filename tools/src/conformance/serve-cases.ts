import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { BROWSER_PAGE } from './browser-page.ts';
import { mergeResults, type Report, reportOf } from './report.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';
import type { StreamClientCase } from './sse/client-case.ts';
import { StreamCases } from './sse/stream-cases.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT, resultOf } from './verdict.ts';
import { rejectHandshake, requestText, type UpgradeRequest } from './websocket/accept-handshake.ts';
import { type ConformanceCase, withMessages } from './websocket/case.ts';
import type { ClientHandshakeCase } from './websocket/client-handshake-case.ts';
import { probeClient } from './websocket/probe-client.ts';
import { probeClientHandshake } from './websocket/probe-client-handshake.ts';
import { sendMessage } from './websocket/send-message.ts';
import { WireLog } from './wire-log.ts';

export interface CaseServerOptions {
  readonly port: number;
  readonly host: string;
  /** Serves over TLS, with this certificate and private key in PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Results of an earlier run. A new result of the same agent and case replaces the earlier one. */
  readonly earlier?: Report | undefined;
  /** Whether an agent does not run a case. */
  readonly isExcluded?: ((agent: string, id: string) => boolean) | undefined;
  /** Whether a request for the reports stops the server. */
  readonly stopsAfterReports?: boolean | undefined;
  /** Called when a client has requested to stop the server, and has received the answer. */
  readonly onStop?: (() => void) | undefined;
  /** Returns why a request to stop the server is refused, or null if it is not. Default: any request may stop it. */
  readonly stopRefusalOf?: ((request: IncomingMessage) => string | null) | undefined;
  /** Milliseconds to wait for what a case expects. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Messages of each WebSocket case that sends many. Default: as many as have 1 MiB together, from 10 to 100. */
  readonly messages?: number | undefined;
  /** How many agents may have results: anybody can invent names. Default: 1,000. */
  readonly maxAgents?: number | undefined;
  /** Called with each result. */
  readonly onResult?: ((agent: string, result: CaseResult) => void) | undefined;
  /** Called when a client requests the reports, with the results of all agents so far. */
  readonly onReport?: ((report: Report, agent: string) => void) | undefined;
  /**
   * Returns why a request for the page or for the reports is refused, or null if it is not. The other paths are for clients
   * under test, which may come from any page and call the server by any name: they get cases, and no results of others.
   */
  readonly refusalOf?: ((request: IncomingMessage) => string | null) | undefined;
  /** Makes the HTML page at `/report`. Default: that path has the results as JSON. */
  readonly renderReport?: ((report: Report) => string) | undefined;
}

/** A case for a WebSocket client. */
export type ClientCase = ConformanceCase | ClientHandshakeCase;

export interface CaseServer {
  /** Host and port, such as `127.0.0.1:9001`. */
  readonly address: string;
  /** The results of all agents so far. */
  report(): Report;
  close(): Promise<void>;
}

/**
 * Serves the cases to clients under test. The WebSocket paths are those of the Autobahn suite's fuzzing server, so its
 * drivers run unchanged: `/getCaseCount`, `/runCase?case=N&agent=NAME`, `/getCaseStatus?case=N&agent=NAME`,
 * `/getCaseInfo?case=N`, `/updateReports?agent=NAME`, `/stopServer`. Case numbers start at 1; `casetuple=1.1.1` names a case by
 * its id. `/updateReports?agent=NAME&shutdownOnComplete=true` stops the server, too. {@link StreamCases} has the paths for event
 * streams; their drivers request `/updateReports` and `/stopServer` over HTTP. The page at `/` tests the browser that opens it;
 * `/report` shows the results so far.
 */
export async function serveCases(
  cases: readonly ClientCase[],
  streamCases: readonly StreamClientCase[],
  options: CaseServerOptions,
): Promise<CaseServer> {
  const server = new RunningCaseServer(cases, streamCases, options);
  await server.listen();
  return server;
}

class RunningCaseServer implements CaseServer {
  readonly #cases: readonly ClientCase[];
  readonly #allCases: readonly (ClientCase | StreamClientCase)[];
  readonly #options: CaseServerOptions;
  readonly #streams: StreamCases;
  readonly #http: Server;
  readonly #sockets = new Set<Socket>();
  /** The names of all agents so far. */
  readonly #agents = new Set<string>();
  /** The keys of opening handshakes, each with its agent. */
  readonly #keys = new Set<string>();
  /** By agent, then by the id of the case. */
  readonly #results = new Map<string, Map<string, CaseResult>>();
  /** The latest run of each case, by agent and id. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(cases: readonly ClientCase[], streamCases: readonly StreamClientCase[], options: CaseServerOptions) {
    this.#cases = cases;
    this.#allCases = [...cases, ...streamCases];
    this.#options = options;
    this.#streams = new StreamCases(streamCases, (agent, result) => this.#addResult(agent, result));
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#handleRequest(request, response);
    this.#http = options.tls === undefined ? createServer(handle) : createSecureServer({ ...options.tls }, handle);
    this.#http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#handleUpgrade({ request, socket, head });
    });
    this.#http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get address(): string {
    const { address, port } = this.#http.address() as AddressInfo;
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  listen(): Promise<void> {
    const { port, host } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        // For example, EMFILE: a connection that cannot be accepted does not concern the others.
        this.#http.off('error', reject).on('error', () => {});
        resolve();
      });
    });
  }

  report(): Report {
    const reports = [...this.#results].map(([agent, byId]) => {
      const results = this.#allCases.flatMap(({ id }) => byId.get(id) ?? []);
      return reportOf(agent, this.#allCases, results);
    });
    return mergeResults([this.#options.earlier ?? {}, ...reports]);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      // `closeAllConnections()` omits upgraded connections.
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #addResult(agent: string, result: CaseResult): void {
    const byId = this.#results.get(agent) ?? new Map<string, CaseResult>();
    this.#results.set(agent, byId.set(result.id, result));
    this.#options.onResult?.(agent, result);
  }

  #handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const target = parseRequestTarget(request);
    if (target === null) return void response.writeHead(400).end('Invalid request target or Host\n');
    const { pathname, agent, stops } = caseOf(target);
    if (!this.#isWelcome(agent))
      return void response.writeHead(400, { Connection: 'close' }).end(`${this.#unwelcome()}\n`);
    if (this.#excludesStream(target)) return void response.writeHead(204, ANY_ORIGIN).end();
    if (this.#streams.handle(target, request, response)) return;
    const refusal = CONTROL_PATHS.has(pathname) ? this.#options.refusalOf?.(request) : undefined;
    if (typeof refusal === 'string') return void response.writeHead(403, PLAIN_TEXT).end(refusal);
    if (pathname === '/') {
      response.writeHead(200, HTML).end(BROWSER_PAGE);
    } else if (pathname === '/report') {
      const { renderReport } = this.#options;
      if (renderReport === undefined) response.writeHead(200, JSON_TYPE).end(JSON.stringify(this.report()));
      else response.writeHead(200, HTML).end(renderReport(this.report()));
    } else if (pathname === '/updateReports') {
      this.#streams.finish(agent);
      this.#options.onReport?.(this.report(), agent);
      response.writeHead(204, ANY_ORIGIN).end(() => {
        void this.#stopFor(request, stops || this.#options.stopsAfterReports === true);
      });
    } else if (pathname === '/stopServer') {
      const stopRefusal = this.#options.stopRefusalOf?.(request) ?? null;
      if (stopRefusal !== null) return void response.writeHead(403, PLAIN_TEXT).end(stopRefusal);
      response.writeHead(204, ANY_ORIGIN).end(() => void this.#stopFor(request, true));
    } else {
      this.#noteFailedHandshake(target, request);
      response.writeHead(426, { Upgrade: 'websocket', 'Content-Type': 'text/plain' });
      response.end('This path accepts WebSocket connections only\n');
    }
  }

  /** A request for a case that resembles an opening handshake, but does not request the upgrade, fails the case. */
  #noteFailedHandshake(target: RequestTarget, request: IncomingMessage): void {
    const { pathname, agent } = caseOf(target);
    const isHandshake = request.headers['sec-websocket-key'] !== undefined || request.headers.upgrade !== undefined;
    const test = pathname === '/runCase' && isHandshake ? this.#caseFor(target) : undefined;
    if (test === undefined || this.#options.isExcluded?.(agent, test.id)) return;
    const log = new WireLog();
    log.add('agent', requestText(request));
    const { upgrade = 'no such field', connection = 'no such field' } = request.headers;
    const received = `received Connection: ${connection}, and Upgrade: ${upgrade}`;
    const text = `The request does not ask for an upgrade; expected Connection: Upgrade, and Upgrade: websocket; ${received}`;
    this.#addResult(agent, resultOf(test, 'FAILED', `${text} (RFC 6455 §4.1, items 5 and 6)`, log));
  }

  /** The case that a target names. */
  #caseFor(target: RequestTarget): ClientCase | undefined {
    const { number, id } = caseOf(target);
    return id === null ? this.#cases[number - 1] : this.#cases.find((one) => one.id === id);
  }

  #handleUpgrade(upgrade: UpgradeRequest): void {
    const target = parseRequestTarget(upgrade.request);
    if (target === null) return rejectHandshake(upgrade, 400, 'Invalid request target or Host');
    const { pathname, agent, stops } = caseOf(target);
    if (!this.#isWelcome(agent)) return rejectHandshake(upgrade, 400, this.#unwelcome());
    if (pathname === '/getCaseCount') return void answer(upgrade, String(this.#cases.length));
    if (pathname === '/updateReports') {
      this.#options.onReport?.(this.report(), agent);
      return void answer(upgrade, undefined).then(() =>
        this.#stopFor(upgrade.request, stops || this.#options.stopsAfterReports === true),
      );
    }
    if (pathname === '/stopServer') {
      const refusal = this.#options.stopRefusalOf?.(upgrade.request) ?? null;
      if (refusal !== null) return rejectHandshake(upgrade, 403, refusal);
      return void answer(upgrade, undefined).then(() => this.#stopFor(upgrade.request, true));
    }
    const test = this.#caseFor(target);
    if (test === undefined) return rejectHandshake(upgrade, 404, 'There is no such case, or no such path');
    if (pathname === '/getCaseInfo') {
      return void answer(upgrade, JSON.stringify({ id: test.id, description: test.title }));
    }
    if (pathname === '/getCaseStatus')
      return void this.#sendStatus(upgrade, agent, test.id).catch(() => upgrade.socket.destroy());
    if (pathname === '/runCase') {
      const isExcluded = this.#options.isExcluded?.(agent, test.id) ?? false;
      return isExcluded ? void answer(upgrade, undefined) : this.#run(upgrade, agent, test);
    }
    return rejectHandshake(upgrade, 404, 'There is no such path');
  }

  async #sendStatus(upgrade: UpgradeRequest, agent: string, id: string): Promise<void> {
    // An agent may see its connection close before the tester has a verdict.
    await this.#running.get(`${agent} ${id}`);
    const result = this.#results.get(agent)?.get(id);
    const status =
      result === undefined
        ? { behavior: 'UNKNOWN' }
        : { behavior: result.verdict, behaviorClose: result.closeVerdict, text: result.text };
    return sendMessage(upgrade, JSON.stringify(status));
  }

  #run(upgrade: UpgradeRequest, agent: string, test: ClientCase): void {
    const timeLimit = this.#options.timeLimit ?? DEFAULT_TIME_LIMIT;
    const isKeyRepeated = this.#hasKey(agent, upgrade.request);
    const result =
      'steps' in test
        ? probeClient(withMessages(test, this.#options.messages), upgrade, timeLimit)
        : probeClientHandshake(test, upgrade, timeLimit, isKeyRepeated);
    this.#running.set(
      `${agent} ${test.id}`,
      result
        .catch((error: Error) => {
          upgrade.socket.destroy();
          return resultOf(test, 'FAILED', `The case could not be run: ${error.message}`, new WireLog());
        })
        .then((done) => this.#addResult(agent, done)),
    );
  }

  /** Whether an agent has sent this Sec-WebSocket-Key before. */
  #hasKey(agent: string, { headers }: IncomingMessage): boolean {
    const key = `${headers['sec-websocket-key']} ${agent}`;
    const has = this.#keys.has(key);
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.add(key);
    return has;
  }

  /** Stops the server for a client that may stop it, when the cases that still run have their verdicts. */
  async #stopFor(request: IncomingMessage, isRequested: boolean): Promise<void> {
    if (!isRequested || (this.#options.stopRefusalOf?.(request) ?? null) !== null) return;
    const limit = wait(STEPS * (this.#options.timeLimit ?? DEFAULT_TIME_LIMIT), undefined, { ref: false });
    await Promise.race([Promise.all(this.#running.values()), limit]);
    this.#options.onStop?.();
  }

  /** Whether a request concerns an event stream case that its agent does not run. */
  #excludesStream(target: RequestTarget): boolean {
    const { pathname, agent, number } = caseOf(target);
    if (!STREAM_PATHS.has(pathname)) return false;
    const test = this.#streams.cases[number - 1];
    return test !== undefined && (this.#options.isExcluded?.(agent, test.id) ?? false);
  }

  get #maxAgents(): number {
    return this.#options.maxAgents ?? MAX_AGENTS;
  }

  #unwelcome(): string {
    return `Too many agents (limit ${this.#maxAgents}), or the name of the agent is too long (limit ${MAX_AGENT_LENGTH} characters)`;
  }

  /** Whether there is room for the results of an agent. */
  #isWelcome(agent: string): boolean {
    if (this.#agents.has(agent)) return true;
    if (agent.length > MAX_AGENT_LENGTH || this.#agents.size >= this.#maxAgents) return false;
    this.#agents.add(agent);
    return true;
  }
}

/** What shows results. */
const CONTROL_PATHS: ReadonlySet<string> = new Set(['/', '/report', '/updateReports']);
const STREAM_PATHS: ReadonlySet<string> = new Set(['/runEventStream', '/reportEventStream']);
/** Lets pages of any origin test the browser that they run in. */
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' };
/** How often a case waits for an agent in vain: for what it expects, for the answer to a Close frame, and for the end of TCP. */
const STEPS = 4;
/** How many keys are kept. */
const MAX_KEYS = 20_000;
/** The default of `maxAgents`. */
const MAX_AGENTS = 1_000;
/** Of the name of an agent, in characters. */
const MAX_AGENT_LENGTH = 500;
const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };
const HTML = { 'Content-Type': 'text/html; charset=utf-8' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Sends a message, and closes the connection. */
async function answer(upgrade: UpgradeRequest, message: string | undefined): Promise<void> {
  await sendMessage(upgrade, message).catch(() => upgrade.socket.destroy());
}

/** What a request asks for. */
interface Wanted {
  readonly pathname: string;
  readonly agent: string;
  /** The number of the case. */
  readonly number: number;
  /** The id of the case, if it is named by that. */
  readonly id: string | null;
  /** Whether the server stops after the reports. */
  readonly stops: boolean;
}

function caseOf({ pathname, searchParams }: RequestTarget): Wanted {
  return {
    pathname,
    agent: searchParams.get('agent') ?? 'unknown',
    number: Number(searchParams.get('case')),
    id: searchParams.get('casetuple'),
    stops: searchParams.get('shutdownOnComplete') === 'true',
  };
}
