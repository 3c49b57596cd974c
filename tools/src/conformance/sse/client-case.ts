import type { Verdict } from '../verdict.ts';

/** What a client under test has told: an event that it dispatched. */
export interface DispatchedEvent {
  /** `open`, `error`, `message`, or the type that the stream gave it. */
  readonly type: string;
  readonly data?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly origin?: string | undefined;
  /** That of the EventSource within the listener. */
  readonly readyState?: number | undefined;
  /** Milliseconds, from whenever. */
  readonly time?: number | undefined;
}

/** What a server does for one request. */
export interface StreamAnswer {
  /** Default: 200. */
  readonly status?: number;
  /** Default: the type of event streams. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Each a write of its own. */
  readonly chunks?: readonly (string | Buffer)[];
  /** Milliseconds between the chunks. Default: the next turn. */
  readonly pause?: number;
  /** Sent before, with the status 100 or 103. */
  readonly interim?: 100 | 103;
  /** How it ends. Default: as HTTP has it. `cut`: TCP ends, and HTTP does not. */
  readonly ending?: 'whole' | 'cut';
  /** Sent as it is, instead of all that. */
  readonly raw?: string;
  /** Compressed so, if the client takes it. */
  readonly coding?: 'gzip' | 'deflate' | 'br';
  /** The Location of a redirect: `THERE` is a request target that has the answers of `there`, `HERE` that of the request, `ORIGIN` and `OTHER` are origins. */
  readonly location?: string;
}

/** Stands in what is expected for another origin of the same server. */
export const OTHER_ORIGIN = 'OTHER';

/** What a request of the client is to be like. */
export interface ExpectedRequest {
  /** The last event ID; empty: no Last-Event-ID. */
  readonly lastEventId: string;
  /** Milliseconds since the answer before was over. */
  readonly after?: number;
}

/** One test of a client of event streams, or of a parser. */
export interface StreamClientCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** Whether it takes a whole client, which reconnects: of a parser, only the events of the first answer are judged. */
  readonly needsClient: boolean;
  /** To the first request, the second, …; behind them comes 204, which ends it for good. */
  readonly answers: readonly StreamAnswer[];
  /** Where a redirect leads to. */
  readonly there?: readonly StreamAnswer[];
  /** Of a client, all events; where a parser will do, those with data. */
  readonly expect: readonly DispatchedEvent[];
  /** As right. */
  readonly orExpect?: readonly DispatchedEvent[];
  readonly nonStrict?: readonly DispatchedEvent[];
  /** All requests but those of redirects. Default: not looked at. */
  readonly requests?: readonly ExpectedRequest[];
  /** Milliseconds that the second event with data comes after the first, if the client tells times: it is sent so much later. */
  readonly apart?: number;
  /** Types that the client listens to, besides `message`. */
  readonly types: readonly string[];
}

/** What a request was like. */
export interface SeenRequest {
  readonly method: string;
  readonly accept: string;
  readonly cacheControl: string;
  readonly lastEventId: string;
  /** Milliseconds since the answer before was over; undefined for the first. */
  readonly after: number | undefined;
  readonly isRedirected: boolean;
}

/** A clock that is read a little early is no fault of the client's. */
const CLOCK_TOLERANCE = 20;

export function judgeClient(
  test: StreamClientCase,
  events: readonly DispatchedEvent[],
  seen: readonly SeenRequest[],
  otherOrigin: string,
): { readonly verdict: Verdict; readonly text: string } {
  const told = test.needsClient ? events : events.filter(({ data }) => data !== undefined);
  const differenceTo = (expected: readonly DispatchedEvent[]): string =>
    difference(told, expected, test.needsClient, otherOrigin);
  const wrong = differenceTo(test.expect);
  const is = (expected: readonly DispatchedEvent[] | undefined): boolean =>
    expected !== undefined && differenceTo(expected) === '';
  if (wrong !== '' && !is(test.orExpect)) {
    const isHarmless = is(test.nonStrict);
    return { verdict: isHarmless ? 'NON-STRICT' : 'FAILED', text: wrong };
  }
  const late = test.apart === undefined ? '' : notApart(told, test.apart);
  if (late !== '') return { verdict: 'FAILED', text: late };
  const asked = test.requests === undefined ? '' : wrongRequest(seen, test.requests);
  if (asked !== '') return { verdict: 'FAILED', text: asked };
  const loose = test.needsClient ? looseRequest(seen) : '';
  return loose === '' ? { verdict: 'OK', text: '' } : { verdict: 'NON-STRICT', text: loose };
}

function difference(
  told: readonly DispatchedEvent[],
  expected: readonly DispatchedEvent[],
  isClient: boolean,
  otherOrigin: string,
): string {
  for (let index = 0; index < Math.max(told.length, expected.length); index++) {
    const [is, should] = [told[index], expected[index]];
    // A parser knows no states; nobody has to tell them.
    const tellsState = isClient && is?.readyState !== undefined;
    const [actual, wanted] = [words(is, tellsState), words(should, tellsState)];
    if (actual !== wanted) return `Event ${index + 1} is ${actual}, and should be ${wanted}`;
    const origin = should?.origin === OTHER_ORIGIN ? otherOrigin : undefined;
    if (origin !== undefined && is?.origin !== undefined && is.origin !== origin) {
      return `The origin of event ${index + 1} is "${is.origin}", and should be "${origin}"`;
    }
  }
  return '';
}

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
const SHOWN = 80;

function words(event: DispatchedEvent | undefined, tellsState: boolean): string {
  if (event === undefined) return 'none';
  const { type, data, lastEventId = '', readyState = 1 } = event;
  const state = tellsState ? ` while ${STATES[readyState]}` : '';
  if (data === undefined) return `"${type}"${state}`;
  const text = data.length > SHOWN ? `${data.length} characters, ${hash(data)}` : JSON.stringify(data);
  return `${JSON.stringify(type)} with ${text} and the id ${JSON.stringify(lastEventId)}${state}`;
}

/** Tells long texts apart. */
function hash(text: string): string {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) | 0;
  return `sum ${sum >>> 0}`;
}

function notApart(told: readonly DispatchedEvent[], atLeast: number): string {
  const [first, second] = told.filter(({ data }) => data !== undefined);
  if (first?.time === undefined || second?.time === undefined) return '';
  const apart = second.time - first.time;
  if (apart >= atLeast / 2) return '';
  return `The first event was dispatched ${Math.round(apart)} ms before the second, which was sent ${atLeast} ms later`;
}

function wrongRequest(all: readonly SeenRequest[], expected: readonly ExpectedRequest[]): string {
  const seen = all.filter(({ isRedirected }) => !isRedirected);
  if (seen.length !== expected.length) return `${seen.length} requests came, and should be ${expected.length}`;
  for (const [index, { lastEventId, after = 0 }] of expected.entries()) {
    const request = seen[index]!;
    if (request.lastEventId !== lastEventId) {
      return `Last-Event-ID of request ${index + 1} is ${JSON.stringify(request.lastEventId)}, and should be ${JSON.stringify(lastEventId)}`;
    }
    if ((request.after ?? 0) < after - CLOCK_TOLERANCE) {
      return `Request ${index + 1} came after ${Math.round(request.after ?? 0)} ms, and the reconnection time is ${after} ms`;
    }
  }
  return '';
}

/** What should be in each request, and harms nobody. */
function looseRequest(seen: readonly SeenRequest[]): string {
  for (const [index, { method, accept, cacheControl }] of seen.entries()) {
    const which = `of request ${index + 1}`;
    if (method !== 'GET') return `The method ${which} is ${method}`;
    if (!/^text\/event-stream\s*(,|;|$)/i.test(accept)) return `Accept ${which} is "${accept}"`;
    if (!/no-cache|no-store/i.test(cacheControl))
      return `Cache-Control ${which} is "${cacheControl}": a cache might answer`;
  }
  return '';
}
