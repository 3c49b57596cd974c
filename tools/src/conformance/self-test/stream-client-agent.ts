import { type IncomingMessage, request as requestHttp } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { DispatchedEvent } from '../sse/client-case.ts';

/** The behaviour of an event stream client of the self-test. A fault changes some of these properties. */
export interface ClientBehaviour {
  /** Decodes the received part of a stream, which may end within a character. */
  readonly decode: (chunks: readonly Buffer[]) => string;
  readonly withoutMark: (text: string, connection: number) => string;
  readonly lineEnd: RegExp;
  /** Returns the part of the received text that it parses now. */
  readonly certain: (text: string) => string;
  readonly split: (line: string) => readonly [name: string, value: string];
  readonly joinData: (data: readonly string[]) => string;
  readonly hasEvent: (data: readonly string[], type: string) => boolean;
  readonly typeOf: (type: string) => string;
  /** The type and id buffers after an event. */
  readonly typeAfter: (type: string) => string;
  readonly idAfter: (id: string) => string;
  readonly isId: (value: string) => boolean;
  /** Returns the reconnection time, or null if the value is ignored. */
  readonly retryOf: (value: string) => number | null;
  readonly maxLine: number;
  /** Returns text that is appended to the received text when the stream ends. */
  readonly rest: (text: string) => string;
  readonly isStream: (status: number, type: string | undefined) => boolean;
  readonly reconnects: (status: number) => boolean;
  readonly reconnectsAtError: boolean;
  readonly fields: (lastEventId: string) => Record<string, string>;
  readonly lastEventIdAfter: (committed: string, buffered: string) => string;
  readonly redirects: readonly number[];
  readonly originOf: (asked: URL, answered: URL) => string;
  readonly opens: boolean;
  readonly tellsLoss: boolean;
  readonly method: string;
  readonly codings: string;
  readonly maxConnections: number;
  /** Returns the part of an unfinished line that is kept for the next connection. */
  readonly carries: (text: string) => string;
  /** Whether `close()` ends the dispatch of events, the reconnections, and the request. */
  readonly closing: { readonly dispatch: boolean; readonly reconnections: boolean; readonly request: boolean };
  /** Whether it reconnects after a redirect that it cannot follow, which the standard leaves open. */
  readonly reconnectsAtBadRedirect: boolean;
  readonly maxRedirects: number;
  /** Whether a valid response is accepted. */
  readonly accepts: (response: IncomingMessage) => boolean;
  readonly acceptsInterim: boolean;
  readonly decodesContent: boolean;
  /** Whether the first type and the first id of an event apply, and not the last. */
  readonly firstApplies: boolean;
  readonly keepsIdAtRedirect: boolean;
  /** Whether it reconnects when a connection breaks within a response. */
  readonly reconnectsAfterBreak: boolean;
  /** The failed attempts in a row after which it is CLOSED. */
  readonly maxFailures: number;
  /** Whether it reads the fields of an event behind its data. */
  readonly readsBehindData: boolean;
  /** Returns the field name of the request as it is written. */
  readonly nameOf: (name: string) => string;
  /** Milliseconds between the arrival of octets and their parsing. */
  readonly delay: number;
  /** Milliseconds that it waits in addition to the reconnection time. */
  readonly moreWaiting: number;
  /** What it reports of an event. */
  readonly report: (event: DispatchedEvent) => DispatchedEvent;
}

export const STANDARD: ClientBehaviour = {
  decode: (chunks) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks), { stream: true }),
  withoutMark: (text) => text.replace(/^\ufeff/, ''),
  lineEnd: /\r\n|\r|\n/,
  certain: (text) => text,
  split: (line) => {
    const [, name = '', value = ''] = line.match(/^([^:]*):? ?(.*)$/s) ?? [];
    return [name, value];
  },
  joinData: (data) => data.join('\n'),
  hasEvent: (data) => data.length > 0,
  typeOf: (type) => type || 'message',
  typeAfter: () => '',
  idAfter: (id) => id,
  isId: (value) => !value.includes('\0'),
  retryOf: (value) => (/^[0-9]+$/.test(value) ? Number(value) : null),
  maxLine: Number.POSITIVE_INFINITY,
  rest: () => '',
  isStream: (status, type) => status === 200 && /^text\/event-stream\s*(;|$)/i.test(type ?? ''),
  reconnects: () => false,
  reconnectsAtError: true,
  fields: (id) => ({ ...(id !== '' && { 'Last-Event-ID': Buffer.from(id).toString('latin1') }) }),
  lastEventIdAfter: (committed) => committed,
  redirects: [301, 302, 303, 307, 308],
  originOf: (_asked, answered) => answered.origin,
  opens: true,
  tellsLoss: true,
  method: 'GET',
  codings: 'gzip, deflate, br',
  maxConnections: 40,
  carries: () => '',
  closing: { dispatch: true, reconnections: true, request: true },
  reconnectsAtBadRedirect: true,
  maxRedirects: 20,
  accepts: () => true,
  acceptsInterim: true,
  decodesContent: true,
  firstApplies: false,
  keepsIdAtRedirect: true,
  reconnectsAfterBreak: true,
  maxFailures: Number.POSITIVE_INFINITY,
  readsBehindData: true,
  nameOf: (name) => name,
  delay: 0,
  moreWaiting: 0,
  report: (event) => event,
};

/** Milliseconds between `close()` and the report. */
const AFTER_CLOSE = 200;

/** Runs the client until it is CLOSED. Resolves with the dispatched events. A listener of `closeOn` calls `close()`. */
export async function runClientAgent(
  address: string,
  behaviour: ClientBehaviour,
  closeOn?: string,
): Promise<DispatchedEvent[]> {
  const events: DispatchedEvent[] = [];
  const { closing } = behaviour;
  let isClosed = false;
  let current: IncomingMessage | undefined;
  let reportClosed = (): void => {};
  const reported = new Promise<void>((resolve) => {
    reportClosed = () => void setTimeout(resolve, AFTER_CLOSE);
  });
  const tell = (type: string, readyState: number, more: Partial<DispatchedEvent> = {}): void => {
    if (isClosed && closing.dispatch) return;
    events.push(behaviour.report({ type, readyState, time: performance.now(), ...more }));
    if (type !== closeOn) return;
    isClosed = true;
    if (closing.request) current?.destroy();
    reportClosed();
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    let [lastEventId, retry, carried] = ['', 3000, ''];
    for (let connection = 1; connection <= behaviour.maxConnections; connection++) {
      const url = new URL(address);
      const answer = await ask(url, lastEventId, behaviour).catch((error: Error) => error);
      failures = answer instanceof Error ? failures + 1 : 0;
      if (failures > behaviour.maxFailures) break;
      if (answer instanceof BadRedirect && !behaviour.reconnectsAtBadRedirect) break;
      if (answer instanceof Error && !behaviour.reconnectsAtError) break;
      if (!(answer instanceof Error) && !isAccepted(answer.response, behaviour)) {
        answer.response.destroy();
        if (!behaviour.reconnects(answer.response.statusCode!)) break;
      } else if (!(answer instanceof Error)) {
        current = answer.response;
        if (behaviour.opens) tell('open', 1);
        const parser = new AgentParser(behaviour, connection, lastEventId, carried, (type, data, id) => {
          tell(type, 1, { data, lastEventId: id, origin: behaviour.originOf(url, answer.url) });
        });
        const isWhole = await parser.read(behaviour.decodesContent ? decoded(answer.response) : answer.response);
        if (!isWhole && !behaviour.reconnectsAfterBreak) break;
        lastEventId = behaviour.lastEventIdAfter(parser.id, parser.idBuffer);
        retry = parser.retry ?? retry;
        carried = behaviour.carries(parser.left);
      }
      if (isClosed && closing.reconnections) return;
      if (behaviour.tellsLoss) tell('error', 0);
      if (isClosed && closing.reconnections) return;
      await wait(retry + behaviour.moreWaiting);
    }
    tell('error', 2);
  };
  const done = run();
  if (closeOn === undefined) await done;
  else await Promise.race([done, reported]);
  if (isClosed) await reported;
  return events;
}

/** Reports the dispatched events of a case. Resolves with the body of the response. Takes a third of the time of `fetch()`. */
export function reportEvents(address: string, events: readonly DispatchedEvent[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = requestHttp(address, { agent: false, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify(events));
  });
}

function isAccepted(response: IncomingMessage, behaviour: ClientBehaviour): boolean {
  return behaviour.isStream(response.statusCode!, response.headers['content-type']) && behaviour.accepts(response);
}

/** A redirect that a client cannot follow. */
class BadRedirect extends Error {}

interface Answer {
  readonly response: IncomingMessage;
  readonly url: URL;
}

async function ask(url: URL, lastEventId: string, behaviour: ClientBehaviour, redirects = 0): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      Accept: 'text/event-stream',
      'Cache-Control': 'no-cache',
      'Accept-Encoding': behaviour.codings,
      ...behaviour.fields(lastEventId),
    };
    const named = Object.entries(headers).map(([name, value]) => [behaviour.nameOf(name), value]);
    const options = { agent: false, method: behaviour.method, headers: Object.fromEntries(named) };
    const request = requestHttp(url, options, resolve);
    request.on('error', reject);
    for (const interim of ['continue', 'information']) {
      request.on(interim, () => {
        if (behaviour.acceptsInterim) return;
        reject(new Error('An interim response'));
        request.destroy();
      });
    }
    request.end();
  });
  const { location } = response.headers;
  if (location === undefined || !behaviour.redirects.includes(response.statusCode!)) return { response, url };
  response.destroy();
  if (redirects === behaviour.maxRedirects || !URL.canParse(location, url.href)) throw new BadRedirect(location);
  const target = new URL(location, url);
  if (target.protocol !== 'http:') throw new BadRedirect(location);
  return ask(target, behaviour.keepsIdAtRedirect ? lastEventId : '', behaviour, redirects + 1);
}

function decoded(response: IncomingMessage): Readable {
  const coding = response.headers['content-encoding'];
  if (coding === 'gzip') return response.pipe(createGunzip());
  if (coding === 'deflate') return response.pipe(createInflate());
  return coding === 'br' ? response.pipe(createBrotliDecompress()) : response;
}

/** A slow and simple parser. It parses all received text again for each chunk. */
class AgentParser {
  id: string;
  idBuffer: string;
  retry: number | null = null;
  /** The unfinished line when the stream ended. */
  left = '';
  #data: string[] = [];
  #type = '';
  readonly #behaviour: ClientBehaviour;
  readonly #connection: number;
  readonly #carried: string;
  readonly #dispatch: (type: string, data: string, id: string) => void;

  constructor(
    behaviour: ClientBehaviour,
    connection: number,
    lastEventId: string,
    carried: string,
    dispatch: (type: string, data: string, id: string) => void,
  ) {
    this.id = lastEventId;
    this.idBuffer = lastEventId;
    this.#behaviour = behaviour;
    this.#connection = connection;
    this.#carried = carried;
    this.#dispatch = dispatch;
  }

  /** Resolves with whether the stream ended as it should. */
  async read(stream: Readable): Promise<boolean> {
    let isWhole = true;
    const chunks: Buffer[] = [];
    const taken = { lines: 0 };
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        if (this.#behaviour.delay > 0) await wait(this.#behaviour.delay);
        const lines = this.#lines(this.#behaviour.certain(this.#text(chunks)));
        // The last part is an unfinished line. After CR, it may turn out to be LF, which adds no line.
        for (const line of lines.slice(taken.lines, -1)) this.#take(line);
        taken.lines = Math.max(taken.lines, lines.length - 1);
      }
    } catch {
      isWhole = false;
    }
    const text = this.#text(chunks);
    this.left = this.#lines(text).at(-1)!;
    for (const line of this.#lines(text + this.#behaviour.rest(text)).slice(taken.lines, -1)) this.#take(line);
    return isWhole;
  }

  #text(chunks: readonly Buffer[]): string {
    return this.#carried + this.#behaviour.withoutMark(this.#behaviour.decode(chunks), this.#connection);
  }

  #lines(text: string): string[] {
    return text.split(this.#behaviour.lineEnd);
  }

  #take(line: string): void {
    const { split, joinData, hasEvent, typeOf, typeAfter, idAfter, isId, retryOf, maxLine, firstApplies } =
      this.#behaviour;
    if (line === '') {
      this.id = this.idBuffer;
      if (hasEvent(this.#data, this.#type)) this.#dispatch(typeOf(this.#type), joinData(this.#data), this.id);
      [this.#data, this.#type, this.idBuffer] = [[], typeAfter(this.#type), idAfter(this.idBuffer)];
      return;
    }
    if (line.length > maxLine) return;
    const [name, value] = split(line);
    if (!this.#behaviour.readsBehindData && this.#data.length > 0 && name !== 'data') return;
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = firstApplies && this.#type !== '' ? this.#type : value;
    else if (name === 'id' && isId(value)) this.idBuffer = firstApplies && this.idBuffer !== '' ? this.idBuffer : value;
    else if (name === 'retry') this.retry = retryOf(value) ?? this.retry;
  }
}
