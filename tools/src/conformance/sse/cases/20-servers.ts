import { type Exchange, type StreamRequest, textOf } from '../exchange.ts';
import type { Judgement, Listening, StreamServerCase } from '../server-case.ts';
import { countByteOrderMarks, readStreamText, type StreamLine } from '../stream-text.ts';

type Judge = StreamServerCase['judge'];
type Row = readonly [
  title: string,
  section: string,
  judge: Judge,
  ask?: StreamServerCase['ask'] | undefined,
  listen?: Listening,
];

function group(prefix: string, rows: readonly Row[]): StreamServerCase[] {
  return rows.map(([title, section, judge, ask, listen], index) => {
    return { id: `${prefix}.${index + 1}`, title, section, judge, ...(ask && { ask }), ...(listen && { listen }) };
  });
}

const HTML = 'HTML §9.2';
const failed = (isRight: boolean, text: string): Judgement => (isRight ? undefined : ['FAILED', text]);
const nonStrict = (isRight: boolean, text: string): Judgement => (isRight ? undefined : ['NON-STRICT', text]);

/** A stream: the status 200, and the type. */
const isStream = ({ status, fields, violation }: Exchange): Judgement => {
  if (violation !== undefined) return ['FAILED', `The server sent ${violation}`];
  if (status !== 200) return ['FAILED', status === 0 ? 'No response came in time' : `The status is ${status}`];
  return failed(
    /^text\/event-stream\s*(;|$)/i.test(fields['content-type'] ?? ''),
    `Content-Type is ${fields['content-type'] ?? 'missing'}`,
  );
};

/** A stream that goes on as one does. */
const streams: Judge = (answer) => isStream(answer) ?? hasContent(answer);

function hasContent(answer: Exchange): Judgement {
  if (textOf(answer).lines.length > 0 || answer.ended) return undefined;
  return ['UNIMPLEMENTED', 'Nothing came within the time limit: there is nothing to judge'];
}

/** A refusal will do, too: but an answer there must be, and no failure of the server. */
const answers: Judge = (answer) => {
  const { status, violation } = answer;
  if (violation !== undefined) return ['FAILED', `The server sent ${violation}`];
  if (status === 0) return ['FAILED', 'No response came in time'];
  return failed(status < 500 || status === 501, `The status is ${status}`);
};

/** Of the lines that came, none may be so. */
const noLine =
  (isWrong: (line: StreamLine) => boolean, verdict: 'FAILED' | 'NON-STRICT', what: string): Judge =>
  (answer) => {
    const wrong = textOf(answer).lines.find(isWrong);
    if (wrong === undefined) return hasContent(answer);
    return [verdict, `${what}: ${JSON.stringify(`${wrong.field}: ${wrong.value}`.slice(0, 100))}`];
  };

const FIELDS = ['', ':', 'data', 'event', 'id', 'retry'];

/** Milliseconds: longer than what is written together takes to come. */
const PAUSE = 300;

/** Where the stream stood when nothing came for a while: not within an event that is there already. */
const comesWhole: Judge = (answer) => {
  const { pieces, duration, ended } = answer;
  for (const [index, { time }] of pieces.entries()) {
    const next = pieces[index + 1]?.time ?? (ended ? time : duration);
    if (next - time < PAUSE) continue;
    const { text, unfinished } = readStreamText(
      Buffer.concat(pieces.slice(0, index + 1).map((one) => one.bytes)),
      true,
    );
    if (text === null) return ['NON-STRICT', 'A character was held back in its middle'];
    if (unfinished) return ['NON-STRICT', `The end of an event came ${Math.round(next - time)} ms after its beginning`];
  }
  return hasContent(answer);
};

const codingOf = ({ fields }: Exchange): string => fields['content-encoding'] ?? '';

/** Compressed or not, what has been sent must be there for the client: no coder may keep it. */
const comesCompressed: Judge = (answer, first) => {
  const wrong = isStream(answer);
  if (wrong !== undefined) return wrong;
  if (codingOf(answer) === '') return ['UNIMPLEMENTED', 'The server does not compress event streams'];
  if (textOf(first).lines.length === 0) return hasContent(first);
  return failed(textOf(answer).lines.length > 0, 'Without compression something came, and with it nothing');
};

const accepting = (coding: string): StreamRequest => ({ fields: { 'Accept-Encoding': coding } });

const response: readonly Row[] = [
  ['The status is 200', `${HTML}.3`, ({ status }) => failed(status === 200, `The status is ${status || 'missing'}`)],
  [
    'Content-Type is text/event-stream',
    `${HTML}.3`,
    ({ fields }) =>
      failed(
        /^text\/event-stream\s*(;|$)/i.test(fields['content-type'] ?? ''),
        `Content-Type is ${fields['content-type'] ?? 'missing'}`,
      ),
  ],
  [
    'The charset of the type, if there is one, is utf-8',
    'HTML §17, text/event-stream',
    ({ fields }) => {
      const [, charset] = (fields['content-type'] ?? '').match(/;\s*charset\s*=\s*"?([^";\s]*)/i) ?? [];
      return failed(charset === undefined || /^utf-8$/i.test(charset), `The charset is ${charset}`);
    },
  ],
  [
    'Nobody may keep the response for others',
    'RFC 9111 §5.2.2',
    ({ fields }) =>
      nonStrict(
        /\b(no-store|no-cache|private|max-age=0)\b/i.test(fields['cache-control'] ?? ''),
        `Cache-Control is ${fields['cache-control'] ?? 'missing'}: a cache between might keep the stream`,
      ),
  ],
  ['HTTP is kept', 'RFC 9112 §7.1', ({ violation }) => failed(violation === undefined, `The server sent ${violation}`)],
  [
    'No Content-Length of a stream that goes on',
    'RFC 9110 §8.6',
    ({ fields, ended }) =>
      failed(
        ended || fields['content-length'] === undefined,
        `Content-Length is ${fields['content-length']}, and the stream does not end`,
      ),
  ],
  [
    'The version is HTTP/1.1',
    'RFC 9112 §2.3',
    ({ version }) => nonStrict(version === '1.1', `The version is ${version || 'missing'}`),
  ],
  [
    'The head does not wait',
    `${HTML}.3`,
    ({ headTime, status }) =>
      status === 0
        ? ['FAILED', 'No response came in time']
        : nonStrict(headTime <= 1000, `The head took ${Math.round(headTime)} ms: the 'open' event waits for it`),
  ],
  [
    'Something comes again before 20 seconds are over',
    `${HTML}.7`,
    (answer) =>
      nonStrict(
        answer.ended || isBeating(answer),
        `Nothing came for ${Math.round(answer.duration / 1000)} s: what is between may end the connection`,
      ),
    {},
    'quiet',
  ],
];

/** Milliseconds within which what came belongs to the beginning. */
const BEGINNING = 500;

/** Whether something came after a quiet time. */
export function isBeating({ pieces, headTime }: Exchange): boolean {
  return pieces.some(({ time }) => time - headTime > BEGINNING);
}

const content: readonly Row[] = [
  ['It is UTF-8', `${HTML}.5`, (answer) => failed(textOf(answer).text !== null, 'It is not') ?? hasContent(answer)],
  [
    'One byte order mark, or none',
    `${HTML}.5`,
    (answer) =>
      failed(countByteOrderMarks(textOf(answer).text ?? '') <= 1, 'A second one is a part of the first field') ??
      hasContent(answer),
  ],
  [
    'Lines end in one way',
    `${HTML}.5`,
    (answer) => {
      const endings = [...new Set(textOf(answer).lines.map(({ ending }) => JSON.stringify(ending)))];
      return nonStrict(endings.length <= 1, `They end with ${endings.join(' and ')}`) ?? hasContent(answer);
    },
  ],
  [
    'Fields are data, event, id and retry',
    `${HTML}.6`,
    noLine(({ field }) => !FIELDS.includes(field), 'NON-STRICT', 'A field that clients ignore'),
  ],
  [
    'No field is one of those in other letters, or with white space',
    `${HTML}.6`,
    noLine(
      ({ field }) => !FIELDS.includes(field) && FIELDS.includes(field.trim().toLowerCase()),
      'FAILED',
      'A field that clients ignore',
    ),
  ],
  [
    'A reconnection time has ASCII digits alone',
    `${HTML}.6`,
    noLine(({ field, value }) => field === 'retry' && !/^\d+$/.test(value), 'FAILED', 'Clients ignore it'),
  ],
  [
    'No id has NULL',
    `${HTML}.6`,
    noLine(({ field, value }) => field === 'id' && value.includes('\0'), 'FAILED', 'Clients ignore it'),
  ],
  [
    'What has a type has data',
    `${HTML}.6`,
    (answer) => {
      const blocks = blocksOf(textOf(answer).lines);
      const lost = blocks.find(
        (fields) => fields.some(({ field }) => field === 'event') && !fields.some(({ field }) => field === 'data'),
      );
      const type = lost?.find(({ field }) => field === 'event')?.value;
      return nonStrict(lost === undefined, `Clients do not dispatch "${type}": it has no data`) ?? hasContent(answer);
    },
  ],
  [
    'It does not end within an event',
    `${HTML}.6`,
    (answer) =>
      failed(!(answer.ended && textOf(answer).unfinished), 'Clients throw the last event away') ?? hasContent(answer),
  ],
  ['Each event comes whole', `${HTML}.7`, comesWhole],
  [
    'No id is that of two events',
    `${HTML}.4`,
    (answer) => {
      const ids = textOf(answer)
        .lines.filter(({ field, value }) => field === 'id' && value !== '')
        .map(({ value }) => value);
      const twice = ids.find((id, index) => ids.indexOf(id) !== index);
      return nonStrict(twice === undefined, `"${twice}" is`) ?? hasContent(answer);
    },
  ],
];

/** The lines of each event, or what would be one. */
function blocksOf(lines: readonly StreamLine[]): StreamLine[][] {
  const blocks: StreamLine[][] = [[]];
  for (const line of lines) {
    if (line.field === '') blocks.push([]);
    else blocks.at(-1)!.push(line);
  }
  return blocks;
}

/** The ids of events in their order. */
function idsOf(answer: Exchange): string[] {
  return textOf(answer)
    .events.map(({ id }) => id)
    .filter((id) => id !== '');
}

const NO_IDS = 'No two events with an id came within the time limit';

/** Asks as an EventSource does that has seen the event of that number. */
const resume =
  (index: number) =>
  (first: Exchange): StreamRequest | string => {
    const id = idsOf(first)[index];
    if (id === undefined || idsOf(first).length < 2) return NO_IDS;
    return { fields: { 'Last-Event-ID': Buffer.from(id).toString('latin1') } };
  };

const goesOnAfter =
  (index: number): Judge =>
  (answer, first) => {
    const wrong = isStream(answer);
    if (wrong !== undefined) return answer.status === 204 ? undefined : wrong;
    const seen = idsOf(first).slice(0, index + 1);
    const [next, wanted] = [idsOf(answer)[0], idsOf(first)[index + 1]];
    if (next !== undefined && seen.includes(next)) return ['FAILED', `"${next}" came again after "${seen.at(-1)}"`];
    return nonStrict(
      next === wanted,
      `After "${seen.at(-1)}" came "${next ?? 'nothing'}", and before, "${wanted}" did`,
    );
  };

const withId = (id: string): StreamRequest => ({ fields: { 'Last-Event-ID': id } });

const resumption: readonly Row[] = [
  ['After the first event, the second comes', `${HTML}.4`, goesOnAfter(0), resume(0)],
  ['After the second event, it goes on', `${HTML}.4`, goesOnAfter(1), resume(1)],
  ['An id that never was', `${HTML}.4`, streams, withId('pushwire-never-was')],
  ['An empty id', `${HTML}.4`, streams, withId('')],
  ['An id outside ASCII', `${HTML}.4`, answers, withId(Buffer.from('grüße 你好 😀').toString('latin1'))],
  ['An id that is no UTF-8', `${HTML}.4`, answers, withId('\xff\xfe')],
  ['An id with commas, quotes and spaces', `${HTML}.4`, answers, withId('a, "b"; c=d  e')],
  ['An id that might lead elsewhere', `${HTML}.4`, answers, withId("../../etc/passwd' OR 1=1 -- %00 {{7*7}}")],
  ['A negative id', `${HTML}.4`, answers, withId('-1')],
  ['An id of 4 KiB', `${HTML}.4`, answers, withId('9'.repeat(4096))],
  ['An id twice', `${HTML}.4`, answers, { fields: { 'Last-Event-ID': '1', 'last-event-id': '2' } }],
];

const http: readonly Row[] = [
  [
    'HEAD has the same head, and nothing behind it',
    'RFC 9110 §9.3.2',
    (answer, first) => {
      const { status, fields, bodyLength } = answer;
      if (bodyLength > 0) return ['FAILED', `${bodyLength} octets came behind the head`];
      if (status === 405 || status === 501) return ['UNIMPLEMENTED', `The status is ${status}`];
      if (status !== first.status)
        return ['FAILED', `The status is ${status || 'missing'}, and to GET ${first.status}`];
      const [type, wanted] = [fields['content-type'], first.fields['content-type']];
      return nonStrict(type === wanted, `Content-Type is ${type ?? 'missing'}, and to GET ${wanted}`);
    },
    { method: 'HEAD' },
  ],
  [
    'HTTP/1.0: no transfer coding',
    'RFC 9112 §6.1',
    (answer) =>
      isStream(answer) ??
      failed(answer.fields['transfer-encoding'] === undefined, 'Transfer-Encoding to a client that does not know it'),
    { version: '1.0', fields: { Host: null } },
  ],
  [
    'HTTP/1.1 without Host',
    'RFC 9112 §3.2',
    ({ status }) => failed(status === 400, `The status is ${status || 'missing'}, and must be 400`),
    { fields: { Host: null } },
    'head',
  ],
  ['A request in writes of one byte', 'RFC 9112 §2.2', streams, { writeSize: 1 }],
  ['A whole URL as the request target', 'RFC 9112 §3.2.2', streams, { absolute: true }],
  [
    'Names of fields in lower case',
    'RFC 9110 §5.1',
    streams,
    { fields: { Accept: null, 'Cache-Control': null, accept: 'text/event-stream', 'cache-control': 'no-cache' } },
  ],
  ['Without Accept', 'RFC 9110 §12.5.1', streams, { fields: { Accept: null } }],
  [
    'Accept with other types',
    'RFC 9110 §12.5.1',
    streams,
    { fields: { Accept: 'text/html, text/event-stream;q=0.9' } },
  ],
  [
    'A request of another origin',
    'Fetch §3.2',
    (answer) => {
      const allowed = answer.fields['access-control-allow-origin'];
      return answers(answer, answer) ?? ['INFORMATIONAL', `Access-Control-Allow-Origin is ${allowed ?? 'missing'}`];
    },
    { fields: { Origin: 'http://another.example' } },
    'head',
  ],
  [
    'POST',
    'RFC 9110 §9.3.3',
    (answer) => answers(answer, answer) ?? ['INFORMATIONAL', `The status is ${answer.status}`],
    { method: 'POST', body: 'a' },
    'head',
  ],
  [
    'A method that nobody knows',
    'RFC 9110 §9.1',
    (answer) => answers(answer, answer) ?? ['INFORMATIONAL', `The status is ${answer.status}`],
    { method: 'PUSHWIRE' },
    'head',
  ],
  [
    'No content coding for who did not ask',
    'RFC 9110 §12.5.3',
    (answer) => isStream(answer) ?? failed(codingOf(answer) === '', `Content-Encoding is ${codingOf(answer)}`),
    accepting('identity'),
  ],
  [
    'No gzip for who refuses it',
    'RFC 9110 §12.5.3',
    (answer) => isStream(answer) ?? failed(!/gzip/.test(codingOf(answer)), 'Content-Encoding is gzip'),
    accepting('gzip;q=0, identity'),
  ],
  ...['gzip', 'deflate', 'br'].map(
    (coding): Row => [`${coding} keeps nothing back`, `${HTML}.7`, comesCompressed, accepting(coding)],
  ),
  [
    'Who compresses says that it depends on the request',
    'RFC 9110 §12.5.5',
    (answer) => {
      if (codingOf(answer) === '') return ['UNIMPLEMENTED', 'The server does not compress event streams'];
      const vary = answer.fields.vary ?? '';
      return nonStrict(/accept-encoding|\*/i.test(vary), `Vary is ${vary || 'missing'}`);
    },
    accepting('gzip, deflate, br'),
  ],
];

const STREAM_REQUEST = 'GET PATH HTTP/1.1\r\nHost: HOST\r\nAccept: text/event-stream\r\n\r\n';

const robustness: readonly (readonly [title: string, connections: number, send: string, cutAfter: number])[] = [
  ['20 clients that leave at once', 20, STREAM_REQUEST, 50],
  ['20 clients that read nothing', 20, STREAM_REQUEST, Number.POSITIVE_INFINITY],
  ['20 connections without a request', 20, '', Number.POSITIVE_INFINITY],
  ['A head that does not end', 5, 'GET PATH HTTP/1.1\r\nHost: HOST\r\nX: ', Number.POSITIVE_INFINITY],
  ['A header of a MiB', 2, `GET PATH HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(1024 * 1024)}\r\n\r\n`, 1000],
  ['What is no HTTP', 5, '\x00\x01\x02\xff\r\n\r\nGET / FOO\r\n\r\n', 200],
  ['Ten requests at once on one connection', 3, STREAM_REQUEST.repeat(10), 200],
  ['A body that does not come', 5, STREAM_REQUEST.replace('Accept', 'Content-Length: 1000\r\nAccept'), 200],
  [
    'An upgrade to WebSocket',
    5,
    STREAM_REQUEST.replace('Accept', 'Connection: Upgrade\r\nUpgrade: websocket\r\nA'),
    200,
  ],
];

/** 20 to 24: servers of event streams, WHATWG HTML §9.2. */
export const streamServers: readonly StreamServerCase[] = [
  ...group('20.1', response),
  ...group('21.1', content),
  ...group('22.1', resumption),
  ...group('23.1', http),
  ...robustness.map(([title, connections, send, cutAfter], index) => ({
    id: `24.1.${index + 1}`,
    title: `${title}: others are served`,
    section: 'RFC 9110 §17',
    judge: streams,
    disturbance: { connections, send, cutAfter },
  })),
];
