import type { ConformanceCase, DeflatePreference } from '../case.ts';
import { compressed } from './12-compression.ts';

/** The bytes of each message, and those of each frame. */
const ROWS: readonly (readonly [size: number, frameSize?: number])[] = [[256], [4096], [16_384, 256]];

const OWN: readonly NonNullable<DeflatePreference['own']>[] = [
  { noContextTakeover: true },
  { noContextTakeover: false, maxWindowBits: 9 },
  { noContextTakeover: false, maxWindowBits: 15 },
  { noContextTakeover: true, maxWindowBits: 9 },
  { noContextTakeover: true, maxWindowBits: 15 },
  { noContextTakeover: false, maxWindowBits: 8 },
];

/**
 * 18: permessage-deflate with parameters that limit the tester. As a client, the tester offers a window for itself, RFC 7692 §7.1.2.2,
 * and as a server it responds with parameters for itself that the client did not request, §7.1.1.1 and §7.1.2.1.
 */
export const ownParameters: readonly ConformanceCase[] = OWN.flatMap((own, group) =>
  ROWS.map((row, index) =>
    compressed(`18.${group + 1}.${index + 1}`, 'JSON', [{ noContextTakeover: false, own }], row),
  ),
);
