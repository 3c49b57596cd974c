import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareOperations } from '../harness/without-server.ts';

const INPUTS = [
  'token-like events',
  'short events',
  'multi-line events',
  '64 KiB lines',
  'not ASCII',
  'CR alone',
  'junk lines',
  'one endless line',
];
const KIB = 1024;

/** Parses event streams. `eventsource-parser` receives strings from a streaming TextDecoder, as its documentation shows. */
export async function* parse(effort: Effort): AsyncGenerator<ComparisonResult> {
  for (const input of effort.isQuick ? INPUTS.slice(0, 1) : INPUTS) {
    for (const chunk of effort.isQuick ? [16 * KIB] : [KIB, 16 * KIB, 64 * KIB]) {
      const comparison = {
        scene: 'parse',
        title: `parse ${input}, in chunks of ${chunk / KIB} KiB`,
        unit: 'bytes/s',
        isHigherBetter: true,
        against: ['eventsource-parser'],
      };
      yield await compareOperations(comparison, 'parse', ['pushwire', 'eventsource-parser'], { input, chunk }, effort);
    }
  }
}
