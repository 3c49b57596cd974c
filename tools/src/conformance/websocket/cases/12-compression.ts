import {
  type ConformanceCase,
  DEFAULT_MESSAGES,
  type DeflatePreference,
  type MessageCount,
  type Step,
} from '../case.ts';
import { type PayloadKind, sliceOf } from '../payloads.ts';
import { about, SENTENCES } from '../sentences.ts';
import { echoOf, expectReplies } from './dsl.ts';

const KIB = 1024;
const TIME_LIMIT = 60_000;
const PLAIN: DeflatePreference = { noContextTakeover: false };

/** The bytes of each message, and those of each frame. Default: one frame. */
const ROWS: readonly (readonly [size: number, frameSize?: number])[] = [
  ...[16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB].map((size) => [size] as const),
  ...[8, 16, 32, 64, 128].map((size) => [size * KIB, 256] as const),
  ...[1, 4, 32].map((frameSize) => [128 * KIB, frameSize * KIB] as const),
];

const KINDS: readonly PayloadKind[] = ['JSON', 'bitmap', 'prose', 'HTML', 'PDF'];

/** The preferences of group 13. */
const NEGOTIATIONS: readonly (readonly DeflatePreference[])[] = [
  [PLAIN],
  [{ noContextTakeover: true }],
  [{ noContextTakeover: false, maxWindowBits: 9 }],
  [{ noContextTakeover: false, maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }],
  [{ noContextTakeover: true, maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: true }, PLAIN],
];

/** A case with messages of a kind, each of `size` bytes, in frames of `frameSize` bytes. */
export function compressed(
  id: string,
  kind: PayloadKind,
  deflate: readonly DeflatePreference[],
  row: readonly [size: number, frameSize?: number],
  countOf: MessageCount = DEFAULT_MESSAGES,
): ConformanceCase {
  const [size, frameSize] = row;
  const type = kind === 'JSON' ? 'text' : 'binary';
  const payloads = (): Buffer[] => Array.from({ length: countOf(size) }, (_, number) => sliceOf(kind, size, number));
  const inFrames = frameSize === undefined ? '' : ` in frames of ${frameSize} bytes`;
  return {
    id,
    title: `Compressed ${kind} messages of ${size} bytes${inFrames}${describePreferences(deflate)}`,
    ...about(SENTENCES.compression),
    deflate,
    // The getters make the payloads on demand: there are more than 200 of these cases.
    get steps() {
      return payloads().flatMap((payload, number): Step[] => [
        { compress: { type, payload, ...(frameSize !== undefined && { frameSize }) } },
        { until: number + 1 },
      ]);
    },
    get expect() {
      return expectReplies(...payloads().map((payload) => echoOf(type, payload)));
    },
    timeLimit: TIME_LIMIT,
    withMessages: (otherCount) => compressed(id, kind, deflate, row, otherCount),
  };
}

function describePreferences(preferences: readonly DeflatePreference[]): string {
  const words = preferences.map(describeSide);
  const requested =
    words.join('') === '' ? '' : `; requested: ${words.map((one) => one || 'nothing').join(', or else ')}`;
  const own = preferences.flatMap((preference) => (preference.own === undefined ? [] : [describeSide(preference.own)]));
  return own.length === 0 ? requested : `${requested}; of the tester itself: ${own.join(', or else ')}`;
}

function describeSide({ noContextTakeover, maxWindowBits }: Omit<DeflatePreference, 'own'>): string {
  return [
    ...(noContextTakeover ? ['no context takeover'] : []),
    ...(maxWindowBits === undefined ? [] : [`a window of ${maxWindowBits} bits`]),
  ].join(' and ');
}

/** 12: permessage-deflate with different kinds of payloads, RFC 7692. 13: permessage-deflate with different parameters. */
export const compression: readonly ConformanceCase[] = [
  ...KINDS.flatMap((kind, group) =>
    ROWS.map((row, index) => compressed(`12.${group + 1}.${index + 1}`, kind, [PLAIN], row)),
  ),
  ...NEGOTIATIONS.flatMap((preferences, group) =>
    ROWS.map((row, index) => compressed(`13.${group + 1}.${index + 1}`, 'JSON', preferences, row)),
  ),
];
