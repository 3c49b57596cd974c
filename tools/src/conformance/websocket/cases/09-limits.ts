import { type ConformanceCase, DEFAULT_MESSAGES, type MessageCount, type Step } from '../case.ts';
import { splitIntoFrames } from '../frames.ts';
import { bytesOf, textOf } from '../payloads.ts';
import { Opcode } from '../protocol.ts';
import { about, SENTENCES } from '../sentences.ts';
import { echoOf, expectReplies } from './dsl.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const TYPES = ['text', 'binary'] as const;
const SIZES: readonly number[] = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
const FRAGMENTS: readonly number[] = Array.from({ length: 9 }, (_, index) => 64 * 4 ** index);
const WRITE_SIZES: readonly number[] = [64, 128, 256, 512, 1024, 2048];
const MESSAGE_SIZES: readonly number[] = [0, 16, 64, 256, 1024, 4096];
/** Milliseconds. A slow machine needs most of them for the longest messages. */
const TIME_LIMIT = 60_000;

type MessageType = (typeof TYPES)[number];

function payloadOf(type: MessageType, length: number): Buffer {
  return type === 'text' ? textOf(length) : bytesOf(length);
}

function opcodeOf(type: MessageType): number {
  return type === 'text' ? Opcode.TEXT : Opcode.BINARY;
}

function oneMessage(
  id: string,
  title: string,
  type: MessageType,
  length: number,
  step: (payload: Buffer) => Step,
): ConformanceCase {
  // The getters make the payload on demand: together, these cases take a quarter of a gigabyte.
  return {
    id,
    title,
    ...about(SENTENCES.message),
    get steps() {
      return [step(payloadOf(type, length))];
    },
    get expect() {
      return expectReplies(echoOf(type, payloadOf(type, length)));
    },
    timeLimit: TIME_LIMIT,
  };
}

/** Messages one after the other: each is sent when the echo of the one before has arrived. */
function manyMessages(id: string, type: MessageType, size: number, countOf: MessageCount): ConformanceCase {
  const numbers = Array.from({ length: countOf(size) }, (_, index) => index + 1);
  // The getters make thousands of objects on demand. The start of the command does not wait for them.
  return {
    id,
    title: `Many ${type} messages of ${sizeName(size)}, one after the other`,
    ...about(SENTENCES.newMessage),
    get steps() {
      const send = [{ opcode: opcodeOf(type), payload: payloadOf(type, size) }];
      return numbers.flatMap((number) => [{ send }, { until: number }]);
    },
    get expect() {
      const echo = echoOf(type, payloadOf(type, size));
      return expectReplies(...numbers.map(() => echo));
    },
    timeLimit: TIME_LIMIT,
    withMessages: (otherCount) => manyMessages(id, type, size, otherCount),
  };
}

function sizeName(bytes: number): string {
  return bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} bytes`;
}

/** 9: limits and performance: long messages, many fragments, many writes, and many messages. */
export const limits: readonly ConformanceCase[] = [
  ...TYPES.flatMap((type, group) =>
    SIZES.map((size, index) =>
      oneMessage(`9.${1 + group}.${index + 1}`, `A ${type} message of ${sizeName(size)}`, type, size, (payload) => ({
        send: [{ opcode: opcodeOf(type), payload }],
      })),
    ),
  ),
  ...TYPES.flatMap((type, group) =>
    FRAGMENTS.map((size, index) =>
      oneMessage(
        `9.${3 + group}.${index + 1}`,
        `A ${type} message of 4 MiB in fragments of ${sizeName(size)}`,
        type,
        4 * MIB,
        (payload) => ({ send: splitIntoFrames(opcodeOf(type), payload, size) }),
      ),
    ),
  ),
  ...TYPES.flatMap((type, group) =>
    WRITE_SIZES.map((writeSize, index) =>
      oneMessage(
        `9.${5 + group}.${index + 1}`,
        `A ${type} message of 1 MiB in writes of ${sizeName(writeSize)}`,
        type,
        MIB,
        (payload) => ({ send: [{ opcode: opcodeOf(type), payload }], writeSize }),
      ),
    ),
  ),
  ...TYPES.flatMap((type, group) =>
    MESSAGE_SIZES.map((size, index) => manyMessages(`9.${7 + group}.${index + 1}`, type, size, DEFAULT_MESSAGES)),
  ),
];
