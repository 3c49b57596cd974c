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
};

const MAX_REDIRECTS = 20;

/** Runs the client until it is CLOSED. Resolves with the dispatched events. */
export async function runClientAgent(address: string, behaviour: ClientBehaviour): Promise<DispatchedEvent[]> {
  const events: DispatchedEvent[] = [];
  const tell = (type: string, readyState: number, more: Partial<DispatchedEvent> = {}): void => {
    events.push({ type, readyState, time: performance.now(), ...more });
  };
  let [lastEventId, retry, carried] = ['', 3000, ''];
  for (let connection = 1; connection <= behaviour.maxConnections; connection++) {
    const url = new URL(address);
    const answer = await ask(url, lastEventId, behaviour).catch(() => null);
    if (answer === null && !behaviour.reconnectsAtError) break;
    if (answer !== null && !behaviour.isStream(answer.response.statusCode!, answer.response.headers['content-type'])) {
      answer.response.destroy();
      if (!behaviour.reconnects(answer.response.statusCode!)) break;
    } else if (answer !== null) {
      if (behaviour.opens) tell('open', 1);
      const parser = new AgentParser(behaviour, connection, lastEventId, carried, (type, data, id) => {
        tell(type, 1, { data, lastEventId: id, origin: behaviour.originOf(url, answer.url) });
      });
      await parser.read(decoded(answer.response));
      lastEventId = behaviour.lastEventIdAfter(parser.id, parser.idBuffer);
      retry = parser.retry ?? retry;
      carried = behaviour.carries(parser.left);
    }
    if (behaviour.tellsLoss) tell('error', 0);
    await wait(retry);
  }
  tell('error', 2);
  return events;
}

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
    const request = requestHttp(url, { agent: false, method: behaviour.method, headers }, resolve);
    request.on('error', reject);
    request.end();
  });
  const { location } = response.headers;
  if (location === undefined || !behaviour.redirects.includes(response.statusCode!)) return { response, url };
  response.destroy();
  if (redirects === MAX_REDIRECTS) throw new Error('Too many redirects');
  return ask(new URL(location, url), lastEventId, behaviour, redirects + 1);
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

  async read(stream: Readable): Promise<void> {
    const chunks: Buffer[] = [];
    const taken = { lines: 0 };
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        const lines = this.#lines(this.#behaviour.certain(this.#text(chunks)));
        // The last part is an unfinished line. After CR, it may turn out to be LF, which adds no line.
        for (const line of lines.slice(taken.lines, -1)) this.#take(line);
        taken.lines = Math.max(taken.lines, lines.length - 1);
      }
    } catch {
      // The connection broke.
    }
    const text = this.#text(chunks);
    this.left = this.#lines(text).at(-1)!;
    for (const line of this.#lines(text + this.#behaviour.rest(text)).slice(taken.lines, -1)) this.#take(line);
  }

  #text(chunks: readonly Buffer[]): string {
    return this.#carried + this.#behaviour.withoutMark(this.#behaviour.decode(chunks), this.#connection);
  }

  #lines(text: string): string[] {
    return text.split(this.#behaviour.lineEnd);
  }

  #take(line: string): void {
    const { split, joinData, hasEvent, typeOf, typeAfter, idAfter, isId, retryOf, maxLine } = this.#behaviour;
    if (line === '') {
      this.id = this.idBuffer;
      if (hasEvent(this.#data, this.#type)) this.#dispatch(typeOf(this.#type), joinData(this.#data), this.id);
      [this.#data, this.#type, this.idBuffer] = [[], typeAfter(this.#type), idAfter(this.idBuffer)];
      return;
    }
    if (line.length > maxLine) return;
    const [name, value] = split(line);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && isId(value)) this.idBuffer = value;
    else if (name === 'retry') this.retry = retryOf(value) ?? this.retry;
  }
}
