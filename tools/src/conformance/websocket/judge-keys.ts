import type { AgentState } from './agent-state.ts';
import type { Deviation } from './course.ts';
import { GRADES } from './grades.ts';

/** The frames without which nothing can be said. Three random keys are equally far apart once in 2^32 times. */
const ENOUGH = 4;

/** Judges whether the masking keys of a client can be predicted, RFC 6455 §5.3: whether all are the same, or a counter. */
export function judgeKeys({ keys }: AgentState): Deviation[] {
  const isCounter =
    keys.length >= ENOUGH &&
    [(key: number) => key, reversed].some((read) => {
      const distances = keys.slice(1).map((key, index) => (read(key) - read(keys[index]!)) >>> 0);
      return distances.every((distance) => distance === distances[0]);
    });
  if (!isCounter) return [];
  const shown = keys.slice(0, ENOUGH).map((key) => key.toString(16).padStart(8, '0'));
  const text = `The masking keys can be predicted; expected random ones; received ${shown.join(', ')}`;
  return [{ grade: GRADES.predictableKey, text }];
}

/** The number in the other order of octets. */
function reversed(key: number): number {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(key);
  return octets.readUInt32LE();
}
