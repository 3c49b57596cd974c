import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { rawServer } from '../../../spec/support/raw-peer.ts';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { acceptKey } from '../../../src/websocket/handshake/accept-key.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import { openingHandshake } from '../../src/conformance/websocket/cases/14-opening-handshake.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

type Fields = Readonly<Record<string, readonly string[]>>;
interface Request {
  readonly line: string;
  readonly fields: Fields;
}

/** The behaviour of a server in the opening handshake. A fault changes some of these properties. */
interface Behaviour {
  readonly status: (request: Request) => number;
  readonly accept: (key: string) => string;
  readonly answerFields: (request: Request, status: number) => readonly string[];
  /** Whether it treats the first chunk as the complete request. */
  readonly readsOnce: boolean;
  /** Which of two pipelined requests it answers. */
  readonly answersPipelined: 'all' | 'first' | 'closes' | 'nothing';
}

const has = ({ fields }: Request, name: string, token: string): boolean =>
  (fields[name] ?? []).some((value) =>
    value
      .toLowerCase()
      .split(/\s*,\s*/)
      .includes(token),
  );
const only = ({ fields }: Request, name: string): string => (fields[name]?.length === 1 ? fields[name][0]! : '');

const STANDARD: Behaviour = {
  status: (request) => {
    const protocols = (request.fields['sec-websocket-protocol'] ?? []).flatMap((value) => value.split(/\s*,\s*/));
    if (!/^GET \S+ HTTP\/1\.1$/.test(request.line)) return 400;
    if (
      only(request, 'host') === '' ||
      !has(request, 'upgrade', 'websocket') ||
      !has(request, 'connection', 'upgrade')
    ) {
      return 400;
    }
    if (!/^[+/0-9A-Za-z]{22}==$/.test(only(request, 'sec-websocket-key'))) return 400;
    const version = only(request, 'sec-websocket-version');
    if (version !== '13') return /^\d+$/.test(version) ? 426 : 400;
    if (protocols.some((protocol) => /\s/.test(protocol)) || new Set(protocols).size < protocols.length) return 400;
    return /b=;/.test(only(request, 'sec-websocket-extensions')) ? 400 : 101;
  },
  accept: acceptKey,
  answerFields: (_request, status) => (status === 426 ? ['Sec-WebSocket-Version: 13'] : []),
  readsOnce: false,
  answersPipelined: 'all',
};

/** Resolves with the results that are not OK. */
async function resultsOf(changes: Partial<Behaviour>): Promise<CaseResult[]> {
  const { status, accept, answerFields, readsOnce, answersPipelined } = { ...STANDARD, ...changes };
  const port = await rawServer(async (peer) => {
    let head = readsOnce ? String((await once(peer.socket, 'data'))[0]) : await peer.readHead().catch(() => '');
    if (head.startsWith('HEAD') && answersPipelined !== 'nothing') {
      peer.write(`HTTP/1.1 200 OK\r\n${answersPipelined === 'closes' ? 'Connection: close\r\n' : ''}\r\n`);
      if (answersPipelined !== 'all') return void peer.end();
      head = await peer.readHead();
    }
    const [line = '', ...lines] = head.trimEnd().split('\r\n');
    const fields: Record<string, string[]> = {};
    for (const one of lines) {
      const colon = one.indexOf(':');
      const name = one.slice(0, colon).toLowerCase();
      fields[name] = [...(fields[name] ?? []), one.slice(colon + 1).trim()];
    }
    const request = { line, fields };
    const code = status(request);
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept(fields['sec-websocket-key']?.[0] ?? '')}`,
    ];
    const answer = [
      `HTTP/1.1 ${code} Status`,
      ...(code === 101 ? upgrade : ['Content-Length: 0']),
      ...answerFields(request, code),
    ];
    peer.write([...answer, '', ''].join('\r\n'));
    peer.end();
  });
  const results = await probeServer(`ws://127.0.0.1:${port}/`, openingHandshake, { concurrency: 4, timeLimit: 20_000 });
  return results.filter(({ verdict }) => verdict !== 'OK');
}

/** Resolves with the verdicts that are not OK, by id. */
async function probe(changes: Partial<Behaviour>): Promise<Record<string, string>> {
  return Object.fromEntries((await resultsOf(changes)).map(({ id, verdict }) => [id, verdict]));
}

/** The verdicts of a server without permessage-deflate. */
const WITHOUT_DEFLATE = Object.fromEntries(['14.5.1', '14.5.2', '14.5.3', '14.5.4'].map((id) => [id, 'UNIMPLEMENTED']));

describe('the cases of the opening handshake', () => {
  it('are all passed by pushwire', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const results = await probeServer(url, openingHandshake, { concurrency: 4, timeLimit: 20_000 });
    expect(results.filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
    expect(results.length).toBeGreaterThan(40);
  });

  it('are all passed by a server that follows the standard and has no extension', async () => {
    expect(await probe({})).toEqual(WITHOUT_DEFLATE);
  });

  it('do not test pipelining if the server closes the connection after the first response', async () => {
    expect(await probe({ answersPipelined: 'closes' })).toEqual({ ...WITHOUT_DEFLATE, '14.4.4': 'UNIMPLEMENTED' });
  });

  it('name the missing field if the status is acceptable, and the sentence of the standard', async () => {
    const isVersion = ({ line, fields }: Request): boolean =>
      line.startsWith('GET') && /^\d+$/.test(only({ line, fields }, 'sec-websocket-version'));
    const status = (request: Request): number => {
      const strict = STANDARD.status(request);
      return strict === 426 && isVersion(request) ? 400 : strict;
    };
    const textOf = async (changes: Partial<Behaviour>) => {
      const results = await resultsOf({ status, ...changes });
      return results.filter(({ id }) => id === '14.1.23').map(({ verdict, text }) => [verdict, text]);
    };
    const sentence = /\(RFC 6455 §4\.2\.2: "If this version does not match a version understood by the server, .*"\)$/;
    expect(await textOf({ answerFields: () => [] })).toEqual([
      [
        'FAILED',
        expect.stringMatching(/^Missing sec-websocket-version; expected a match for .*; received no such field \(/),
      ],
    ]);
    expect(await textOf({ answerFields: () => ['Sec-WebSocket-Version: 13'] })).toEqual([
      ['NON-STRICT', expect.stringMatching(/^Wrong status; expected 426; received 400 \(/)],
    ]);
    expect(await textOf({ answerFields: () => ['Sec-WebSocket-Version: 8'] })).toEqual([
      ['FAILED', expect.stringMatching(sentence)],
    ]);
  });

  it('are NON-STRICT for a server that does not decode the key (RFC 6455 §4.2.2), if it answers the key', async () => {
    const unchecked = ({ line, fields }: Request): number => {
      const key = only({ line, fields }, 'sec-websocket-key') === '' ? '' : 'AAAAAAAAAAAAAAAAAAAAAA==';
      return STANDARD.status({ line, fields: { ...fields, 'sec-websocket-key': [key] } });
    };
    const verdicts = Object.fromEntries(titled(/^A key/).map((id) => [id, 'NON-STRICT']));
    expect(Object.keys(verdicts)).toHaveLength(3);
    expect(await probe({ status: unchecked })).toEqual({ ...WITHOUT_DEFLATE, ...verdicts });
    const wrong = await probe({ status: unchecked, accept: () => acceptKey('x') });
    for (const id of Object.keys(verdicts)) expect([id, wrong[id]]).toEqual([id, 'FAILED']);
  });

  const titled = (title: RegExp): string[] =>
    openingHandshake.filter((test) => title.test(test.title)).map(({ id }) => id);
  const strict = STANDARD.status;
  for (const [fault, changes, caughtBy] of [
    [
      'accepts everything',
      { status: () => 101 },
      titled(/^(The method|HTTP|No |Another|Connection without|An empty key|Two keys|Version|A version)/),
    ],
    ['refuses everything', { status: () => 400 }, ['14.1.1', '14.1.2', '14.1.3', '14.2.1', '14.3.1', '14.4.1']],
    ['sends the Sec-WebSocket-Accept of another key', { accept: () => acceptKey('x') }, ['14.1.1', '14.1.5']],
    ['sends the key as Sec-WebSocket-Accept', { accept: (key: string) => key }, ['14.1.1']],
    [
      'compares Connection with case',
      { status: (request: Request) => (request.fields.connection?.includes('UPGRADE') ? 400 : strict(request)) },
      ['14.1.3'],
    ],
    [
      'reads only the first Connection field',
      { status: (request: Request) => (request.fields.connection?.[0] === 'keep-alive' ? 400 : strict(request)) },
      ['14.1.5'],
    ],
    [
      'accepts POST',
      { status: (request: Request) => strict({ ...request, line: request.line.replace('POST', 'GET') }) },
      titled(/POST/),
    ],
    [
      'accepts HTTP/1.0',
      { status: (request: Request) => strict({ ...request, line: request.line.replace('1.0', '1.1') }) },
      titled(/1\.0/),
    ],
    [
      'accepts a request without Host',
      { status: (request: Request) => strict({ ...request, fields: { host: ['a'], ...request.fields } }) },
      titled(/No Host/),
    ],
    [
      'does not check the key',
      {
        status: (request: Request) =>
          strict({ ...request, fields: { ...request.fields, 'sec-websocket-key': ['AAAAAAAAAAAAAAAAAAAAAA=='] } }),
      },
      titled(/(No|empty|Two) keys?$/),
    ],
    [
      'does not check the version',
      {
        status: (request: Request) =>
          strict({ ...request, fields: { ...request.fields, 'sec-websocket-version': ['13'] } }),
      },
      titled(/ersion/),
    ],
    ['does not send the supported version', { answerFields: () => [] }, titled(/^Version/)],
    [
      'selects a subprotocol that was not offered',
      {
        answerFields: (_: Request, status: number) =>
          status === 101 ? ['Sec-WebSocket-Protocol: mine'] : ['Sec-WebSocket-Version: 13'],
      },
      ['14.1.1', '14.2.1'],
    ],
    [
      'accepts all offered extensions',
      {
        answerFields: ({ fields }: Request, status: number) => [
          ...(fields['sec-websocket-extensions'] ?? []).map((value) => `Sec-WebSocket-Extensions: ${value}`),
          ...(status === 426 ? ['Sec-WebSocket-Version: 13'] : []),
        ],
      },
      ['14.3.1', '14.3.3', '14.3.10', '14.5.4'],
    ],
    ['answers only the first of two pipelined requests', { answersPipelined: 'first' }, ['14.4.4']],
    [
      'answers neither of two pipelined requests',
      {
        answersPipelined: 'nothing',
        status: (request: Request) => (request.line.startsWith('HEAD') ? 400 : strict(request)),
      },
      ['14.4.4'],
    ],
    ['treats the first chunk as the request', { readsOnce: true }, ['14.4.1', '14.4.2']],
  ] as readonly [string, Partial<Behaviour>, readonly string[]][]) {
    it(`find a server that ${fault}`, async () => {
      const found = await probe(changes);
      expect(caughtBy.length).toBeGreaterThan(0);
      for (const id of caughtBy) expect([id, found[id]]).toEqual([id, 'FAILED']);
      if (changes.readsOnce) expect(found).not.toHaveProperty(['14.1.1']);
    });
  }
});
