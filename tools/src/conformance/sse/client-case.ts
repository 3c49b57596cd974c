import type { Verdict } from '../verdict.ts';

/** An event that a client under test has dispatched and reported. */
export interface DispatchedEvent {
  /** `open`, `error`, `message`, or the type in the stream. */
  readonly type: string;
  readonly data?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly origin?: string | undefined;
  /** The readyState of the EventSource when its listener ran. */
  readonly readyState?: number | undefined;
  /** Milliseconds since any fixed moment. */
  readonly time?: number | undefined;
}

/** The response to one request. */
export interface StreamResponse {
  /** Default: 200. */
  readonly status?: number;
  /** Default: the Content-Type of event streams. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Each is one write. */
  readonly chunks?: readonly (string | Buffer)[];
  /** Milliseconds between two chunks. Default: one turn of the event loop. */
  readonly pause?: number;
  /** The status of an interim response before this one. */
  readonly interim?: 100 | 103;
  /** How the response ends: complete, `cut` by the end of TCP, or only when the `client` ends it. Default: `whole`. */
  readonly ending?: 'whole' | 'cut' | 'client';
  /** Octets to send instead of a response made from the other properties. */
  readonly raw?: string;
  /** The content coding, if the client accepts it. */
  readonly coding?: 'gzip' | 'deflate' | 'br';
  /**
   * The Location of a redirect. Placeholders: `THERE` is the target of redirects, with the responses `redirectTarget`;
   * `HERE` is the target of the request; `ORIGIN` is the origin of the request, and `OTHER` another one.
   */
  readonly location?: string;
}

/** In an expected event, the origin of the request, and another origin of the same server. */
export type ExpectedOrigin = 'SAME' | 'OTHER';

/** A request that the client must send. */
export interface ExpectedRequest {
  /** The value of Last-Event-ID; empty if the field must be missing. */
  readonly lastEventId: string;
  /** The minimum of milliseconds since the end of the previous response. */
  readonly after?: number;
}

/** One test of an event-stream client or parser. */
export interface StreamClientCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** Whether the case needs a client that reconnects. Otherwise, only the events with data in the first response are judged. */
  readonly needsClient: boolean;
  /** The responses, in the order of the requests. Later requests receive 204, which makes the client stop. */
  readonly responses: readonly StreamResponse[];
  /** The responses of the target of redirects. */
  readonly redirectTarget?: readonly StreamResponse[];
  /** All events of a client, or the events with data of a parser. */
  readonly expect: readonly DispatchedEvent[];
  /** An equally correct alternative. */
  readonly orExpect?: readonly DispatchedEvent[];
  /** Events that deviate from the standard without harm. */
  readonly nonStrict?: readonly DispatchedEvent[];
  /** All requests except those for the target of redirects. Default: not judged. */
  readonly requests?: readonly ExpectedRequest[];
  /** The first requests for the target of redirects. Default: not judged. */
  readonly redirectedRequests?: readonly ExpectedRequest[];
  /**
   * The client must call `close()` in its listener of the first event of this type, and report after a while. It must then
   * end the request: a response with the ending `client` shows whether it does.
   */
  readonly closeOn?: string;
  /** The milliseconds between the first two events with data, as sent. Judged only if the client reports times. */
  readonly minGap?: number;
  /** Whether the method, Accept and Cache-Control of the requests are judged. One case does, so that no other verdict hides. */
  readonly judgesFields?: boolean;
  /** The types, besides `message`, that the client must listen for. */
  readonly types: readonly string[];
}

/** A request that the client has sent. */
export interface SeenRequest {
  readonly method: string;
  readonly accept: string;
  readonly cacheControl: string;
  readonly lastEventId: string;
  /** Whether the field is there, and empty. */
  readonly hasEmptyId: boolean;
  /** Milliseconds since the end of the previous response; undefined for the first request. */
  readonly after: number | undefined;
  readonly isRedirected: boolean;
}

/** Milliseconds. The clocks of the tester and of the client may differ slightly. */
const CLOCK_TOLERANCE = 20;

/** What the tester knows of a run besides the reported events. */
export interface SeenRun {
  readonly requests: readonly SeenRequest[];
  /** The origin of the requests, and another origin of the same server. */
  readonly origins: Readonly<Record<ExpectedOrigin, string>>;
  /** Whether a response that the client must end did not end. */
  readonly isOpen: boolean;
}

export function judgeClient(
  test: StreamClientCase,
  events: readonly DispatchedEvent[],
  { requests: seen, origins, isOpen }: SeenRun,
): { readonly verdict: Verdict; readonly text: string } {
  const judged = test.needsClient ? events : events.filter(({ data }) => data !== undefined);
  const differenceTo = (expected: readonly DispatchedEvent[]): string =>
    difference(judged, expected, test.needsClient, origins);
  const matches = (expected: readonly DispatchedEvent[] | undefined): boolean =>
    expected !== undefined && differenceTo(expected) === '';
  const wrongEvent = differenceTo(test.expect);
  if (wrongEvent !== '' && !matches(test.orExpect)) {
    return { verdict: matches(test.nonStrict) ? 'NON-STRICT' : 'FAILED', text: wrongEvent };
  }
  const wrong =
    (test.minGap === undefined ? '' : lateEvent(judged, test.minGap)) ||
    wrongRequest(seen, false, test.requests) ||
    wrongRequest(seen, true, test.redirectedRequests) ||
    (isOpen ? 'The request did not end after close()' : '');
  if (wrong !== '') return { verdict: 'FAILED', text: wrong };
  const nonStrict = test.judgesFields === true ? nonStrictRequest(seen) : '';
  return nonStrict === '' ? { verdict: 'OK', text: '' } : { verdict: 'NON-STRICT', text: nonStrict };
}

/** The first wrong event, in words; empty if there is none. */
function difference(
  actual: readonly DispatchedEvent[],
  expected: readonly DispatchedEvent[],
  isClient: boolean,
  origins: SeenRun['origins'],
): string {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const [event, expectedEvent] = [actual[index], expected[index]];
    // A parser has no readyState, and a client need not report it.
    const hasState = isClient && event?.readyState !== undefined;
    const [received, wanted] = [describeEvent(event, hasState), describeEvent(expectedEvent, hasState)];
    if (received !== wanted) {
      const wrong = event === undefined ? 'is missing' : expectedEvent === undefined ? 'is unexpected' : 'is wrong';
      return `Event ${index + 1} ${wrong}; expected ${wanted}; received ${received}`;
    }
    const origin = origins[expectedEvent?.origin as ExpectedOrigin];
    if (origin !== undefined && event?.origin !== undefined && event.origin !== origin) {
      return `Event ${index + 1} has the wrong origin; expected "${origin}"; received "${event.origin}"`;
    }
  }
  return '';
}

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];
/** The characters of data that a text shows. */
const MAX_SHOWN = 80;

function describeEvent(event: DispatchedEvent | undefined, hasState: boolean): string {
  if (event === undefined) return 'nothing';
  const { type, data, lastEventId = '', readyState = 1 } = event;
  const state = hasState ? ` while ${STATES[readyState]}` : '';
  if (data === undefined) return `"${type}"${state}`;
  const text = data.length > MAX_SHOWN ? `${data.length} characters, ${checksum(data)}` : JSON.stringify(data);
  return `${JSON.stringify(type)} with ${text} and the id ${JSON.stringify(lastEventId)}${state}`;
}

/** Distinguishes long texts. */
function checksum(text: string): string {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) | 0;
  return `checksum ${sum >>> 0}`;
}

/** The first event was dispatched only with the second one. */
function lateEvent(events: readonly DispatchedEvent[], gap: number): string {
  const [first, second] = events.filter(({ data }) => data !== undefined);
  if (first?.time === undefined || second?.time === undefined) return '';
  const actual = second.time - first.time;
  if (actual >= gap / 2) return '';
  return `Event 1 is late; expected it ${gap} ms before event 2; received it ${Math.round(actual)} ms before`;
}

function wrongRequest(
  all: readonly SeenRequest[],
  areRedirected: boolean,
  expected: readonly ExpectedRequest[] | undefined,
): string {
  if (expected === undefined) return '';
  const seen = all.filter(({ isRedirected }) => isRedirected === areRedirected);
  const kind = areRedirected ? 'redirected request' : 'request';
  // After a redirect, a client may reconnect to either URL.
  if (areRedirected ? seen.length < expected.length : seen.length !== expected.length) {
    return `Wrong number of ${kind}s; expected ${expected.length}; received ${seen.length}`;
  }
  for (const [index, { lastEventId, after = 0 }] of expected.entries()) {
    const request = seen[index]!;
    if (request.lastEventId !== lastEventId) {
      const [wanted, received] = [lastEventId, request.lastEventId].map((id) => JSON.stringify(id));
      return `Wrong Last-Event-ID in ${kind} ${index + 1}; expected ${wanted}; received ${received}`;
    }
    if (request.hasEmptyId) {
      return `Wrong Last-Event-ID in ${kind} ${index + 1}; expected no such field; received an empty one`;
    }
    if ((request.after ?? 0) < after - CLOCK_TOLERANCE) {
      const actual = Math.round(request.after ?? 0);
      return `Request ${index + 1} is early; expected it after ${after} ms; received it after ${actual} ms`;
    }
  }
  return '';
}

/** The first deviation that does no harm. */
function nonStrictRequest(seen: readonly SeenRequest[]): string {
  for (const [index, { method, accept, cacheControl }] of seen.entries()) {
    const where = `in request ${index + 1}`;
    if (method !== 'GET') return `Wrong method ${where}; expected GET; received ${method}`;
    if (!/^text\/event-stream\s*(,|;|$)/i.test(accept)) {
      return `Wrong Accept ${where}; expected text/event-stream; received "${accept}"`;
    }
    if (!/no-cache|no-store/i.test(cacheControl)) {
      return `Wrong Cache-Control ${where}; expected no-cache or no-store; received "${cacheControl}"`;
    }
  }
  return '';
}
