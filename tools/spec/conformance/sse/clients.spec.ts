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
  ['knows only LF', { lineEnd: /\n/ }, ['CR', 'CRLF', 'CR ends a line']],
  ['knows only LF and CRLF', { lineEnd: /\r\n|\n/ }, ['CR', 'LF, CRLF and CR mixed']],
  ['treats CRLF as two line ends', { lineEnd: /\r|\n/ }, ['CRLF is one line ending']],
  ['treats LF and CR as one line end', { lineEnd: /\r\n|\n\r|\r|\n/ }, ['LF followed by CR is two line endings']],
  ['treats several line ends as one', { lineEnd: /(?:\r\n|\r|\n){2,}/ }, ['LF', 'Data in one line']],
  [
    'ends lines as Unicode does',
    { lineEnd: /\r\n|[\r\n\u2028\u2029\u0085]/ },
    ['Characters that are line endings elsewhere'],
  ],
  ['ends lines at vertical tabs', { lineEnd: /\r\n|[\r\n\v\f]/ }, ['Characters that are line endings elsewhere']],
  ['keeps the byte order mark', { withoutMark: (text) => text }, ['A byte order mark before the first field']],
  [
    'removes all leading byte order marks',
    { withoutMark: (text) => text.replace(/^\ufeff+/, '') },
    ['Two byte order marks, of which only the first is removed'],
  ],
  [
    'removes byte order marks everywhere',
    { withoutMark: (text) => text.replaceAll('\ufeff', '') },
    ['A byte order mark after the beginning', 'A byte order mark within data'],
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
    ['Octets that are not valid UTF-8', 'Overlong forms and surrogates', 'Code points above U+10FFFF'],
  ],
  [
    'ends text at NULL',
    { split: (line) => STANDARD.split(line.split('\0')[0]!) },
    ['NULL and other control characters', 'A field name followed by NULL'],
  ],
  ['forgets long lines', { maxLine: 65_536 }, ['A line of 100,000 characters']],
  [
    'removes all leading spaces',
    { split: splits((name, value) => [name, value.trimStart()]) },
    ['Several spaces after the colon, of which only one is removed'],
  ],
  [
    'removes a leading tab',
    { split: splits((name, value) => [name, value.replace(/^\t/, '')]) },
    ['A tab after the colon'],
  ],
  ['removes no space', { split: splits((name, _, line) => [name, line.slice(name.length + 1)]) }, ['Data in one line']],
  [
    'removes the first character',
    { split: splits((name, _, line) => [name, line.slice(name.length + 2)]) },
    ['No space after the colon'],
  ],
  [
    'removes trailing spaces',
    { split: splits((name, value) => [name, value.trimEnd()]) },
    ['Several spaces after the colon, of which only one is removed'],
  ],
  [
    'splits at each colon',
    { split: splits((name, _, line) => [name, (line.split(':')[1] ?? '').replace(/^ /, '')]) },
    ['A colon within the value'],
  ],
  [
    'ignores fields without a colon',
    { split: splits((name, value, line) => [line.includes(':') ? name : '', value]) },
    ['A field without a colon', 'Two fields without a value', 'An id that is reset'],
  ],
  [
    'ignores the case of field names',
    { split: splits((name, value) => [name.toLowerCase(), value]) },
    ['Field names in other case'],
  ],
  [
    'trims field names',
    { split: splits((name, value) => [name.trim(), value]) },
    ['A space before the colon', 'A space before the name', 'A tab before the name'],
  ],
  [
    'matches only the beginning of field names',
    { split: splits((name, value) => [name.slice(0, 4), value]) },
    ['Unknown fields', 'A field name followed by NULL'],
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
    ['An empty line without data', 'A type of an event without data, which is discarded'],
  ],
  ['dispatches no empty data', { hasEvent: (data) => data.some((one) => one !== '') }, ['An empty value']],
  ['dispatches all as messages', { typeOf: () => 'message' }, ['A type']],
  ['trims the type', { typeOf: (type) => type.trim() || 'message' }, ['A type with a leading space']],
  ['makes types lower case', { typeOf: (type) => type.toLowerCase() || 'message' }, ['Types that differ only in case']],
  ['keeps the type', { typeAfter: (type) => type }, ['A type', 'A type of an event without data, which is discarded']],
  ['dispatches an empty type', { typeOf: (type) => type }, ['An empty type, which means message']],
  ['forgets the id', { idAfter: () => '' }, ['An id that persists', 'An id of an event without data, which persists']],
  ['accepts ids with NULL', { isId: () => true }, ['An id with NULL, which is ignored', 'An id with NULL is not sent']],
  ['ignores empty ids', { isId: (value) => value !== '' }, ['An id that is reset', 'An id that was reset is not sent']],
  [
    'accepts only numbers as ids',
    { isId: (value) => /^\d*$/.test(value) },
    ['An id with spaces', 'An id outside Latin-1'],
  ],
  [
    'dispatches the unfinished event at the end',
    { rest: (text) => (/[\r\n]$/.test(text) ? '\n' : '\n\n') },
    ['An incomplete event', 'An incomplete line', 'A stream that ends after one line'],
  ],
  [
    'reconnects without a delay',
    { retryOf: () => 1 },
    [
      'The client waits for the reconnection time',
      'The last reconnection time applies, and persists across connections',
    ],
  ],
  [
    'accepts any 2xx status',
    { isStream: (status, type) => status < 300 && STANDARD.isStream(200, type) },
    ['Status 201', 'Status 206'],
  ],
  ['accepts any status', { isStream: (_status, type) => STANDARD.isStream(200, type) }, ['Status 404', 'Status 500']],
  [
    'accepts any content type',
    { isStream: (status) => status === 200 },
    ['Content-Type text/plain', 'No Content-Type', 'Content-Type application/json'],
  ],
  [
    'accepts content types with a valid prefix',
    { isStream: (status, type) => status === 200 && /^text\/event-stream/i.test(type ?? '') },
    ['Content-Type text/event-streams'],
  ],
  [
    'accepts only the exact content type',
    { isStream: (status, type) => status === 200 && type === 'text/event-stream' },
    ['Content-Type TEXT/Event-Stream', 'Content-Type text/event-stream;charset=utf-8'],
  ],
  ['reconnects after a server error', { reconnects: (status) => status >= 500 }, ['Status 500', 'Status 503']],
  ['reconnects after 429', { reconnects: (status) => status === 429 }, ['Status 429']],
  ['ends at a network error', { reconnectsAtError: false }, ['A connection that ends before the response']],
  ['never reconnects', { maxConnections: 1 }, ['A stream, then status 204', 'Ten streams in a row']],
  [
    'sends no Last-Event-ID',
    { fields: () => ({}) },
    ['The last event ID is sent', 'The last event ID persists across connections'],
  ],
  [
    'sends an empty Last-Event-ID',
    { fields: (id) => ({ 'Last-Event-ID': id || ' x' }) },
    ['No Last-Event-ID without an id'],
  ],
  [
    'sends Latin-1',
    {
      fields: (id) => ({
        ...(id !== '' && [...id].every((character) => character <= '\xff') && { 'Last-Event-ID': id }),
      }),
    },
    ['An id within Latin-1 is sent as UTF-8', 'An id outside Latin-1 is sent as UTF-8'],
  ],
  [
    'percent-encodes the id',
    { fields: (id) => ({ ...(id !== '' && { 'Last-Event-ID': encodeURIComponent(id) }) }) },
    ['An id with spaces, commas and quotes is sent', 'An id outside Latin-1 is sent as UTF-8'],
  ],
  [
    'keeps the id of an unfinished event',
    { lastEventIdAfter: (_committed, buffered) => buffered },
    ['The id of an incomplete event is not sent'],
  ],
  [
    'forgets the id when the connection ends',
    { lastEventIdAfter: () => '' },
    ['The last event ID is sent', 'The last event ID persists across connections'],
  ],
  ['carries half a line over to the next connection', { carries: (text) => text }, ['An incomplete line is discarded']],
  [
    'removes the byte order mark of the first stream only',
    { withoutMark: (text, connection) => (connection === 1 ? STANDARD.withoutMark(text, 1) : text) },
    ['A byte order mark at the beginning of the second stream'],
  ],
  ['follows no redirect', { redirects: [] }, ['A redirect with status 301', 'A redirect to an absolute URL']],
  [
    'follows the old redirects',
    { redirects: [301, 302, 303] },
    ['A redirect with status 307', 'A redirect with status 308'],
  ],
  [
    'gives events the origin of the request',
    { originOf: ({ origin }) => origin },
    ['A redirect to another origin, which becomes the origin of the events'],
  ],
  ['emits no open event', { opens: false }, ['A stream, then status 204']],
  ['emits no error event for a lost connection', { tellsLoss: false }, ['A stream, then status 204']],
  [
    'waits for more input after CR',
    { certain: (text) => text.replace(/\r$/, '') },
    ['An event is dispatched before the next one arrives: CR'],
  ],
  [
    'keeps the last event',
    { certain: (text) => text.slice(0, Math.max(0, text.length - 1)) },
    [
      'An event is dispatched before the next one arrives: LF',
      'A compressed event is dispatched before the next one arrives',
    ],
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
    const cases = titled(['A stream, then status 204']);
    for (const [changes, message] of [
      [{ method: 'POST' }, 'Wrong method in request 1; expected GET; received POST'],
      [{ fields: () => ({ Accept: '*/*' }) }, 'Wrong Accept in request 1; expected text/event-stream; received "*/*"'],
      [
        { fields: () => ({ 'Cache-Control': 'max-age=10' }) },
        'Wrong Cache-Control in request 1; expected no-cache or no-store; received "max-age=10"',
      ],
    ] as const) {
      const found = await probe(cases, (url) => runClientAgent(url, { ...STANDARD, ...changes }));
      expect(Object.values(found)).toEqual([`NON-STRICT: ${message}`]);
    }
  });
});
