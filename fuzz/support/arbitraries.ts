import * as fc from 'fast-check';
import { anyCharacter } from '../../spec/support/any-character.ts';
import { type FrameDescription, frame } from '../../spec/support/frames.ts';

/** Sizes of chunks. They are repeated until all bytes are in chunks. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) }, fc.integer({ min: 1, max: 3000 })),
  { minLength: 1, maxLength: 20 },
);

/** Shortens a buffer in reports. The seed reproduces all of it. */
function shortInReports(bytes: Buffer): Buffer {
  const text = `<${bytes.length} bytes: ${bytes.toString('hex', 0, 400)}${bytes.length > 400 ? '…' : ''}>`;
  return Object.assign(bytes, { [fc.toStringMethod]: () => text });
}

export function inChunks(bytes: Uint8Array, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    chunks.push(Buffer.from(bytes.subarray(start, start + size)));
    start += size;
  }
  return chunks;
}

/** Splits text into chunks, possibly within a surrogate pair. */
export function textInChunks(text: string, sizes: readonly number[]): string[] {
  const chunks: string[] = [];
  for (let start = 0, index = 0; start < text.length; index++) {
    const size = sizes[index % sizes.length]!;
    chunks.push(text.slice(start, start + size));
    start += size;
  }
  return chunks;
}

/** Lengths of payloads. Lengths near the limits of the payload length forms are more likely. */
const lengths = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 2, arbitrary: fc.integer({ min: 120, max: 130 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_530, max: 65_540 }) },
);

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: anyCharacter, maxLength: 60 }) },
  { weight: 1, arbitrary: lengths.map((length) => 'ä😀x€'.repeat(length).slice(0, length & ~1)) },
);

export const bytes: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)) },
  { weight: 2, arbitrary: lengths.chain((length) => fc.nat(255).map((byte) => Buffer.alloc(length, byte))) },
);

const maskingKey = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });

/** Valid control frames. */
const controlFrame: fc.Arbitrary<FrameDescription> = fc.record({
  opcode: fc.constantFrom(9, 10),
  payload: fc.uint8Array({ maxLength: 125 }),
  mask: maskingKey,
});

/** A client's message in fragments, with control frames between them. */
const messageFrames: fc.Arbitrary<FrameDescription[]> = fc
  .record({
    opcode: fc.constantFrom(1, 2),
    payload: fc.oneof(
      text.map((string) => Buffer.from(string)),
      bytes,
    ),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
    controls: fc.array(controlFrame, { maxLength: 2 }),
    mask: maskingKey,
  })
  .map(({ opcode, payload, cuts, controls, mask }) => {
    const offsets = cuts.map((cut) => cut % (payload.length + 1)).sort((one, other) => one - other);
    const ends = [...offsets, payload.length];
    return ends.flatMap((end, index) => {
      const fragment: FrameDescription = {
        fin: index === ends.length - 1,
        opcode: index === 0 ? opcode : 0,
        payload: payload.subarray(offsets[index - 1] ?? 0, end),
        mask,
      };
      return index < controls.length ? [controls[index]!, fragment] : [fragment];
    });
  });

const closeFrame: fc.Arbitrary<FrameDescription> = fc
  .oneof(
    fc.constant(Buffer.alloc(0)),
    fc
      .record({ code: fc.oneof(fc.integer({ min: 999, max: 1020 }), fc.nat(65_535)), reason: bytes })
      .map(({ code, reason }) => Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason.subarray(0, 123)])),
    bytes,
  )
  .map((payload) => ({ opcode: 8, payload: payload.subarray(0, 125) }));

/** A frame that can violate any rule. */
const oddFrame: fc.Arbitrary<FrameDescription> = fc.record(
  {
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(7)),
    opcode: fc.nat(15),
    payload: bytes,
    mask: fc.oneof({ weight: 6, arbitrary: maskingKey }, fc.constant(false as const)),
    form: fc.constantFrom(16 as const, 64 as const),
    length: fc.oneof(fc.nat(200), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  },
  { requiredKeys: ['opcode'] },
);

/** Whether the length can be encoded in the form. */
function fits({ form, length = 0 }: FrameDescription): boolean {
  return form !== 16 || length <= 65_535;
}

/**
 * Frames of a client. Most are valid messages, so that decoders do not fail early. Some are invalid frames or Close frames.
 */
export const wholeFrames: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: messageFrames },
      { weight: 2, arbitrary: controlFrame.map((description) => [description]) },
      { weight: 1, arbitrary: closeFrame.map((description) => [description]) },
      { weight: 1, arbitrary: oddFrame.filter(fits).map((description) => [description]) },
    ),
    { maxLength: 8 },
  )
  .map((groups) => shortInReports(Buffer.concat(groups.flat().map((description) => frame(description)))));

/** Frames of a client, sometimes truncated or followed by random bytes. */
export const clientBytes: fc.Arbitrary<Buffer> = wholeFrames.chain((whole) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(whole) },
    { weight: 1, arbitrary: fc.nat(whole.length).map((end) => shortInReports(whole.subarray(0, end))) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 40 }).map((noise) => shortInReports(Buffer.concat([whole, noise]))),
    },
  ),
);
