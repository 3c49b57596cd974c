import { describe, expect, it } from 'vitest';
import { EventSource as OurEventSource } from '../../../../src/sse/index.ts';
import { EventParser } from '../../../../src/sse/wire/event-parser.ts';
import { STREAM_CLIENT_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { reportOf } from '../../../src/conformance/report.ts';
import { serveCases } from '../../../src/conformance/serve-cases.ts';
import type { DispatchedEvent, StreamClientCase } from '../../../src/conformance/sse/client-case.ts';
import type { CaseResult } from '../../../src/conformance/verdict.ts';
import { schemaErrors } from '../results-schema.ts';
import { runClientAgent, STANDARD } from './client-agent.ts';
import { runInEventSource } from './event-source-driver.ts';
import { ALSO_FOUND_BY, type ClientFault, MORE_CLIENT_FAULTS } from './more-client-faults.ts';
import { titleOfStream } from './numbering.ts';
import { RIGHT_STREAM_CLIENTS } from './right-stream-agents.ts';

type Run = (url: string, test: StreamClientCase) => Promise<readonly DispatchedEvent[]>;

/** Resolves with the verdicts that are not OK, by id. */
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
  // Concurrent tests cannot use onTestFinished.
  await Promise.all(Array.from({ length: 8 }, work)).finally(() => server.close());
  expect(results).toHaveLength(cases.length);
  expect(schemaErrors(reportOf('it', cases, results))).toEqual([]);
  return Object.fromEntries(
    results.filter(({ verdict }) => verdict !== 'OK').map(({ id, verdict, text }) => [id, `${verdict}: ${text}`]),
  );
}

/** Probes, and repeats cases that are not OK, because some cases depend on milliseconds. */
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

/** The faults of clients, and the titles of the cases that find each. One chunking of each case must find it. */
const FAULTS: readonly ClientFault[] = [
  ['ends lines only at LF', { lineEnd: /\n/ }, ['CR', 'CRLF', 'CR ends a line']],
  ['ends lines only at LF and CRLF', { lineEnd: /\r\n|\n/ }, ['CR', 'LF, CRLF and CR mixed']],
  ['treats CRLF as two line endings', { lineEnd: /\r|\n/ }, ['CRLF is one line ending']],
  ['treats LF and CR as one line ending', { lineEnd: /\r\n|\n\r|\r|\n/ }, ['LF followed by CR is two line endings']],
  ['treats several line endings as one', { lineEnd: /(?:\r\n|\r|\n){2,}/ }, ['LF', 'Data in one line']],
  [
    'ends lines at Unicode line separators',
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
    'decodes each segment separately',
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
    'ends a line at NULL',
    { split: (line) => STANDARD.split(line.split('\0')[0]!) },
    ['NULL and other control characters', 'A field name followed by NULL'],
  ],
  ['discards long lines', { maxLine: 65_536 }, ['A line of 100,000 characters']],
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
  ['parses comments as fields', { split: (line) => STANDARD.split(line.replace(/^: ?/, '')) }, ['Comments']],
  ['joins lines of data without LF', { joinData: (data) => data.join('') }, ['Data in several lines']],
  ['keeps the last LF of data', { joinData: (data) => `${data.join('\n')}\n` }, ['Data in one line']],
  [
    'keeps only the last line of data',
    { joinData: (data) => data.at(-1) ?? '' },
    ['Data in several lines', '1000 lines of data'],
  ],
  ['trims data', { joinData: (data) => data.join('\n').trim() }, ['Two fields without a value']],
  [
    'dispatches events without data',
    { hasEvent: (data, type) => data.length > 0 || type !== '' },
    ['An empty line without data', 'A type of an event without data, which is discarded'],
  ],
  [
    'does not dispatch events with empty data',
    { hasEvent: (data) => data.some((one) => one !== '') },
    ['An empty value'],
  ],
  ['dispatches all events as messages', { typeOf: () => 'message' }, ['A type']],
  ['trims the type', { typeOf: (type) => type.trim() || 'message' }, ['A type with a leading space']],
  [
    'converts types to lower case',
    { typeOf: (type) => type.toLowerCase() || 'message' },
    ['Types that differ only in case'],
  ],
  [
    'keeps the type for the next event',
    { typeAfter: (type) => type },
    ['A type', 'A type of an event without data, which is discarded'],
  ],
  ['dispatches events with an empty type', { typeOf: (type) => type }, ['An empty type, which means message']],
  [
    'does not keep the id',
    { idAfter: () => '' },
    ['An id that persists', 'An id of an event without data, which persists'],
  ],
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
  ['closes after a network error', { reconnectsAtError: false }, ['A connection that ends before the response']],
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
    'sends the id in Latin-1',
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
  [
    'keeps an unfinished line for the next connection',
    { carries: (text) => text },
    ['An incomplete line is discarded'],
  ],
  [
    'removes the byte order mark of the first stream only',
    { withoutMark: (text, connection) => (connection === 1 ? STANDARD.withoutMark(text, 1) : text) },
    ['A byte order mark at the beginning of the second stream'],
  ],
  ['follows no redirect', { redirects: [] }, ['A redirect with status 301', 'A redirect to an absolute URL']],
  [
    'does not follow redirects with 307 and 308',
    { redirects: [301, 302, 303] },
    ['A redirect with status 307', 'A redirect with status 308'],
  ],
  [
    'sets the origin of events to that of the first request',
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
    'delays an event until more input arrives',
    { certain: (text) => text.slice(0, Math.max(0, text.length - 1)) },
    [
      'An event is dispatched before the next one arrives: LF',
      'A compressed event is dispatched before the next one arrives',
    ],
  ],
];

/** The cases with these titles, in all chunkings. */
function titled(titles: readonly string[]): StreamClientCase[] {
  const cases = STREAM_CLIENT_CATALOGUE.filter(({ title }) =>
    titles.some((one) => title === one || title.startsWith(`${one}, `)),
  );
  return cases;
}

/** All cases but those with long streams, in two chunkings: many agents run them. */
const SOME_CASES = STREAM_CLIENT_CATALOGUE.filter(({ id, needsClient, responses }) => {
  const bytes = responses.flatMap(({ chunks = [] }) => chunks.map(({ length }) => length));
  return needsClient || (/\.[13]$/.test(id) && bytes.reduce((sum, length) => sum + length, 0) < 5000);
});

/** The faulty clients, with all titles. */
const ALL_FAULTS = [...FAULTS, ...MORE_CLIENT_FAULTS].map(([fault, changes, caughtBy]) => {
  return [fault, changes, [...caughtBy, ...(ALSO_FOUND_BY[fault] ?? [])]] as const;
});

/** The client of Node.js, on which the faulty clients are built, does not let them fail in these cases. */
const UNTESTED: readonly string[] = ['Chunk extensions'];

describe('the cases for event stream clients', () => {
  it('are all passed by EventSource', async () => {
    const run: Run = (url, test) => runInEventSource(OurEventSource as unknown as typeof EventSource, url, test);
    expect(await probeWithRetries(STREAM_CLIENT_CATALOGUE, run)).toEqual({});
    expect(STREAM_CLIENT_CATALOGUE.length).toBeGreaterThan(400);
  }, 120_000);

  it('are passed by EventParser if they concern parsing', async () => {
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

  it('are all passed by a client that follows the standard', async () => {
    const run: Run = (url, { closeOn }) => runClientAgent(url, STANDARD, closeOn);
    expect(await probeWithRetries(STREAM_CLIENT_CATALOGUE, run)).toEqual({});
  }, 120_000);

  it.concurrent.each(RIGHT_STREAM_CLIENTS)(
    'are all passed by a client that %s',
    async (_habit, changes) => {
      const run: Run = (url, { closeOn }) => runClientAgent(url, { ...STANDARD, ...changes }, closeOn);
      expect(await probeWithRetries(SOME_CASES, run)).toEqual({});
    },
    120_000,
  );

  it('are each tested with a faulty client', () => {
    expect(Object.keys(ALSO_FOUND_BY).filter((name) => ALL_FAULTS.every(([fault]) => fault !== name))).toEqual([]);
    const caught = ALL_FAULTS.flatMap(([, , caughtBy]) => caughtBy);
    const titles = new Set(
      STREAM_CLIENT_CATALOGUE.map(({ title, needsClient }) => (needsClient ? title : titleOfStream(title))),
    );
    const untested = [...titles].filter((title) => !caught.includes(title));
    expect(untested).toEqual(UNTESTED);
  });

  // The tests retry, because other load on the machine can hide a fault that depends on milliseconds.
  it.concurrent.each(ALL_FAULTS)('find a client that %s', { retry: 3 }, async (_fault, changes, caughtBy) => {
    const cases = titled(caughtBy);
    const run: Run = (url, { closeOn }) => runClientAgent(url, { ...STANDARD, ...changes }, closeOn);
    const found = await probe(cases, run);
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
