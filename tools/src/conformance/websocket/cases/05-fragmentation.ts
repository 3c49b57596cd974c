import type { ConformanceCase, Expectation, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { answers, continuation, echoed, fails, PROTOCOL_ERROR, ping, pong, ponged, text } from './dsl.ts';

const WRITE_SIZES: readonly (readonly ['frames' | 1 | undefined, string])[] = [
  [undefined, 'in one write'],
  ['frames', 'a write for each frame'],
  [1, 'in writes of one byte'],
];

const WHOLE = 'fragment1fragment2';
const first = text('fragment1', { fin: false });
const last = continuation('fragment2');
const lone = (fin: boolean): FrameDescription => continuation('non-continuation payload', { fin });
const hello = text('Hello, world!');

function fragmentation(id: string, title: string, steps: readonly Step[], expect: Expectation): ConformanceCase {
  const nonStrict = typeof expect.ending === 'object' && expect.events.length > 0 ? [fails(PROTOCOL_ERROR)] : undefined;
  return { id, title, section: 'RFC 6455 §5.4', steps, expect, ...(nonStrict && { nonStrict }) };
}

/** The same frames in each of the three kinds of writes, numbered from `number` on. */
function inEachChop(
  number: number,
  title: string,
  send: readonly FrameDescription[],
  expect: Expectation,
): ConformanceCase[] {
  return WRITE_SIZES.map(([writeSize, words], index) =>
    fragmentation(`5.${number + index}`, `${title}, ${words}`, [{ send, ...(writeSize && { writeSize }) }], expect),
  );
}

/** Five fragments with a ping after the second and the fourth, and a pause between. */
function withPings(id: string, writeSize: 'frames' | undefined): ConformanceCase {
  const fragments = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'] as const;
  const [one, two, three, four, five] = fragments;
  const cut = writeSize && { writeSize };
  return fragmentation(
    id,
    `Five fragments with two pings between and a pause${writeSize === undefined ? '' : ', a write for each frame'}`,
    [
      { send: [text(one, { fin: false }), continuation(two, { fin: false }), ping('pongme 1')], ...cut },
      // The first pong must come before the message is complete.
      { until: 1 },
      { pause: 1000 },
      { send: [continuation(three, { fin: false }), continuation(four, { fin: false }), ping('pongme 2')], ...cut },
      { until: 2 },
      { send: [continuation(five)] },
    ],
    answers(ponged('pongme 1'), ponged('pongme 2'), echoed('text', fragments.join(''))),
  );
}

/** 5: fragmentation, RFC 6455 §5.4. */
export const fragmentationCases: readonly ConformanceCase[] = [
  {
    id: '5.1',
    title: 'A ping in two fragments',
    section: 'RFC 6455 §5.5',
    steps: [{ send: [ping('fragment1', { fin: false }), last] }],
    expect: fails(PROTOCOL_ERROR),
  },
  {
    id: '5.2',
    title: 'A pong in two fragments',
    section: 'RFC 6455 §5.5',
    steps: [{ send: [pong('fragment1', { fin: false }), last] }],
    expect: fails(PROTOCOL_ERROR),
  },
  ...inEachChop(3, 'Text in two fragments', [first, last], answers(echoed('text', WHOLE))),
  ...inEachChop(
    6,
    'Text in two fragments with a ping between',
    [first, ping('ping payload'), last],
    answers(ponged('ping payload'), echoed('text', WHOLE)),
  ),
  ...inEachChop(9, 'A continuation with nothing to continue, then text', [lone(true), hello], fails(PROTOCOL_ERROR)),
  ...inEachChop(
    12,
    'A continuation without FIN with nothing to continue, then text',
    [lone(false), hello],
    fails(PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.15',
    'Text in two fragments, then a continuation with nothing to continue, then text in two fragments',
    [{ send: [first, last, continuation('fragment3', { fin: false }), text('fragment4')] }],
    fails(PROTOCOL_ERROR, echoed('text', WHOLE)),
  ),
  fragmentation(
    '5.16',
    'A continuation without FIN, text and a continuation, twice',
    [{ send: [1, 2].flatMap((part) => [lone(false), text(`fragment${part}`, { fin: false }), last]) }],
    fails(PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.17',
    'A continuation with FIN, text and a continuation, twice',
    [{ send: [1, 2].flatMap((part) => [lone(true), text(`fragment${part}`, { fin: false }), last]) }],
    fails(PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.18',
    'Text in two fragments that both have the opcode of text',
    [{ send: [first, text('fragment2')] }],
    fails(PROTOCOL_ERROR),
  ),
  withPings('5.19', undefined),
  withPings('5.20', 'frames'),
];
