import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { constants, createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import type { RequestTarget } from '../request-target.ts';
import { type CaseResult, resultOf } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import {
  type DispatchedEvent,
  judgeClient,
  type SeenRequest,
  type SeenRun,
  type StreamClientCase,
  type StreamResponse,
} from './client-case.ts';

/** The bytes that the report of a client may have. */
const MAX_REPORT = 16 * 1024 * 1024;
/** The requests that a run may have. */
const MAX_REQUESTS = 1_000;
/** Milliseconds after which a response ends that the client has not ended. */
const MAX_OPEN = 5_000;
/** Milliseconds that a client has to end a response, after its report. */
const TIME_TO_END = 1_000;
/**
 * Milliseconds between the octets of a broken response and the end of TCP. A client that learns of both at once may report the
 * broken response only.
 */
const BEFORE_END = 100;
/** The octets of a chunk that the log shows. */
const MAX_LOGGED = 200;

/** A case that a client is running, from its first request to its report. */
interface Run {
  readonly log: WireLog;
  readonly seen: SeenRequest[];
  /** When the last response ended. */
  respondedAt: number | undefined;
  /** The requests for the target of redirects. */
  redirected: number;
  /** The responses that the client must end, and has not ended. */
  readonly open: Set<ServerResponse>;
}

/**
 * Serves cases to event-stream clients, on these paths. Case numbers start at 1.
 *
 * - `GET /eventStreamCases?agent=NAME`: the cases as JSON, with the `types` to listen for, `needsClient` if a parser is not enough, and
 *   `closeOn` if a listener must call `close()`. What an earlier driver of this agent has begun is forgotten.
 * - `GET /runEventStream?case=N&agent=NAME`: the stream.
 * - `POST /reportEventStream?case=N&agent=NAME`: the dispatched events, as a JSON array of `{ type, data, lastEventId,
 *   origin, readyState, time }`, sent when the EventSource is CLOSED, or 200 ms after `close()`. The response is the verdict.
 */
export class StreamCases {
  readonly cases: readonly StreamClientCase[];
  readonly #onResult: (agent: string, result: CaseResult) => void;
  readonly #runs = new Map<string, Run>();

  constructor(cases: readonly StreamClientCase[], onResult: (agent: string, result: CaseResult) => void) {
    this.cases = cases;
    this.#onResult = onResult;
  }

  /** Responds to a request for one of these paths. Returns whether it was one. */
  handle({ pathname, searchParams }: RequestTarget, request: IncomingMessage, response: ServerResponse): boolean {
    const isReport = pathname === '/reportEventStream';
    // When a connection in a keep-alive pool ends, a client may repeat its request without an event.
    response.shouldKeepAlive = false;
    const agent = searchParams.get('agent') ?? 'unknown';
    if (pathname === '/eventStreamCases') {
      // Otherwise, the first request of a new driver would count as the reconnection of one that was interrupted.
      for (const { id } of this.cases) this.#runs.delete(`${agent} ${id}`);
      sendJson(
        response,
        this.cases.map(({ id, title, section, types, needsClient, closeOn }, index) => {
          return { number: index + 1, id, title, section, types, needsClient, closeOn };
        }),
      );
      return true;
    }
    if (pathname !== '/runEventStream' && !isReport) return false;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { ...ANY_ORIGIN, 'Access-Control-Allow-Headers': '*' }).end();
      return true;
    }
    const test = this.cases[Number(searchParams.get('case')) - 1];
    if (test === undefined) {
      response.writeHead(404, ANY_ORIGIN).end('There is no such case\n');
      return true;
    }
    const responded = isReport
      ? this.#report(test, agent, request, response)
      : this.#respond(test, agent, request, response, searchParams.has('there'));
    // Whatever a client does concerns its connection only.
    responded.catch(() => response.destroy());
    return true;
  }

  /** Fails the cases that an agent has started and not reported. */
  finish(agent: string): void {
    for (const test of this.cases) {
      const run = this.#runs.get(`${agent} ${test.id}`);
      this.#runs.delete(`${agent} ${test.id}`);
      if (run !== undefined)
        this.#onResult(agent, resultOf(test, 'FAILED', 'The agent did not report its events', run.log));
    }
  }

  async #respond(
    test: StreamClientCase,
    agent: string,
    request: IncomingMessage,
    response: ServerResponse,
    isRedirectTarget: boolean,
  ): Promise<void> {
    const run = this.#runOf(agent, test.id);
    if (run.seen.length >= MAX_REQUESTS) return void response.writeHead(429, ANY_ORIGIN).end();
    const responses = isRedirectTarget ? (test.redirectTarget ?? []) : test.responses;
    const number = isRedirectTarget ? run.redirected++ : run.seen.filter(({ isRedirected }) => !isRedirected).length;
    run.seen.push(seenRequest(request, run, isRedirectTarget));
    run.log.add('agent', `${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.on('error', () => {});
    const description = responses[number] ?? { status: 204 };
    if (description.ending === 'client') {
      run.open.add(response);
      response.on('close', () => run.open.delete(response));
    }
    let endedAt: number | undefined;
    await sendResponse(description, request, response, run.log, () => {
      endedAt = performance.now();
    });
    run.respondedAt = endedAt ?? performance.now();
  }

  async #report(
    test: StreamClientCase,
    agent: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const run = this.#runOf(agent, test.id);
    const events = await readReport(request);
    if (events === null) {
      response.writeHead(400, ANY_ORIGIN).end('The report must be a JSON array of events\n');
      return;
    }
    this.#runs.delete(`${agent} ${test.id}`);
    const { log, seen } = run;
    await endOf(run.open);
    for (const event of events.slice(0, 100)) {
      log.add('agent', `dispatched ${JSON.stringify(event).slice(0, MAX_LOGGED)}`);
    }
    const { verdict, text } = judgeClient(test, events, {
      requests: seen,
      origins: originsOf(request),
      isOpen: run.open.size > 0,
    });
    for (const one of run.open) one.destroy();
    this.#onResult(agent, resultOf(test, verdict, text, log));
    return sendJson(response, { behavior: verdict, text });
  }

  #runOf(agent: string, id: string): Run {
    const key = `${agent} ${id}`;
    const run = this.#runs.get(key) ?? {
      log: new WireLog(),
      seen: [],
      respondedAt: undefined,
      redirected: 0,
      open: new Set(),
    };
    this.#runs.set(key, run);
    return run;
  }
}

/** Resolves when the client has ended these responses, which may take it a moment, or does not end them in time. */
async function endOf(responses: ReadonlySet<ServerResponse>): Promise<void> {
  if (responses.size === 0) return;
  const timer = new AbortController();
  const ends = [...responses].map((response) => new Promise((resolve) => response.on('close', resolve)));
  await Promise.race([wait(TIME_TO_END, undefined, { signal: timer.signal }).catch(() => {}), Promise.all(ends)]);
  timer.abort();
}

/** Lets pages of any origin test the browser that they run in. */
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' };

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { ...ANY_ORIGIN, 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function seenRequest({ method, headers }: IncomingMessage, { respondedAt }: Run, isRedirected: boolean): SeenRequest {
  return {
    method: method ?? '',
    accept: headers.accept ?? '',
    cacheControl: headers['cache-control'] ?? '',
    // Node.js decodes header fields as Latin-1.
    lastEventId: Buffer.from(String(headers['last-event-id'] ?? ''), 'latin1').toString(),
    hasEmptyId: headers['last-event-id'] === '',
    after: respondedAt === undefined ? undefined : performance.now() - respondedAt,
    isRedirected,
  };
}

function schemeOf(socket: Socket): string {
  return socket instanceof TLSSocket ? 'https' : 'http';
}

/** The origin of a request, and that of the same server under another host name. */
function originsOf({ headers, socket }: IncomingMessage): SeenRun['origins'] {
  const { origin, hostname, port } = new URL(`${schemeOf(socket)}://${headers.host}`);
  const other = hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  return { SAME: origin, OTHER: `${schemeOf(socket)}://${other}:${port}` };
}

/**
 * Sends a response, and resolves when it is closed.
 *
 * @param onEnd called just before the end is sent. On a busy machine, the client may see the end long before the response is
 *   closed here
 */
async function sendResponse(
  description: StreamResponse,
  request: IncomingMessage,
  response: ServerResponse,
  log: WireLog,
  onEnd: () => void,
): Promise<void> {
  const {
    status = 200,
    fields,
    chunks = [],
    pause = 0,
    interim,
    ending = 'whole',
    raw,
    coding,
    location,
  } = description;
  // A response has no socket while it waits for an earlier one on its connection.
  const { socket } = request;
  if (raw !== undefined) {
    log.add('tester', JSON.stringify(raw));
    const done = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    if (raw === '') {
      onEnd();
      socket.destroy();
    } else {
      socket.write(raw);
      const timer = setTimeout(() => {
        onEnd();
        socket.end();
      }, BEFORE_END);
      socket.on('close', () => clearTimeout(timer));
    }
    return done;
  }
  const isCompressed = coding !== undefined && String(request.headers['accept-encoding'] ?? '').includes(coding);
  const head: Record<string, string> = {
    ...(fields ?? (status === 204 ? {} : { 'Content-Type': 'text/event-stream' })),
    ...ANY_ORIGIN,
    ...(isCompressed && { 'Content-Encoding': coding }),
    ...(location !== undefined && { Location: locationOf(location, request) }),
  };
  log.add('tester', `${status} ${JSON.stringify(head)}`);
  if (interim === 100) response.writeContinue();
  if (interim === 103) response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  response.writeHead(status, head);
  response.flushHeaders();
  socket.setNoDelay();
  const coder = isCompressed
    ? { gzip: createGzip, deflate: createDeflate, br: createBrotliCompress }[coding]()
    : undefined;
  coder?.pipe(response);
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await (pause === 0 ? nextTurn() : wait(pause));
    if (response.destroyed) return;
    const shown = Buffer.from(chunk as string).toString('utf8', 0, MAX_LOGGED);
    log.add('tester', JSON.stringify(shown) + (chunk.length > MAX_LOGGED ? `… (${chunk.length} octets)` : ''));
    if (coder === undefined) response.write(chunk);
    else {
      coder.write(chunk);
      const kind = coding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
      // The types of the Brotli encoder lack this argument.
      (coder.flush as (kind: number, done: () => void) => void)(kind, () => {});
    }
  }
  const closed = new Promise<void>((resolve) => response.on('close', () => resolve()));
  if (ending === 'cut') {
    if (pause > 0) await wait(pause);
    onEnd();
    socket.destroy();
  } else if (ending === 'client') {
    const timer = setTimeout(() => socket.destroy(), MAX_OPEN);
    await closed;
    clearTimeout(timer);
  } else {
    onEnd();
    if (coder === undefined) response.end();
    else coder.end();
  }
  await closed;
}

function locationOf(location: string, request: IncomingMessage): string {
  return location
    .replace('ORIGIN', `${schemeOf(request.socket)}://${request.headers.host}`)
    .replace('OTHER', originsOf(request).OTHER)
    .replace('THERE', `${request.url}&there`)
    .replace('HERE', String(request.url));
}

/** Reads a report. Returns null if it is invalid. */
async function readReport(request: IncomingMessage): Promise<DispatchedEvent[] | null> {
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_REPORT) return null;
    }
    const events: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return Array.isArray(events) && events.every(isEvent) ? events : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is DispatchedEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, data, lastEventId, origin, readyState, time } = value as Record<string, unknown>;
  const isText = (field: unknown): boolean => field === undefined || typeof field === 'string';
  const isNumber = (field: unknown): boolean => field === undefined || typeof field === 'number';
  return (
    typeof type === 'string' &&
    isText(data) &&
    isText(lastEventId) &&
    isText(origin) &&
    isNumber(readyState) &&
    isNumber(time)
  );
}
