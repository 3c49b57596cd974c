import type { InflateResult, JoinResult } from '../wire/permessage-deflate.ts';
import type { Compression } from './compression.ts';
import { inflatedWork } from './turn-budget.ts';
import { runZlibJob } from './zlib-jobs.ts';

/**
 * Inflates a message of a connection on zlib's threads. After each slice of the result, other connections may go first.
 *
 * @param onProgress called with the memory in bytes that the inflation takes; returns whether to continue
 * @param onResult   called with the result, and with the work that it causes: several may be done in one turn of the event loop
 */
export function inflateInTurns(
  compression: Compression,
  compressed: Uint8Array,
  maxBytes: number,
  onProgress: (heldBytes: number) => boolean,
  onResult: (result: InflateResult | JoinResult, work: number) => void,
): void {
  /** The memory in bytes that the inflation takes, and the part of it that was taken before the result began. */
  let heldBytes = 0;
  let heldAtFirst = -1;
  /** The processed bytes that the queue knows. */
  let charged = 0;
  const takeProcessed = (): number => {
    // The memory grows with the result.
    const processed = compressed.length + heldBytes - heldAtFirst;
    const bytes = processed - charged;
    charged = processed;
    return bytes;
  };
  // The result has at least about as many bytes as the message.
  runZlibJob(compression, 2 * compressed.length, (firstDone) => {
    let done = firstDone;
    compression.inflater.inflateLater(
      compressed,
      maxBytes,
      (result) => {
        done(takeProcessed());
        onResult(result, inflatedWork(heldBytes));
      },
      (bytes) => {
        heldBytes = bytes;
        if (heldAtFirst < 0) heldAtFirst = bytes;
        return onProgress(bytes);
      },
      (resume) => {
        done(takeProcessed(), (nextDone) => {
          done = nextDone;
          resume();
        });
      },
    );
  });
}
