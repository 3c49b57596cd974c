import { setTimeout as wait } from 'node:timers/promises';
import type { CaseGuard } from '../case-guard.ts';
import { connect, fillPlaceholders, type HeaderFields, HTTP_1, reset } from '../raw-connection.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT } from '../verdict.ts';
import { type Exchange, exchange, hasHeartbeat, type StreamRequest, textOf } from './exchange.ts';
import type { Disturbance, Judgement, Listening, StreamServerCase } from './server-case.ts';

/** Milliseconds that a stream may be silent. HTML §9.2.7 recommends a comment "every 15 seconds or so". */
export const DEFAULT_QUIET_LIMIT = 20_000;

/** The tester stops reading after this many events. */
const ENOUGH_EVENTS = 10;

export interface StreamProbeOptions {
  /** The cases that run at the same time. */
  readonly concurrency: number;
  /** Milliseconds to wait for a response, and to read a stream. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Milliseconds that a stream may be silent. Default: 20,000. */
  readonly quietLimit?: number | undefined;
  /** Header fields to send besides those of a case. */
  readonly headers?: HeaderFields | undefined;
  /** Decides which cases run, and which results count. Default: all. */
  readonly guard?: CaseGuard | undefined;
  /** Called with each result as soon as it is known. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Runs cases against an event-stream server. The results have the order of the cases. */
export async function probeStreamServer(
  url: string,
  cases: readonly StreamServerCase[],
  {
    concurrency,
    timeLimit = DEFAULT_TIME_LIMIT,
    quietLimit = DEFAULT_QUIET_LIMIT,
    headers = {},
    guard,
    onResult,
  }: StreamProbeOptions,
): Promise<CaseResult[]> {
  const server = new ProbedServer(new URL(url), timeLimit, quietLimit, headers);
  const results: CaseResult[] = [];
  // The longest cases run first, and attacks last, so that they do not disturb other cases.
  const order = [...cases.keys()].sort((one, other) => rank(cases[one]!) - rank(cases[other]!));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < order.length) {
      const index = order[next++]!;
      const test = cases[index]!;
      if (guard !== undefined && !(await guard.start(test.id))) continue;
      const result = await probe(server, test);
      if (guard !== undefined && !(await guard.finish(result))) continue;
      results[index] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, cases.length) }, work));
  // Without the places of cases that did not run.
  return results.filter((result) => result !== undefined);
}

function rank({ disturbance, listenFor }: StreamServerCase): number {
  if (listenFor === 'quiet') return 0;
  return disturbance === undefined ? 1 : 2;
}

/** A server, with the responses to earlier requests: equal requests share one. */
class ProbedServer {
  readonly #url: URL;
  readonly #headers: HeaderFields;
  readonly #limits: Readonly<Record<Listening, number>>;
  readonly #responses = new Map<string, Promise<Exchange>>();

  constructor(url: URL, timeLimit: number, quietLimit: number, headers: HeaderFields) {
    this.#url = url;
    this.#headers = headers;
    this.#limits = { head: timeLimit, events: timeLimit, quiet: quietLimit };
  }

  /** Returns the response to an equal request, or sends the request. */
  fetch(request: StreamRequest, listenFor: Listening): Promise<Exchange> {
    const key = JSON.stringify([request, listenFor]);
    const response = this.#responses.get(key) ?? this.fetchAgain(request, listenFor);
    this.#responses.set(key, response);
    return response;
  }

  /** Sends the request. */
  fetchAgain(request: StreamRequest, listenFor: Listening): Promise<Exchange> {
    const fields = { ...this.#headers, ...request.fields };
    return exchange(this.#url, { ...request, fields }, this.#limits[listenFor], (soFar) => {
      if (soFar.status === 0) return false;
      if (listenFor === 'head') return true;
      // A response to HEAD has no body. To see that, the tester waits for the end or the time limit.
      if (request.method === 'HEAD') return soFar.bodyLength > 0;
      if (soFar.status !== 200) return true;
      return listenFor === 'quiet' ? hasHeartbeat(soFar) : textOf(soFar).events.length >= ENOUGH_EVENTS;
    });
  }

  /** Starts hostile traffic. Returns a function that stops it. */
  disturb({ connections, send, cutAfter }: Disturbance): () => void {
    const { href } = this.#url;
    const bytes = Buffer.from(fillPlaceholders(send, href, this.#headers), 'latin1');
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect(href, HTTP_1);
      socket.on('error', () => {});
      if (Number.isFinite(cutAfter)) setTimeout(() => reset(socket), cutAfter).unref();
      // Without a 'data' listener, the socket never reads.
      socket.write(bytes);
      return socket;
    });
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  }
}

async function probe(server: ProbedServer, test: StreamServerCase): Promise<CaseResult> {
  const { listenFor = 'events', disturbance } = test;
  const first = await server.fetch({}, 'events');
  const request = typeof test.request === 'function' ? test.request(first) : (test.request ?? {});
  if (typeof request === 'string') return toResult(test, first, ['UNIMPLEMENTED', request]);
  if (disturbance === undefined) {
    const response = await server.fetch(request, listenFor);
    return toResult(test, response, test.judge(response, first));
  }
  const stop = server.disturb(disturbance);
  if (Number.isFinite(disturbance.cutAfter)) await wait(disturbance.cutAfter);
  const response = await server.fetchAgain(request, listenFor);
  stop();
  return toResult(test, response, test.judge(response, first));
}

function toResult({ id }: StreamServerCase, { duration, started, log }: Exchange, judgement: Judgement): CaseResult {
  const [verdict, text] = judgement ?? (['OK', ''] as const);
  // An event stream has no closing handshake.
  return { id, verdict, closeVerdict: verdict, text, duration, closeCode: null, started, log };
}
