import type { ConformanceCase, Expectation, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES, type Sentence } from '../sentences.ts';
import { continuation, echoOf, expectFailure, expectReplies, ping, pong, pongOf, text } from './dsl.ts';

const WRITE_SIZES: readonly (readonly ['frames' | 1 | undefined, string])[] = [
  [undefined, 'in one write'],
  ['frames', 'in one write for each frame'],
  [1, 'in writes of one byte'],
];

const WHOLE = 'fragment1fragment2';
const first = text('fragment1', { fin: false });
const last = continuation('fragment2');
const lone = (fin: boolean): FrameDescription => continuation('non-continuation payload', { fin });
const hello = text('Hello, world!');
/** A continuation frame without a message to continue, then text in two fragments. */
const loneAndText = (fin: boolean): FrameDescription[] => [
  continuation('fragment1', { fin }),
  text('fragment2', { fin: false }),
  continuation('fragment3'),
];

function fragmentation(
  id: string,
  title: string,
  sentence: Sentence,
  steps: readonly Step[],
  expect: Expectation,
): ConformanceCase {
  return { id, title, ...about(sentence), steps, expect };
}

/** The same frames in each of the three kinds of writes, as cases from `number` on. */
function withEachWriteSize(
  number: number,
  title: string,
  sentence: Sentence,
  send: readonly FrameDescription[],
  expect: Expectation,
): ConformanceCase[] {
  return WRITE_SIZES.map(([writeSize, words], index) =>
    fragmentation(
      `5.${number + index}`,
      `${title}, ${words}`,
      sentence,
      [{ send, ...(writeSize && { writeSize }) }],
      expect,
    ),
  );
}

/** Five fragments with a ping after the second and the fourth, and a pause after the first ping. */
function withPings(id: string, writeSize: 'frames' | undefined): ConformanceCase {
  const fragments = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'] as const;
  const [one, two, three, four, five] = fragments;
  const options = writeSize && { writeSize };
  return fragmentation(
    id,
    `Five fragments with two pings and a pause in between${writeSize === undefined ? '' : ', in one write for each frame'}`,
    SENTENCES.controlWithinMessage,
    [
      { send: [text(one, { fin: false }), continuation(two, { fin: false }), ping('pongme 1!')], ...options },
      { pause: 1000 },
      {
        send: [
          continuation(three, { fin: false }),
          continuation(four, { fin: false }),
          ping('pongme 2!'),
          continuation(five),
        ],
        ...options,
      },
    ],
    expectReplies(pongOf('pongme 1!'), pongOf('pongme 2!'), echoOf('text', fragments.join(''))),
  );
}

/** 5: fragmentation, RFC 6455 §5.4. */
export const fragmentationCases: readonly ConformanceCase[] = [
  {
    id: '5.1',
    title: 'A ping in two fragments',
    ...about(SENTENCES.controlFrame),
    steps: [{ send: [ping('fragment1', { fin: false }), last] }],
    expect: expectFailure(CloseCode.PROTOCOL_ERROR),
  },
  {
    id: '5.2',
    title: 'A pong in two fragments',
    ...about(SENTENCES.controlFrame),
    steps: [{ send: [pong('fragment1', { fin: false }), last] }],
    expect: expectFailure(CloseCode.PROTOCOL_ERROR),
  },
  ...withEachWriteSize(
    3,
    'Text in two fragments',
    SENTENCES.fragments,
    [first, last],
    expectReplies(echoOf('text', WHOLE)),
  ),
  ...withEachWriteSize(
    6,
    'Text in two fragments with a ping in between',
    SENTENCES.controlWithinMessage,
    [first, ping('ping payload'), last],
    expectReplies(pongOf('ping payload'), echoOf('text', WHOLE)),
  ),
  ...withEachWriteSize(
    9,
    'A continuation frame without a message to continue, then text',
    SENTENCES.fragmentedMessage,
    [lone(true), hello],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  ...withEachWriteSize(
    12,
    'A continuation frame without FIN and without a message to continue, then text',
    SENTENCES.fragmentedMessage,
    [lone(false), hello],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.15',
    'Text in two fragments, then a continuation frame without a message to continue, then text',
    SENTENCES.fragmentedMessage,
    [{ send: [first, last, continuation('fragment3', { fin: false }), text('fragment4')] }],
    expectFailure(CloseCode.PROTOCOL_ERROR, echoOf('text', WHOLE)),
  ),
  fragmentation(
    '5.16',
    'A continuation frame without FIN, then text in two fragments, twice',
    SENTENCES.fragmentedMessage,
    [{ send: [...loneAndText(false), ...loneAndText(false)] }],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.17',
    'A continuation frame with FIN, then text in two fragments, twice',
    SENTENCES.fragmentedMessage,
    [{ send: [...loneAndText(true), ...loneAndText(true)] }],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  fragmentation(
    '5.18',
    'Text in two fragments that both have the text opcode',
    SENTENCES.interleaved,
    [{ send: [first, text('fragment2')] }],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  withPings('5.19', undefined),
  withPings('5.20', 'frames'),
];
