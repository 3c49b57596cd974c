import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareOperations } from '../harness/without-server.ts';

type Scene = (effort: Effort) => AsyncGenerator<ComparisonResult>;

/** One operation of the wire, without sockets. */
function micro(what: string, unit: string, contenders: readonly string[], sizes: readonly number[]): Scene {
  return async function* scene(effort: Effort) {
    for (const size of effort.isQuick ? sizes.slice(0, 1) : sizes) {
      const comparison = {
        scene: what,
        title: `${what}, ${size} B`,
        unit,
        isHigherBetter: true,
        against: contenders.filter((name) => name !== 'pushwire'),
      };
      yield await compareOperations(comparison, 'micro', contenders, { what, size }, effort);
    }
  };
}

/** XOR with a masking key. */
export const mask: Scene = micro('mask', 'bytes/s', ['pushwire', 'bufferutil', 'a plain loop'], [32, 1024, 65_536]);
/** Whether bytes are text. */
export const utf8: Scene = micro('utf8', 'bytes/s', ['pushwire', 'Buffer.isUtf8'], [32, 1024, 65_536]);
/** A hundred masked frames in one chunk, to messages. */
export const decode: Scene = micro('decode', 'frames/s', ['pushwire', 'ws'], [20, 200, 4096]);
/** A hundred messages to frames of a server. */
export const encode: Scene = micro('encode', 'frames/s', ['pushwire', 'ws'], [20, 200, 4096]);
