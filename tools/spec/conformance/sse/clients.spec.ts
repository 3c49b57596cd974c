import { describe, expect, it } from 'vitest';
import { EventSource as OurEventSource } from '../../../../src/sse/index.ts';
import { EventParser } from '../../../../src/sse/wire/event-parser.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import type { DispatchedEvent, StreamClientCase } from '../../../src/conformance/sse/client-case.ts';
import type { CaseResult } from '../../../src/conformance/verdict.ts';
import { type ClientBehaviour, runClientAgent, STANDARD } from './client-agent.ts';
import { runInEventSource } from './event-source-driver.ts';

type Run = (url: string, test: StreamClientCase) => Promise<readonly DispatchedEvent[]>;

/** What is not OK, by id. */
async function probe(cases: readonly StreamClientCase[], run: Run): Promise<Record<string, string>> {
  const results: CaseResult[] = [];
  const onResult = (_agent: string, result: CaseResult): void => void results.push(result);
  const server = await serveCases([], cases, { port: 0, host: '127.0.0.1', onResult });
  const remaining = [...cases.entries()];
  const work = async (): Promise<void> => {
    for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
      const query = `case=${next[0] + 1}&agent=it`;
      const events = await run(`http://${server.address}/runEventStream?${query}`, next[1]);
      const body = JSON.stringify(events);
      const response = await fetch(`http://${server.address}/reportEventStream?${query}`, { method: 'POST', body });
      expect(await response.json()).toMatchObject({ behavior: expect.any(String) });
    }
  };
  // Tests that run concurrently cannot use onTestFinished.
  await Promise.all(Array.from({ length: 8 }, work)).finally(() => server.close());
  expect(results).toHaveLength(cases.length);
  return Object.fromEntries(
    results.filter(({ verdict }) => verdict !== 'OK').map(({ id, verdict, text }) => [id, `${verdict}: ${text}`]),
  );
}

/** The same. Some cases are a matter of milliseconds: those that are not OK are repeated. */
async function probeWithRetries(cases: readonly StreamClientCase[], run: Run): Promise<Record<string, string>> {
  let found = await probe(cases, run);
  for (let attempt = 0; attempt < 3 && Object.keys(found).length > 0; attempt++) {
    const remaining = cases.filter(({ id }) => id in found);
    found = await probe(remaining, run);
  }
  return found;
}

const parsing = STREAM_CLIENT_CATALOGUE.filter(({ needsClient }) => !needsClient);

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const splits =
  (change: (name: string, value: string, line: string) => readonly [string, string]) =>
  (line: string): readonly [string, string] => {
    const [name, value] = STANDARD.split(line);
    return change(name, value, line);
  };

/** The faults of clients, and the titles of the cases that find each: every case, in at least one of its chunkings. */
const FAULTS: readonly (readonly [fault: string, changes: Partial<ClientBehaviour>, caughtBy: readonly string[]])[] = [
  ['knows only LF', { lineEnd: /\n/ }, ['CR', 'CRLF', 'CR within a line ends it']],
  ['knows only LF and CRLF', { lineEnd: /\r\n|\n/ }, ['CR', 'LF, CRLF and CR mixed']],
  ['treats CRLF as two line ends', { lineEnd: /\r|\n/ }, ['CRLF is one end of line']],
  ['treats LF and CR as one line end', { lineEnd: /\r\n|\n\r|\r|\n/ }, ['LF and CR are two']],
  ['treats several line ends as one', { lineEnd: /(?:\r\n|\r|\n){2,}/ }, ['LF', 'Data in one line']],
  ['ends lines as Unicode does', { lineEnd: /\r\n|[\r\n\u2028\u2029\u0085]/ }, ['Characters that end lines elsewhere']],
  ['ends lines at vertical tabs', { lineEnd: /\r\n|[\r\n\v\f]/ }, ['Characters that end lines elsewhere']],
  ['keeps the byte order mark', { withoutMark: (text) => text }, ['A byte order mark, and the first field']],
  [
    'removes all leading byte order marks',
    { withoutMark: (text) => text.replace(/^\ufeff+/, '') },
    ['Two byte order marks: one goes'],
  ],
  [
    'removes byte order marks everywhere',
    { withoutMark: (text) => text.replaceAll('\ufeff', '') },
    ['A byte order mark that is not the first', 'A byte order mark within data stays'],
  ],
  [
    'decodes each segment by itself',
    { decode: (chunks) => chunks.map(utf8).join('') },
    ['Characters of two, three and four octets'],
  ],
  ['decodes Latin-1', { decode: (chunks) => Buffer.concat(chunks).toString('latin1') }, ['An id outside Latin-1']],
  [
    'drops bytes that are not UTF-8',
    { decode: (chunks) => STANDARD.decode(chunks).replaceAll('\ufffd', '') },
    ['Octets that are no UTF-8', 'Overlong forms and surrogates', 'Code points past U+10FFFF'],
  ],
  [
    'ends text at NULL',
    { split: (line) => STANDARD.split(line.split('\0')[0]!) },
    ['NULL and other control characters', 'A name that is longer by NULL'],
  ],
  ['forgets long lines', { maxLine: 65_536 }, ['A line of 100,000 characters']],
  [
    'removes all leading spaces',
    { split: splits((name, value) => [name, value.trimStart()]) },
    ['Only one space goes'],
  ],
  [
    'removes a leading tab',
    { split: splits((name, value) => [name, value.replace(/^\t/, '')]) },
    ['A tab behind the colon stays'],
  ],
  ['removes no space', { split: splits((name, _, line) => [name, line.slice(name.length + 1)]) }, ['Data in one line']],
  [
    'removes the first character',
    { split: splits((name, _, line) => [name, line.slice(name.length + 2)]) },
    ['Without a space behind the colon'],
  ],
  ['removes trailing spaces', { split: splits((name, value) => [name, value.trimEnd()]) }, ['Only one space goes']],
  [
    'splits at each colon',
    { split: splits((name, _, line) => [name, (line.split(':')[1] ?? '').replace(/^ /, '')]) },
    ['A colon within the value'],
  ],
  [
    'ignores fields without a colon',
    { split: splits((name, value, line) => [line.includes(':') ? name : '', value]) },
    ['A field without a colon', 'Two fields without a value', 'An id that is taken away'],
  ],
  [
    'ignores the case of field names',
    { split: splits((name, value) => [name.toLowerCase(), value]) },
    ['Names in other letters'],
  ],
  [
    'trims field names',
    { split: splits((name, value) => [name.trim(), value]) },
    ['A space before the colon', 'A space before the name', 'A tab before the name'],
  ],
  [
    'matches only the beginning of field names',
    { split: splits((name, value) => [name.slice(0, 4), value]) },
    ['Unknown fields', 'A name that is longer by NULL'],
  ],
  [
    'treats comments as data',
    { split: splits((name, value) => [name === '' ? 'data' : name, value]) },
    ['Comments', 'A comment within an event'],
  ],
  ['reads what comments say', { split: (line) => STANDARD.split(line.replace(/^: ?/, '')) }, ['Comments']],
  ['puts nothing between lines', { joinData: (data) => data.join('') }, ['Data in several lines']],
  ['keeps the last line end', { joinData: (data) => `${data.join('\n')}\n` }, ['Data in one line']],
  ['has one line of data', { joinData: (data) => data.at(-1) ?? '' }, ['Data in several lines', '1000 lines of data']],
  ['trims data', { joinData: (data) => data.join('\n').trim() }, ['Two fields without a value']],
  [
    'dispatches events without data',
    { hasEvent: (data, type) => data.length > 0 || type !== '' },
    ['An empty line without data', 'A type of an event without data goes'],
  ],
  ['dispatches no empty data', { hasEvent: (data) => data.some((one) => one !== '') }, ['An empty value']],
  ['dispatches all as messages', { typeOf: () => 'message' }, ['A type']],
  ['trims the type', { typeOf: (type) => type.trim() || 'message' }, ['A type with a space before it']],
  [
    'makes types lower case',
    { typeOf: (type) => type.toLowerCase() || 'message' },
    ['A type in other letters is another type'],
  ],
  ['keeps the type', { typeAfter: (type) => type }, ['A type', 'A type of an event without data goes']],
  ['dispatches an empty type', { typeOf: (type) => type }, ['An empty type is message']],
  ['forgets the id', { idAfter: () => '' }, ['An id stays', 'An id of an event without data stays']],
  ['accepts ids with NULL', { isId: () => true }, ['An id with NULL is ignored', 'One with NULL is not']],
  [
    'ignores empty ids',
    { isId: (value) => value !== '' },
    ['An id that is taken away', 'One that was taken away is not'],
  ],
  [
    'accepts only numbers as ids',
    { isId: (value) => /^\d*$/.test(value) },
    ['An id with spaces', 'An id outside Latin-1'],
  ],
  [
    'dispatches the unfinished event at the end',
    { rest: (text) => (/[\r\n]$/.test(text) ? '\n' : '\n\n') },
    ['An event that does not end', 'A line that does not end', 'The end behind one end of line'],
  ],
  [
    'reconnects without a delay',
    { retryOf: () => 1 },
    ['The reconnection time is kept', 'It stays over connections, and the last one counts'],
  ],
  [
    'accepts any 2xx status',
    { isStream: (status, type) => status < 300 && STANDARD.isStream(200, type) },
    ['The status 201', 'The status 206'],
  ],
  [
    'accepts any status',
    { isStream: (_status, type) => STANDARD.isStream(200, type) },
    ['The status 404', 'The status 500'],
  ],
  [
    'accepts any content type',
    { isStream: (status) => status === 200 },
    ['The type text/plain', 'No type', 'The type application/json'],
  ],
  [
    'accepts content types with a valid prefix',
    { isStream: (status, type) => status === 200 && /^text\/event-stream/i.test(type ?? '') },
    ['The type text/event-streams'],
  ],
  [
    'accepts only the exact content type',
    { isStream: (status, type) => status === 200 && type === 'text/event-stream' },
    ['The type TEXT/Event-Stream', 'The type text/event-stream;charset=utf-8'],
  ],
  ['reconnects after a server error', { reconnects: (status) => status >= 500 }, ['The status 500', 'The status 503']],
  ['reconnects after 429', { reconnects: (status) => status === 429 }, ['The status 429']],
  ['ends at a network error', { reconnectsAtError: false }, ['A connection that is cut before the response']],
  [
    'never reconnects',
    { maxConnections: 1 },
    ['A stream, and then the status 204', 'Ten streams, one after the other'],
  ],
  ['sends no Last-Event-ID', { fields: () => ({}) }, ['The last event ID is sent', 'It stays over connections']],
  [
    'sends an empty Last-Event-ID',
    { fields: (id) => ({ 'Last-Event-ID': id || ' x' }) },
    ['Without an id, no Last-Event-ID'],
  ],
  [
    'sends Latin-1',
    {
      fields: (id) => ({
        ...(id !== '' && [...id].every((character) => character <= '\xff') && { 'Last-Event-ID': id }),
      }),
    },
    ['One within Latin-1 is sent as UTF-8', 'One outside Latin-1 is sent as UTF-8'],
  ],
  [
    'percent-encodes the id',
    { fields: (id) => ({ ...(id !== '' && { 'Last-Event-ID': encodeURIComponent(id) }) }) },
    ['One with spaces between, commas and quotes', 'One outside Latin-1 is sent as UTF-8'],
  ],
  [
    'keeps the id of an unfinished event',
    { lastEventIdAfter: (_committed, buffered) => buffered },
    ['That of an event that does not end is not'],
  ],
  [
    'forgets the id when the connection ends',
    { lastEventIdAfter: () => '' },
    ['The last event ID is sent', 'It stays over connections'],
  ],
  ['carries half a line over to the next connection', { carries: (text) => text }, ['Half a line is gone']],
  [
    'removes the byte order mark of the first stream only',
    { withoutMark: (text, connection) => (connection === 1 ? STANDARD.withoutMark(text, 1) : text) },
    ['A byte order mark of the second stream'],
  ],
  ['follows no redirect', { redirects: [] }, ['A redirect with 301', 'A redirect to a whole URL']],
  ['follows the old redirects', { redirects: [301, 302, 303] }, ['A redirect with 307', 'A redirect with 308']],
  [
    'gives events the origin of the request',
    { originOf: ({ origin }) => origin },
    ['A redirect to another origin: events are of that one'],
  ],
  ['emits no open event', { opens: false }, ['A stream, and then the status 204']],
  ['emits no error event for a lost connection', { tellsLoss: false }, ['A stream, and then the status 204']],
  [
    'waits for more input after CR',
    { certain: (text) => text.replace(/\r$/, '') },
    ['An event is dispatched at once, and not with the next: CR'],
  ],
  [
    'keeps the last event',
    { certain: (text) => text.slice(0, Math.max(0, text.length - 1)) },
    ['An event is dispatched at once, and not with the next: LF', 'A compressed event is dispatched at once'],
  ],
];

/** The cases with such a title, whatever the chunking. */
function titled(titles: readonly string[]): StreamClientCase[] {
  const cases = STREAM_CLIENT_CATALOGUE.filter(({ title }) =>
    titles.some((one) => title === one || title.startsWith(`${one}, `)),
  );
  return cases;
}

describe('the cases for clients of event streams', () => {
  it('are all passed by EventSource', async () => {
    const run: Run = (url, { types }) => runInEventSource(OurEventSource as unknown as typeof EventSource, url, types);
    expect(await probeWithRetries(STREAM_CLIENT_CATALOGUE, run)).toEqual({});
    expect(STREAM_CLIENT_CATALOGUE.length).toBeGreaterThan(400);
  }, 120_000);

  it('those of parsers are all passed by EventParser', async () => {
    const run: Run = async (url) => {
      const events: DispatchedEvent[] = [];
      const parser = new EventParser({
        onEvent: ({ type, data, lastEventId }) => void events.push({ type, data, lastEventId }),
      });
      for await (const chunk of (await fetch(url)).body!) parser.push(chunk);
      return events;
    };
    expect(await probeWithRetries(parsing, run)).toEqual({});
  }, 120_000);

  it('find nothing in a client that follows the standard', async () => {
    expect(await probeWithRetries(STREAM_CLIENT_CATALOGUE, (url) => runClientAgent(url, STANDARD))).toEqual({});
  }, 120_000);

  // Some faults are a matter of milliseconds. Other load on the machine may hide them, but not each time.
  it.concurrent.each(FAULTS)('find a client that %s', { retry: 3 }, async (_fault, changes, caughtBy) => {
    const cases = titled(caughtBy);
    const found = await probe(cases, (url) => runClientAgent(url, { ...STANDARD, ...changes }));
    for (const title of caughtBy) {
      const verdicts = titled([title]).map(({ id }) => found[id] ?? 'OK');
      expect(verdicts, title).toContainEqual(expect.stringMatching(/^FAILED: ./));
    }
  });

  it('check the requests', async () => {
    const cases = titled(['A stream, and then the status 204']);
    for (const [changes, message] of [
      [{ method: 'POST' }, 'The method of request 1 is POST'],
      [{ fields: () => ({ Accept: '*/*' }) }, 'Accept of request 1 is "*/*"'],
      [
        { fields: () => ({ 'Cache-Control': 'max-age=10' }) },
        'Cache-Control of request 1 is "max-age=10": a cache might answer',
      ],
    ] as const) {
      const found = await probe(cases, (url) => runClientAgent(url, { ...STANDARD, ...changes }));
      expect(Object.values(found)).toEqual([`NON-STRICT: ${message}`]);
    }
  });
});
