import type { InflateResult, JoinResult } from '../wire/permessage-deflate.ts';
import type { Compression } from './compression.ts';
import { runZlibJob } from './zlib-jobs.ts';

/**
 * Inflates a message of a connection on zlib's threads. After each slice of the result, other connections may go first.
 *
 * @param onProgress called with the memory in bytes that the inflation takes; returns whether to continue
 * @param onResult   called with the result, and with that memory
 */
export function inflateInTurns(
  compression: Compression,
  compressed: Uint8Array,
  maxBytes: number,
  onProgress: (heldBytes: number) => boolean,
  onResult: (result: InflateResult | JoinResult, heldBytes: number) => void,
): void {
  let bytes = compressed.length;
  /** The bytes of the slices that are done. */
  let doneBytes = 0;
  runZlibJob(compression, (firstDone) => {
    let done = firstDone;
    compression.inflater.inflateLater(
      compressed,
      maxBytes,
      (result) => {
        done(bytes - doneBytes);
        onResult(result, bytes);
      },
      (heldBytes) => {
        bytes = heldBytes;
        return onProgress(heldBytes);
      },
      (resume) => {
        done(bytes - doneBytes);
        doneBytes = bytes;
        runZlibJob(compression, (nextDone) => {
          done = nextDone;
          resume();
        });
      },
    );
  });
}
