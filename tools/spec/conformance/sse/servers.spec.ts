import { describe, expect, it } from 'vitest';
import { serve } from '../../../../spec/support/http-server.ts';
import { EventChannel, EventStream } from '../../../../src/sse/index.ts';
import { STREAM_SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { reportOf } from '../../../src/conformance/report.ts';
import { probeStreamServer } from '../../../src/conformance/sse/probe-stream-server.ts';
import type { Verdict } from '../../../src/conformance/verdict.ts';
import { schemaErrors } from '../results-schema.ts';
import { RIGHT_STREAM_SERVERS } from './right-stream-agents.ts';
import { field, STANDARD, type StreamBehaviour, withStreamAgent } from './stream-agent.ts';

/** Long time limits, because a server can answer late on a busy machine. */
const PATIENT = { concurrency: 16, timeLimit: 30_000, quietLimit: 30_000 };

/** Resolves with the verdicts that are not OK, by title. */
async function probe(
  url: string,
  titles: readonly string[] | undefined,
  options: Parameters<typeof probeStreamServer>[2] = PATIENT,
): Promise<Record<string, Verdict>> {
  const cases = STREAM_SERVER_CATALOGUE.filter(({ title }) => titles === undefined || titles.includes(title));
  if (titles !== undefined) expect(cases.map(({ title }) => title)).toEqual(expect.arrayContaining([...titles]));
  const results = await probeStreamServer(url, cases, options);
  expect(results).toHaveLength(cases.length);
  expect(schemaErrors(reportOf('it', cases, results))).toEqual([]);
  for (const { verdict, text } of results) expect(text === '', `${verdict}: ${text}`).toBe(verdict === 'OK');
  const named = results.map(({ verdict }, index) => [cases[index]!.title, verdict] as const);
  return Object.fromEntries(named.filter(([, verdict]) => verdict !== 'OK'));
}

const INFORMATIONAL = {
  'A request from another origin': 'INFORMATIONAL',
  'An unknown method': 'INFORMATIONAL',
  POST: 'INFORMATIONAL',
};

const beginsWith = (prefix: string) => ({ event: (number: number) => `${prefix}${STANDARD.event(number)}` });
const data = (lines: string | Buffer) => ({ event: () => lines });

/** The faults of servers, and the verdicts of the cases that find each. */
const FAULTS: readonly (readonly [
  fault: string,
  changes: Partial<StreamBehaviour>,
  caughtBy: Readonly<Record<string, Verdict>>,
])[] = [
  ['answers 201', { status: () => 201 }, { 'The status is 200': 'FAILED' }],
  [
    'sends plain text',
    { fields: { 'Content-Type': 'text/plain' } },
    { 'Content-Type is text/event-stream': 'FAILED', 'Cache-Control prevents shared caching': 'NON-STRICT' },
  ],
  [
    'sends a content type with a valid prefix',
    { fields: { 'Content-Type': 'text/event-streams' } },
    { 'Content-Type is text/event-stream': 'FAILED' },
  ],
  [
    'declares another charset',
    { fields: { 'Content-Type': 'text/event-stream;charset="ISO-8859-1"' } },
    { 'The charset of Content-Type, if present, is utf-8': 'FAILED' },
  ],
  [
    'sends wrong chunk sizes',
    { count: 1, chunk: (bytes) => Buffer.concat([Buffer.from('fff\r\n'), bytes]), endsAfterEvents: true },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  ['sends no chunk sizes', { chunk: (bytes) => bytes }, { 'The response is valid HTTP': 'FAILED' }],
  [
    'sends no CRLF after a chunk',
    { chunk: (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes]) },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  [
    'declares a wrong length',
    { chunkedFor: () => false, fields: { ...STANDARD.fields, 'Content-Length': '100000' } },
    { 'A stream that does not end has no Content-Length': 'FAILED' },
  ],
  [
    'declares a length and sends chunks',
    { fields: { ...STANDARD.fields, 'Content-Length': '100000' } },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  ['responds with HTTP/1.0', { version: 'HTTP/1.0' }, { 'The version is HTTP/1.1': 'NON-STRICT' }],
  ['delays the head', { headDelay: 1100 }, { 'The head arrives without delay': 'NON-STRICT' }],
  ['sends no heartbeat', { beats: false }, { 'A heartbeat arrives within 20 seconds': 'NON-STRICT' }],
  ['sends Latin-1', data(Buffer.from('data: ü\n\n', 'latin1')), { 'The content is valid UTF-8': 'FAILED' }],
  [
    'ends within a character',
    { ...data(Buffer.from('data: ü').subarray(0, 7)), count: 1, endsAfterEvents: true },
    { 'The content is valid UTF-8': 'FAILED', 'The stream does not end within an event': 'FAILED' },
  ],
  ['begins with two byte order marks', { prefix: '\ufeff\ufeff\n' }, { 'At most one byte order mark': 'FAILED' }],
  ['mixes line endings', data('data: a\r\ndata: b\n\n'), { 'All lines end in the same way': 'NON-STRICT' }],
  ['sends an unknown field', beginsWith('time: 1\n'), { 'All fields are data, event, id or retry': 'NON-STRICT' }],
  [
    'writes a field name in upper case',
    data('Data: a\n\n'),
    { 'Field names have no upper-case letters and no white space': 'FAILED' },
  ],
  [
    'indents a field',
    data('event: a\n data: a\n\n'),
    {
      'Field names have no upper-case letters and no white space': 'FAILED',
      'Each event with a type has data': 'NON-STRICT',
    },
  ],
  [
    'sets a reconnection time in seconds',
    beginsWith('retry: 1s\n'),
    { 'A reconnection time consists of ASCII digits': 'FAILED' },
  ],
  ['sends an id with NULL', data('id: a\0\ndata: a\n\n'), { 'No id contains NULL': 'FAILED' }],
  ['sends a type without data', beginsWith('event: ping\n\n'), { 'Each event with a type has data': 'NON-STRICT' }],
  [
    'does not end its last event',
    { event: (number) => `${STANDARD.event(number).slice(0, -1)}${number === 12 ? '' : '\n'}`, endsAfterEvents: true },
    { 'The stream does not end within an event': 'FAILED' },
  ],
  [
    'delays the ends of events',
    { halves: 400, count: 2 },
    { 'Each event arrives without a pause within it': 'NON-STRICT' },
  ],
  [
    'delays the ends of characters',
    { ...data('data: ü\n'), prefix: '', halves: 400, count: 2 },
    { 'Each event arrives without a pause within it': 'NON-STRICT' },
  ],
  ['sends the same id in all events', data('id: 1\ndata: a\n\n'), { 'All ids are different': 'NON-STRICT' }],
  [
    'sends the first event again on each connection',
    { next: () => 1 },
    { 'The stream resumes after the first event': 'FAILED', 'The stream resumes after the second event': 'FAILED' },
  ],
  [
    'repeats the last received event',
    { next: (id) => Number(id) || 1 },
    { 'The stream resumes after the first event': 'FAILED', 'The stream resumes after the second event': 'FAILED' },
  ],
  [
    'skips an event',
    { next: (id) => (id === '' ? 1 : Number(id) + 2) },
    { 'The stream resumes after the first event': 'NON-STRICT' },
  ],
  ['sends no ids', data('data: a\n\n'), { 'The stream resumes after the first event': 'UNIMPLEMENTED' }],
  [
    'accepts only its own ids',
    { status: ({ lastEventId }) => (/^\d*$/.test(lastEventId) ? 200 : 500) },
    {
      'An unknown id': 'FAILED',
      'An id outside ASCII': 'FAILED',
      'An id that is not valid UTF-8': 'FAILED',
      'An id with commas, quotes and spaces': 'FAILED',
      'An id that attempts an injection': 'FAILED',
      'A negative id': 'FAILED',
    },
  ],
  [
    'rejects an empty id',
    { status: (request) => (field(request, 'last-event-id') === '' ? 400 : 200) },
    { 'An empty id': 'FAILED' },
  ],
  [
    'fails with a long id',
    { status: ({ lastEventId }) => (lastEventId.length > 1000 ? 500 : 200) },
    { 'An id of 4 KiB': 'FAILED' },
  ],
  [
    'fails with two ids',
    { status: ({ fields }) => (fields.filter(([name]) => /last-event-id/i.test(name)).length > 1 ? 500 : 200) },
    { 'Two ids': 'FAILED' },
  ],
  ['sends a body for HEAD', { contentOfHead: '0\r\n\r\n' }, { 'HEAD has the head of GET and no body': 'FAILED' }],
  [
    'does not support HEAD',
    { status: (request) => (request.method === 'HEAD' ? 404 : STANDARD.status(request)) },
    { 'HEAD has the head of GET and no body': 'FAILED' },
  ],
  ['sends chunks to HTTP/1.0', { chunkedFor: () => true }, { 'No transfer coding for HTTP/1.0': 'FAILED' }],
  ['accepts a request without Host', { status: () => 200 }, { 'HTTP/1.1 without Host': 'FAILED' }],
  ['treats the first segment as the request', { readsOnce: true }, { 'A request in writes of one byte': 'FAILED' }],
  [
    'accepts only paths',
    { status: ({ target }) => (target.startsWith('/') ? 200 : 404) },
    { 'An absolute URL as the request target': 'FAILED' },
  ],
  [
    'compares field names with case',
    { status: ({ fields }) => (fields.some(([name]) => name === 'accept') ? 406 : 200) },
    { 'Field names in lower case': 'FAILED' },
  ],
  [
    'requires the exact Accept',
    { status: (request) => (field(request, 'accept') === 'text/event-stream' ? 200 : 406) },
    { 'A request without Accept': 'FAILED', 'Accept with other types': 'FAILED' },
  ],
  [
    'fails with another origin',
    { status: (request) => (field(request, 'origin') === undefined ? 200 : 500) },
    { 'A request from another origin': 'FAILED' },
  ],
  ['fails at POST', { status: ({ method }) => (method === 'POST' ? 500 : 200) }, { POST: 'FAILED' }],
  [
    'fails at an unknown method',
    { status: ({ method }) => (method === 'PUSHWIRE' ? 500 : 200) },
    { 'An unknown method': 'FAILED' },
  ],
  [
    'compresses for every client',
    { codingFor: () => 'gzip' },
    { 'No content coding for a client that accepts none': 'FAILED', 'No gzip for a client that refuses it': 'FAILED' },
  ],
  [
    'compresses if Accept-Encoding mentions gzip',
    { codingFor: (accepted) => (accepted.includes('gzip') ? 'gzip' : '') },
    { 'No gzip for a client that refuses it': 'FAILED' },
  ],
  [
    'does not flush compressed data',
    { flushes: false },
    {
      'gzip holds nothing back': 'FAILED',
      'deflate holds nothing back': 'FAILED',
      'br holds nothing back': 'FAILED',
    },
  ],
  [
    'does not send Vary',
    { fields: { ...STANDARD.fields, Vary: null } },
    { 'A compressed response has Vary': 'NON-STRICT' },
  ],
  [
    'breaks after more than ten connections',
    { stopsAt: (_bytes, connections) => connections > 10 },
    {
      '20 clients that disconnect at once: others are served': 'FAILED',
      '20 clients that never read: others are served': 'FAILED',
      '20 connections without a request: others are served': 'FAILED',
    },
  ],
  [
    'breaks after bytes that are not HTTP',
    { stopsAt: (bytes) => bytes.includes('FOO') },
    { 'Octets that are not HTTP: others are served': 'FAILED' },
  ],
  [
    'breaks after a long header',
    { stopsAt: (bytes) => bytes.includes('x'.repeat(10_000)) },
    { 'A request header of 1 MiB: others are served': 'FAILED' },
  ],
  [
    'breaks after a second request',
    { stopsAt: (bytes) => bytes.toString('latin1').split('GET').length > 2 && !bytes.includes('FOO') },
    { 'Ten requests at once on one connection: others are served': 'FAILED' },
  ],
  [
    'breaks after a request with a body',
    { stopsAt: (bytes) => bytes.includes('Content-Length: 1000') },
    { 'A request body that never arrives: others are served': 'FAILED' },
  ],
  [
    'breaks after an upgrade request',
    { stopsAt: (bytes) => bytes.includes('Upgrade') },
    { 'An upgrade to WebSocket: others are served': 'FAILED' },
  ],
  [
    'breaks after an unfinished head',
    { stopsAt: (bytes) => bytes.toString('latin1').endsWith('X: ') },
    { 'A request head that does not end: others are served': 'FAILED' },
  ],
];

/** Resolves with the cases that are FAILED or NON-STRICT. They are repeated, because some depend on milliseconds. */
async function findings(url: string): Promise<Record<string, Verdict>> {
  const options = { ...PATIENT, concurrency: 4 };
  let wrong: Record<string, Verdict> = {};
  let titles: readonly string[] | undefined;
  for (let attempt = 0; attempt < 4 && titles?.length !== 0; attempt++) {
    const found = Object.entries(await probe(url, titles, options));
    wrong = Object.fromEntries(found.filter(([, verdict]) => verdict === 'FAILED' || verdict === 'NON-STRICT'));
    titles = Object.keys(wrong);
  }
  return wrong;
}

describe('the cases for event stream servers', () => {
  it('are all passed by a server that follows the standard', async () => {
    expect(await withStreamAgent({}, (url) => probe(url, undefined))).toEqual(INFORMATIONAL);
  }, 120_000);

  it('are all passed by pushwire, except those of compression, which are UNIMPLEMENTED', async () => {
    const channel = new EventChannel();
    const url = await serve((request, response) => {
      if (!['GET', 'HEAD'].includes(request.method!)) return void response.writeHead(405).end();
      const stream = EventStream.open(request, response, { heartbeat: 600 });
      channel.add(stream);
      // Broadcasts for each client, so that the first one receives events after it has connected.
      for (let number = 1; number <= 12; number++) channel.broadcast({ event: 'tick', data: `${number} ü` });
    });
    const unimplemented = ['gzip', 'deflate', 'br'].map((coding) => [`${coding} holds nothing back`, 'UNIMPLEMENTED']);
    expect(await probe(url, undefined)).toEqual({
      ...INFORMATIONAL,
      ...Object.fromEntries(unimplemented),
      'A compressed response has Vary': 'UNIMPLEMENTED',
    });
  }, 120_000);

  it('are each tested with a faulty server', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(40);
    const caught = FAULTS.flatMap(([, , caughtBy]) => Object.keys(caughtBy));
    const titles = STREAM_SERVER_CATALOGUE.map(({ title }) => title);
    expect(titles.filter((title) => !caught.includes(title))).toEqual([]);
  });

  it.concurrent.each(RIGHT_STREAM_SERVERS)(
    'find nothing wrong with a server that %s',
    async (_habit, changes) => {
      expect(await withStreamAgent(changes, findings)).toEqual({});
    },
    120_000,
  );

  // The tests retry, because other load on the machine can hide a fault that depends on milliseconds.
  it.concurrent.each(FAULTS)('find a server that %s', { retry: 3 }, async (_fault, changes, caughtBy) => {
    const options = { concurrency: 4, timeLimit: 2000, quietLimit: 1200 };
    expect(await withStreamAgent(changes, (url) => probe(url, Object.keys(caughtBy), options))).toEqual(caughtBy);
  });
});
