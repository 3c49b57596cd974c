import type { ConformanceCase, DeflatePreference, Step } from '../case.ts';
import { type PayloadKind, sliceOf } from '../payloads.ts';
import { echoOf, expectReplies } from './dsl.ts';

const KIB = 1024;
/** Messages of a case, the same number as in Autobahn. */
const COUNT = 1000;
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

function row(
  id: string,
  kind: PayloadKind,
  deflate: readonly DeflatePreference[],
  [size, frameSize]: (typeof ROWS)[number],
  count: number,
): ConformanceCase {
  const type = kind === 'JSON' ? 'text' : 'binary';
  const payloads = (): Buffer[] => Array.from({ length: count }, (_, number) => sliceOf(kind, size, number));
  return {
    id,
    title: `${count} ${kind} messages of ${size} bytes${frameSize === undefined ? '' : ` in frames of ${frameSize} bytes`}${describePreferences(deflate)}`,
    section: 'RFC 7692 §7',
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
  };
}

function describePreferences(preferences: readonly DeflatePreference[]): string {
  const words = preferences.map(({ noContextTakeover, maxWindowBits }) =>
    [
      ...(noContextTakeover ? ['no context takeover'] : []),
      ...(maxWindowBits === undefined ? [] : [`a window of ${maxWindowBits} bits`]),
    ].join(' and '),
  );
  return words.join('') === '' ? '' : `; requested: ${words.map((one) => one || 'nothing').join(', or else ')}`;
}

/**
 * 12: permessage-deflate with different kinds of payloads, RFC 7692. 13: permessage-deflate with different parameters.
 *
 * @param countOf the number of messages in a case, by the bytes of each message
 */
export function compressionCases(countOf: (size: number) => number): ConformanceCase[] {
  return [
    ...KINDS.flatMap((kind, group) =>
      ROWS.map((one, index) => row(`12.${group + 1}.${index + 1}`, kind, [PLAIN], one, countOf(one[0]))),
    ),
    ...NEGOTIATIONS.flatMap((preferences, group) =>
      ROWS.map((one, index) => row(`13.${group + 1}.${index + 1}`, 'JSON', preferences, one, countOf(one[0]))),
    ),
  ];
}

export const compression: readonly ConformanceCase[] = compressionCases(() => COUNT);
