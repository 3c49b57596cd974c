import type { Writable } from 'node:stream';

/**
 * Returns a value that changes when the kernel takes some of the bytes that are queued in a stream.
 *
 * `writableLength` counts a write in full until all of it is taken, so a large write would show no progress. The handle of a
 * socket counts exactly, and `socket.setTimeout()` relies on it, too. As it is undocumented, it may be missing.
 *
 * @param bytesWritten the bytes that were written to the stream so far
 */
export function writeProgress(stream: Writable, bytesWritten: number): string {
  const { _handle } = stream as Writable & { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return `${bytesWritten - stream.writableLength} ${_handle?.writeQueueSize}`;
}
