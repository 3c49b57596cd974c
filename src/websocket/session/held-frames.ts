import { COPY_LIMIT, overheadOf } from '../wire/frame-encoder.ts';

/** The maximum numbers of frames and of their bytes that are held until the end of a turn of the event loop. */
const MAX_HELD_FRAMES = 64;
const MAX_HELD_BYTES = 64 * 1024;

/** Frames of broadcasts that are held until the end of a turn of the event loop. */
export class HeldFrames {
  readonly frames: Uint8Array[] = [];
  bytes = 0;

  /** How many of the bytes are headers. */
  get overhead(): number {
    let overhead = 0;
    for (const frame of this.frames) overhead += overheadOf(frame);
    return overhead;
  }
}

/** Holds the bytes if they are a frame in memory of its own that fits; returns whether they are held. */
export function hold(held: HeldFrames, chunk: Uint8Array, start: number, end: number): boolean {
  const { length } = chunk;
  if (end - start < chunk.buffer.byteLength || length > COPY_LIMIT) return false;
  if (held.frames.length === MAX_HELD_FRAMES || held.bytes + length > MAX_HELD_BYTES) return false;
  held.frames.push(chunk);
  held.bytes += length;
  return true;
}
