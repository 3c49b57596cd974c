import { constants, deflateRawSync } from 'node:zlib';
import { deflateBomb } from '../../../spec/support/bomb.ts';
import { frame } from '../../../spec/support/frames.ts';
import type { Act } from '../scenario.ts';

/** The size of a block of repeated frames in bytes. */
const BLOCK = 64 * 1024;
const RSV1 = 4;
const TEXT = 1;
const BINARY = 2;
const PING = 9;
const PONG = 10;

/** Yields the frames of the acts in blocks. `masked` is true for a client and false for a server. */
export function* framesOf(acts: readonly Act[], masked: boolean): Iterable<Buffer> {
  const build = (description: Parameters<typeof frame>[0]): Buffer =>
    frame(masked ? description : { ...description, mask: false });
  for (const act of acts) {
    switch (act.act) {
      case 'fragments': {
        const payload = Buffer.alloc(act.size, 'x');
        const pongs = Array.from({ length: act.pongs }, () => build({ opcode: PONG, payload: 'p'.repeat(125) }));
        yield build({ fin: false, opcode: BINARY, payload });
        yield* repeat(Buffer.concat([build({ fin: false, opcode: 0, payload }), ...pongs]), act.count);
        break;
      }
      case 'messages': {
        const payload = Buffer.alloc(act.size, 'message ');
        yield* repeat(
          act.compressed
            ? build({ rsv: RSV1, opcode: TEXT, payload: deflate(payload) })
            : build({ opcode: TEXT, payload }),
          act.count,
        );
        break;
      }
      case 'empty compressed messages':
        yield* repeat(build({ rsv: RSV1, opcode: TEXT, payload: Buffer.of(0) }), act.count);
        break;
      case 'final blocks': {
        const payload = Buffer.alloc(2 * act.blocks, Buffer.of(3, 0));
        yield* repeat(build({ rsv: RSV1, opcode: BINARY, payload }), act.count);
        break;
      }
      case 'bombs':
        yield* repeat(build({ rsv: RSV1, opcode: BINARY, payload: deflateBomb(act.mebibytes) }), act.count);
        break;
      case 'pings':
        yield* repeat(build({ opcode: PING, payload: 'p'.repeat(act.size) }), act.count);
        break;
      case 'unfinished frame':
        yield build({ opcode: BINARY, payload: Buffer.alloc(act.size + 1) }).subarray(0, -1);
    }
  }
}

/** Compresses a message as RFC 7692 §7.2.1 specifies. */
export function deflate(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function* repeat(bytes: Buffer, count: number): Iterable<Buffer> {
  const inBlock = Math.max(1, Math.floor(BLOCK / bytes.length));
  const block = count >= inBlock ? Buffer.alloc(inBlock * bytes.length, bytes) : bytes;
  for (let left = count; left > 0; left -= inBlock) {
    yield left >= inBlock ? block : Buffer.alloc(left * bytes.length, bytes);
  }
}
