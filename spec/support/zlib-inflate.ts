import { constants, inflateRawSync } from 'node:zlib';

const TAIL = Buffer.from('0000ffff', 'hex');
const WINDOW_BYTES = 32_768;

/** What the types of node:zlib do not reflect: the option `info` changes the result. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Inflates a message of permessage-deflate with zlib. After a block with BFINAL, another stream may follow. Returns null for
 * invalid data.
 *
 * @param before the bytes of previous messages
 */
export function zlibInflate(message: Uint8Array, before: Uint8Array = new Uint8Array()): Buffer | null {
  let input: Buffer = Buffer.concat([message, TAIL]);
  let all: Buffer = Buffer.from(before);
  try {
    while (input.length > 0) {
      const dictionary = all.length > 0 ? all.subarray(-WINDOW_BYTES) : undefined;
      const options = { finishFlush: constants.Z_SYNC_FLUSH, info: true, dictionary };
      const { buffer, engine } = inflateRawSync(input, options) as unknown as InflateInfo;
      input = input.subarray(engine.bytesWritten);
      all = Buffer.concat([all, buffer]);
    }
  } catch {
    return null;
  }
  return all.subarray(before.length);
}
