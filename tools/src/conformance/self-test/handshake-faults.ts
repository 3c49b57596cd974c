import { openingHandshake } from '../websocket/cases/14-opening-handshake.ts';
import { acceptFor } from '../websocket/protocol.ts';
import { type HandshakeBehaviour, NO_ANSWER, type Request, STANDARD } from './handshake-agent.ts';

const titled = (title: RegExp): string[] =>
  openingHandshake.filter((test) => title.test(test.title)).map(({ id }) => id);
const strict = STANDARD.status;

export const HANDSHAKE_FAULTS: readonly (readonly [
  fault: string,
  changes: Partial<HandshakeBehaviour>,
  caughtBy: readonly string[],
])[] = [
  [
    'accepts everything',
    { status: () => 101 },
    titled(/^(The method|HTTP|No |Another|Connection without|An empty key|Two keys|Version|A version)/),
  ],
  ['refuses everything', { status: () => 400 }, ['14.1.1', '14.1.2', '14.1.3', '14.2.1', '14.3.1', '14.4.1']],
  ['sends the Sec-WebSocket-Accept of another key', { accept: () => acceptFor('x') }, ['14.1.1', '14.1.5']],
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
  [
    'does not answer an invalid request',
    { status: (request: Request) => (strict(request) === 400 ? NO_ANSWER : strict(request)) },
    ['14.1.9', '14.1.11', '14.1.16'],
  ],
  [
    'selects an empty subprotocol',
    {
      answerFields: ({ fields }: Request, status: number) => [
        ...(status === 101 && fields['sec-websocket-protocol'] !== undefined ? ['Sec-WebSocket-Protocol:'] : []),
        ...(status === 426 ? ['Sec-WebSocket-Version: 13'] : []),
      ],
    },
    ['14.2.1', '14.2.2'],
  ],
  ['treats the first chunk as the request', { readsOnce: true }, ['14.4.1', '14.4.2']],
];
