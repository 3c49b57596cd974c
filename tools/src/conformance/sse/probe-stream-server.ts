import { setTimeout as wait } from 'node:timers/promises';
import { connect, fillPlaceholders } from '../raw-connection.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT } from '../verdict.ts';
import { isBeating } from './cases/20-servers.ts';
import { type Exchange, exchange, HTTP_1, type StreamRequest, textOf } from './exchange.ts';
import type { Disturbance, Judgement, Listening, StreamServerCase } from './server-case.ts';

/** Milliseconds that a stream may be quiet: HTML §9.2.7 speaks of a comment "every 15 seconds or so". */
export const DEFAULT_QUIET_LIMIT = 20_000;

/** With so many events, a stream is known well enough. */
const ENOUGH_EVENTS = 10;

export interface StreamProbeOptions {
  /** Cases that run at once. */
  readonly concurrency: number;
  /** Milliseconds that the server is listened to, and that an answer may take. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Milliseconds that the stream may be quiet. Default: 20,000. */
  readonly quietLimit?: number | undefined;
  /** Called with each result, in the order in which they come. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Runs cases against a server of event streams; the results are in the order of the cases. */
export async function probeStreamServer(
  url: string,
  cases: readonly StreamServerCase[],
  { concurrency, timeLimit = DEFAULT_TIME_LIMIT, quietLimit = DEFAULT_QUIET_LIMIT, onResult }: StreamProbeOptions,
): Promise<CaseResult[]> {
  const server = new ProbedServer(new URL(url), timeLimit, quietLimit);
  const results: CaseResult[] = [];
  // Those that others may not disturb first; and what takes longest before what takes less.
  const order = [...cases.keys()].sort((one, other) => rank(cases[one]!) - rank(cases[other]!));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < order.length) {
      const index = order[next++]!;
      const result = await probe(server, cases[index]!);
      results[index] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, cases.length) }, work));
  return results;
}

function rank({ disturbance, listen }: StreamServerCase): number {
  if (listen === 'quiet') return 0;
  return disturbance === undefined ? 1 : 2;
}

/** A server, and what it has answered: to ask the same once will do. */
class ProbedServer {
  readonly #url: URL;
  readonly #limits: Readonly<Record<Listening, number>>;
  readonly #answers = new Map<string, Promise<Exchange>>();

  constructor(url: URL, timeLimit: number, quietLimit: number) {
    this.#url = url;
    this.#limits = { head: timeLimit, events: timeLimit, quiet: quietLimit };
  }

  ask(request: StreamRequest, listen: Listening): Promise<Exchange> {
    const key = JSON.stringify([request, listen]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.askAnew(request, listen);
    this.#answers.set(key, answer);
    return answer;
  }

  askAnew(request: StreamRequest, listen: Listening): Promise<Exchange> {
    return exchange(this.#url, request, this.#limits[listen], (soFar) => {
      if (soFar.status === 0) return false;
      if (listen === 'head') return true;
      // Behind the head of HEAD there should be nothing, which takes a while to see.
      if (request.method === 'HEAD') return soFar.bodyLength > 0;
      if (soFar.status !== 200) return true;
      return listen === 'quiet' ? isBeating(soFar) : textOf(soFar).events.length >= ENOUGH_EVENTS;
    });
  }

  /** Returns what ends it. */
  disturb({ connections, send, cutAfter }: Disturbance): () => void {
    const { href } = this.#url;
    const bytes = Buffer.from(fillPlaceholders(send, href), 'latin1');
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect(href, HTTP_1);
      socket.on('error', () => {});
      if (Number.isFinite(cutAfter)) setTimeout(() => socket.resetAndDestroy(), cutAfter).unref();
      // Nothing is read: it has no 'data' listener.
      socket.write(bytes);
      return socket;
    });
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  }
}

async function probe(server: ProbedServer, test: StreamServerCase): Promise<CaseResult> {
  const { ask = {}, listen = 'events', disturbance } = test;
  const first = await server.ask({}, 'events');
  const request = typeof ask === 'function' ? ask(first) : ask;
  if (typeof request === 'string') return judged(test, first, ['UNIMPLEMENTED', request]);
  if (disturbance === undefined) {
    const answer = await server.ask(request, listen);
    return judged(test, answer, test.judge(answer, first));
  }
  const stop = server.disturb(disturbance);
  if (Number.isFinite(disturbance.cutAfter)) await wait(disturbance.cutAfter);
  const answer = await server.askAnew(request, listen);
  stop();
  return judged(test, answer, test.judge(answer, first));
}

function judged({ id }: StreamServerCase, { duration, log }: Exchange, judgement: Judgement): CaseResult {
  const [verdict, text] = judgement ?? (['OK', ''] as const);
  // An event stream has no closing handshake.
  return { id, verdict, closeVerdict: verdict, text, duration, closeCode: null, log };
}
