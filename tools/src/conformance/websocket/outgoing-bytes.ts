import type { Part, WriteSize } from './case.ts';
import { type FrameDescription, frame } from './frames.ts';

/** The octets of a step, and where its frames start and end in them. */
export interface OutgoingBytes {
  readonly bytes: Buffer;
  /** The position of the first octet of each frame. */
  readonly starts: readonly number[];
  /** The positions of the first octet of each payload. */
  readonly payloads: readonly number[];
  /** The positions behind the last octet of each frame. A part that does not end its frame has none. */
  readonly ends: readonly number[];
}

/** Encodes the frames of a step, or a part of its only frame. */
export function outgoingBytes(
  frames: readonly FrameDescription[],
  part: Part | undefined,
  isMasked: boolean,
): OutgoingBytes {
  const encoded = frames.map((description) => encode(description, isMasked));
  if (part !== undefined) {
    const bytes = cutPart(encoded[0]!, frames[0]!, part);
    return { bytes, starts: [0], payloads: [0], ends: part.end === undefined ? [bytes.length] : [] };
  }
  let position = 0;
  const ends = encoded.map(({ length }) => {
    position += length;
    return position;
  });
  return {
    bytes: encoded.length === 1 ? encoded[0]! : Buffer.concat(encoded),
    starts: [0, ...ends].slice(0, -1),
    payloads: ends.map((end, index) => end - Buffer.from(frames[index]!.payload ?? '').length),
    ends,
  };
}

/** Encodes a frame of the tester. */
export function encode(description: FrameDescription, isMasked: boolean): Buffer {
  const masks = isMasked !== (description.isMaskedWrongly ?? false);
  return frame(masks ? description : { mask: false, ...description });
}

/** The octets of a part of a frame. A part that starts at 0 includes the header. */
function cutPart(bytes: Buffer, { payload = '' }: FrameDescription, { start, end }: Part): Buffer {
  const header = bytes.length - Buffer.from(payload).length;
  return bytes.subarray(start === 0 ? 0 : header + start, end === undefined ? undefined : header + end);
}

/** Where the next write ends: at the end of the frame, within its header, after `writeSize` octets, or at the end of all. */
export function nextWriteEnd(
  { bytes, payloads, ends }: OutgoingBytes,
  position: number,
  writeSize: WriteSize | undefined,
): number {
  if (writeSize === undefined) return bytes.length;
  const end = endOfFrame({ bytes, ends }, position);
  if (writeSize === 'frames') return end;
  if (writeSize === 'headers') return position < (payloads[ends.indexOf(end)] ?? 0) ? position + 1 : end;
  return Math.min(position + writeSize, bytes.length);
}

/** The end of the frame that has an octet at this position. */
export function endOfFrame({ bytes, ends }: Pick<OutgoingBytes, 'bytes' | 'ends'>, position: number): number {
  return ends.find((end) => end > position) ?? bytes.length;
}
