import type { Random } from '../random.ts';
import type { Chunking } from '../scenario.ts';

/** Single bytes are slow to send. After this many, the rest is not split. */
const MAX_SINGLE_BYTES = 60_000;
const MAX_CHUNKS = 10_000;

/** Splits blocks into chunks. */
export function* cut(blocks: Iterable<Buffer>, chunking: Chunking, random: Random): Iterable<Buffer> {
  let chunks = 0;
  for (const block of blocks) {
    let start = 0;
    if (chunking === 'bytes') {
      for (; start < block.length && chunks < MAX_SINGLE_BYTES; chunks++) yield block.subarray(start, ++start);
    } else if (chunking === 'anywhere') {
      for (; start < block.length && chunks < MAX_CHUNKS; chunks++) {
        const end = Math.min(block.length, start + random.size(1, 64 * 1024));
        yield block.subarray(start, end);
        start = end;
      }
    }
    if (start < block.length) yield block.subarray(start);
  }
}
