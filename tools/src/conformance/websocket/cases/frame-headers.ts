import type { ConformanceCase } from '../case.ts';
import { bytesOf, textOf } from '../payloads.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { binary, continuation, echoOf, expectFailure, expectReplies, ping, pongOf, text } from './dsl.ts';

const OTHER = Buffer.from('ff00fe80', 'hex');
/** What an agent may send when a frame is longer than it accepts. */
const TOO_LONG = [CloseCode.PROTOCOL_ERROR, CloseCode.TOO_BIG, CloseCode.POLICY_VIOLATION];

/** A frame that claims to have many octets, and has five. No answer to it, or to the ping after it, is right. */
function longHeader(id: string, title: string, length: bigint): ConformanceCase {
  return {
    id,
    title,
    ...about(SENTENCES.longLength),
    steps: [{ send: [text('Hello', { form: 64, length }), ping('within the payload')] }],
    expect: expectFailure(TOO_LONG),
    mayWait: true,
  };
}

/** 17.5: several frames in one write, and headers in several writes. */
export const frameHeaders: readonly ConformanceCase[] = [
  {
    id: '17.5.1',
    title: 'Four messages in one write',
    ...about(SENTENCES.newMessage),
    steps: [{ send: [text('one'), binary(OTHER), text(''), text('four')] }],
    expect: expectReplies(echoOf('text', 'one'), echoOf('binary', OTHER), echoOf('text', ''), echoOf('text', 'four')),
  },
  {
    id: '17.5.2',
    title: 'Two messages in fragments, and pings between all frames, in one write',
    ...about(SENTENCES.controlWithinMessage),
    steps: [
      {
        send: [
          text('on', { fin: false }),
          ping('1'),
          continuation('e'),
          ping('2'),
          binary(OTHER, { fin: false }),
          ping('3'),
          continuation(OTHER),
        ],
      },
    ],
    expect: expectReplies(
      pongOf('1'),
      echoOf('text', 'one'),
      pongOf('2'),
      pongOf('3'),
      echoOf('binary', Buffer.concat([OTHER, OTHER])),
    ),
  },
  ...[5, 300, 70_000].map((length, index): ConformanceCase => {
    const payload = textOf(length);
    return {
      id: `17.5.${index + 3}`,
      title: `A text message of ${length} bytes, and each byte of its header in a write of its own`,
      ...about(SENTENCES.message),
      steps: [{ send: [text(payload)], writeSize: 'headers' }],
      expect: expectReplies(echoOf('text', payload)),
    };
  }),
  {
    id: '17.5.6',
    title: 'A binary message in two fragments, and each byte of their headers in a write of its own',
    ...about(SENTENCES.message),
    steps: [
      {
        send: [binary(bytesOf(300), { fin: false }), continuation(bytesOf(70_000))],
        writeSize: 'headers',
      },
    ],
    expect: expectReplies(echoOf('binary', Buffer.concat([bytesOf(300), bytesOf(70_000)]))),
  },
  longHeader('17.5.7', 'A length of 2^63 + 5 bytes, whose most significant bit is 1, and 5 bytes', 2n ** 63n + 5n),
  longHeader('17.5.8', 'A length of 2^32 + 5 bytes, and 5 bytes', 2n ** 32n + 5n),
];

const KEYS: readonly (readonly [title: string, key: readonly number[]])[] = [
  ['of zeros', [0, 0, 0, 0]],
  ['of ones', [0xff, 0xff, 0xff, 0xff]],
  ['with the first and the last bit', [0x80, 0, 0, 1]],
  ['of octets above 127', [0x91, 0xa2, 0xb3, 0xc4]],
];

/** 17.6: masking keys. For servers only. */
export const keysForServers: readonly ConformanceCase[] = [
  ...KEYS.map(([title, mask], index): ConformanceCase => {
    const payload = textOf(301);
    return {
      id: `17.6.${index + 1}`,
      title: `Text with a masking key ${title}`,
      ...about(SENTENCES.unmasking),
      steps: [{ send: [text(payload, { mask })] }],
      expect: expectReplies(echoOf('text', payload)),
    };
  }),
  {
    id: '17.6.5',
    title: 'Text in fragments with different masking keys, and a ping with another one',
    ...about(SENTENCES.unmasking),
    steps: [
      {
        send: [
          text('one', { mask: KEYS[2]![1], fin: false }),
          ping('ping', { mask: KEYS[3]![1] }),
          continuation('two', { mask: KEYS[1]![1], fin: false }),
          continuation('three', { mask: KEYS[0]![1] }),
        ],
      },
    ],
    expect: expectReplies(pongOf('ping'), echoOf('text', 'onetwothree')),
  },
];

const COUNT = 6;

/** 17.7: masking keys. For clients only. */
export const keysOfClients: readonly ConformanceCase[] = [
  {
    id: '17.7.1',
    title: 'Six messages: the client masks each echo with another key',
    ...about(SENTENCES.freshKey),
    steps: [{ send: Array.from({ length: COUNT }, (_, index) => text(`Hello ${index}`)) }],
    expect: expectReplies(...Array.from({ length: COUNT }, (_, index) => echoOf('text', `Hello ${index}`))),
    judgesKeys: true,
  },
];
