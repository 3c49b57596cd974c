import { STANDARD as STANDARD_SERVER, type StreamBehaviour } from './stream-agent.ts';
import { type ClientBehaviour, STANDARD } from './stream-client-agent.ts';

/** A client that does what the standard allows, but is unusual. It must pass every case. */
export type RightStreamClient = readonly [habit: string, changes: Partial<ClientBehaviour>];

export const RIGHT_STREAM_CLIENTS: readonly RightStreamClient[] = [
  ['accepts no content coding', { codings: 'identity' }],
  ['writes field names in lower case', { nameOf: (name) => name.toLowerCase() }],
  [
    'accepts other types, and sends more fields',
    {
      fields: (lastEventId) => ({
        ...STANDARD.fields(lastEventId),
        Accept: 'text/event-stream, */*;q=0.1',
        'Cache-Control': 'no-store',
        Pragma: 'no-cache',
        Cookie: 'a=b',
      }),
    },
  ],
  ['waits longer than the reconnection time', { moreWaiting: 60 }],
  ['parses what it has received after a while', { delay: 20 }],
  [
    'reports neither readyState nor origin nor time',
    { report: ({ type, data, lastEventId }) => ({ type, data, lastEventId }) },
  ],
  ['is closed by a redirect that it cannot follow', { reconnectsAtBadRedirect: false }],
];

/** A server that does what the standards allow, but is unusual. No case may find it NON-STRICT or FAILED. */
export type RightStreamServer = readonly [habit: string, changes: Partial<StreamBehaviour>];

const event = (fields: (number: number) => string): Partial<StreamBehaviour> => ({ event: fields });
const endingLines = (end: string): Partial<StreamBehaviour> => ({
  prefix: `retry: 1000${end}${end}`,
  event: (number) => STANDARD_SERVER.event(number).toString().replaceAll('\n', end),
  beat: `: beat${end}${end}`,
});
const compressing = (coding: 'gzip' | 'br'): Partial<StreamBehaviour> => ({
  codingFor: (accepted) => (accepted.split(', ').includes(coding) ? coding : ''),
});
const octets = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));

export const RIGHT_STREAM_SERVERS: readonly RightStreamServer[] = [
  ['ends lines with CRLF', endingLines('\r\n')],
  ['ends lines with CR', endingLines('\r')],
  [
    'sends no byte order mark, and no space after a colon',
    { prefix: '', ...event((number) => `id:${number}\nevent:tick\ndata:${number} ü\n\n`) },
  ],
  [
    'sends fields in another order, with comments and several lines of data',
    event((number) => `: ü\ndata: ${number}\nretry: 1000\ndata\ndata:  😀\nid: ${number}\n: data\nevent: tick\n\n`),
  ],
  ['sends events without types', event((number) => `id: ${number}\ndata\n\n`)],
  ['sends long events', event((number) => `id: ${number}\ndata: ${'x'.repeat(70_000)}\n\n`)],
  ['sends no ids', { ...event((number) => `data: ${number}\n\n`), next: () => 1 }],
  [
    'sends ids outside ASCII',
    {
      event: (number) => `id: ü-${number}\ndata: a\n\n`,
      next: (id) =>
        Number(
          Buffer.from(id, 'latin1')
            .toString()
            .match(/^ü-(\d{1,3})$/)?.[1] ?? 0,
        ) + 1,
    },
  ],
  ['sends an event as its heartbeat', { beat: 'event: beat\ndata\n\n' }],
  [
    'sends chunks of one octet',
    { chunk: (bytes) => Buffer.concat(octets(bytes).map((octet) => STANDARD_SERVER.chunk(octet))) },
  ],
  [
    'sends chunk extensions, and sizes with zeros and capital letters',
    {
      chunk: (bytes) => {
        const size = bytes.length.toString(16).toUpperCase().padStart(8, '0');
        return Buffer.concat([Buffer.from(`${size};a="b;c"\r\n`), bytes, Buffer.from('\r\n')]);
      },
    },
  ],
  ['ends a stream with TCP', { chunkedFor: () => false }],
  ['ends its stream after some events', { endsAfterEvents: true }],
  [
    'sends an interim response',
    { interim: (version) => (version === 'HTTP/1.1' ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '') },
  ],
  ['sends the head after half a second', { headDelay: 500 }],
  [
    'writes its header fields in another way',
    {
      fields: {
        'content-type': 'TEXT/EVENT-STREAM ; CHARSET="UTF-8"',
        'CACHE-CONTROL': 'private, max-age=0',
        vary: '*',
      },
    },
  ],
  ['compresses with gzip only', compressing('gzip')],
  ['compresses with br only', compressing('br')],
  ['names codings in capital letters', { nameOf: (coding) => coding.toUpperCase() }],
  ['calls gzip x-gzip', { ...compressing('gzip'), nameOf: (coding) => `x-${coding}` }],
  ['sends trailer fields', { lastChunk: '0\r\nX-Trailer: a\r\n\r\n', endsAfterEvents: true }],
  [
    'refuses HEAD, and other methods with 501',
    { status: (request) => (request.method === 'GET' ? STANDARD_SERVER.status(request) : 501) },
  ],
  [
    'has no more events for a client with an unknown id',
    {
      status: (request) => {
        const isKnown = request.lastEventId === '' || /^\d{1,3}$/.test(request.lastEventId);
        return isKnown ? STANDARD_SERVER.status(request) : 204;
      },
    },
  ],
];
