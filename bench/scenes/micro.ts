import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareOperations } from '../harness/without-server.ts';

type Scene = (effort: Effort) => AsyncGenerator<ComparisonResult>;

/** Measures one operation of `pushwire/wire` without sockets. */
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

/** Masks bytes with a masking key. */
export const mask: Scene = micro('mask', 'bytes/s', ['pushwire', 'bufferutil', 'a plain loop'], [32, 1024, 65_536]);
/** Validates UTF-8. */
export const utf8: Scene = micro('utf8', 'bytes/s', ['pushwire', 'Buffer.isUtf8'], [32, 1024, 65_536]);
/** Decodes 100 masked frames in one chunk. */
export const decode: Scene = micro('decode', 'frames/s', ['pushwire', 'ws'], [20, 200, 4096]);
/** Encodes 100 messages as frames of a server. */
export const encode: Scene = micro('encode', 'frames/s', ['pushwire', 'ws'], [20, 200, 4096]);
