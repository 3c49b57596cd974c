import { constants, deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockWriter } from '../spec/support/deflate-blocks.ts';
import { inflate } from '../spec/support/inflate.ts';
import { zlibInflate } from '../spec/support/zlib-inflate.ts';
import { DeflateEncoder, MAX_DEFLATE_INPUT } from '../src/websocket/wire/deflate/deflate.ts';
import {
  InflateDecoder,
  InflateFailure,
  MAX_INFLATE_INPUT,
  MAX_INFLATE_OUTPUT,
} from '../src/websocket/wire/deflate/inflate.ts';
import { searchEffort } from '../src/websocket/wire/deflate/match-finder.ts';
import { Window } from '../src/websocket/wire/deflate/window.ts';

const TAIL = Buffer.from('0000ffff', 'hex');
const WORDS = ['{"id":', '"name":"grüße"', 'x', ',', '0123456789', 'the quick brown fox ', '\0', '\xff\xfe'];

/** Bytes with repetitions, near and far, and some that never repeat. */
const data = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...WORDS).map((word) => Buffer.from(word, 'latin1')) },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
      { weight: 1, arbitrary: fc.tuple(fc.nat(255), fc.nat(700)).map(([byte, length]) => Buffer.alloc(length, byte)) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.concat(parts));

const decoder = new InflateDecoder();
const encoder = new DeflateEncoder();

/** Decodes a message as permessage-deflate does. Returns null for invalid data. */
function decode(message: Uint8Array, before: Uint8Array, maxBytes = MAX_INFLATE_OUTPUT): Buffer | null | 'too long' {
  const window = new Window(32_768);
  window.append(before);
  const length = decoder.decode(message, window, maxBytes, Number.POSITIVE_INFINITY);
  if (length === InflateFailure.TOO_LONG) return 'too long';
  return length < 0 ? null : Buffer.from(decoder.output.subarray(0, length));
}

/** Compares the decoder with zlib: the same bytes, or both refuse the message. */
function compareWithZlib(message: Uint8Array, before: Uint8Array): void {
  const result = decode(message, before);
  const expected = zlibInflate(message, before);
  if (result === 'too long') expect(expected === null || expected.length > MAX_INFLATE_OUTPUT).toBe(true);
  else expect(result).toEqual(expected);
}

const zlibOptions = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

/** Flips bits, and cuts the end off. */
const damage = fc.record({
  flips: fc.array(fc.tuple(fc.oneof({ weight: 3, arbitrary: fc.nat(50) }, fc.nat()), fc.nat(7)), { maxLength: 3 }),
  cut: fc.option(fc.nat()),
});

describe('the DEFLATE decoder', () => {
  it('reads what zlib writes, with every level, strategy and window, also damaged, and refuses the same as zlib', () => {
    fc.assert(
      fc.property(data, data, zlibOptions, fc.boolean(), damage, (payload, before, options, final, { flips, cut }) => {
        const dictionary = before.length > 0 ? before.subarray(-(2 ** options.windowBits)) : undefined;
        const finishFlush = final ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
        const compressed = deflateRawSync(payload, { ...options, dictionary, finishFlush });
        let message = final ? compressed : compressed.subarray(0, -TAIL.length);
        for (const [offset, bit] of flips) if (message.length > 0) message[offset % message.length]! ^= 1 << bit;
        if (cut !== null) message = message.subarray(0, cut % (message.length + 1));
        if (message.length > MAX_INFLATE_INPUT) return;
        compareWithZlib(message, before.subarray(-32_768));
        if (flips.length > 0 || cut !== null || payload.length > MAX_INFLATE_OUTPUT) return;
        expect(decode(message, before.subarray(-32_768))).toEqual(payload);
      }),
    );
  });

  it('accepts or refuses random bytes as zlib does', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), data, compareWithZlib));
  });

  it('accepts or refuses random dynamic blocks as zlib does', () => {
    const length = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 15 }));
    const lengths = (min: number, max: number): fc.Arbitrary<number[]> =>
      fc.array(length, { minLength: min, maxLength: max });
    /** Lengths of a complete code: each step splits one of its codes. */
    const complete = (symbols: number): fc.Arbitrary<number[]> =>
      fc
        .tuple(
          fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
          fc.array(fc.nat(symbols - 1), { minLength: 41, maxLength: 41 }),
        )
        .map(([splits, places]) => {
          const codes = [0];
          for (const split of splits) {
            const index = split % codes.length;
            if (codes[index]! < 15) codes.push(++codes[index]!);
          }
          const all = Array.from({ length: symbols }, () => 0);
          for (const [index, bits] of codes.entries()) all[places[index]!] = bits;
          return all;
        });
    const literals = fc.oneof(complete(257), complete(286), lengths(257, 286));
    const distances = fc.oneof(complete(30), lengths(1, 30), fc.constant([1]), fc.constant([0]));
    fc.assert(
      fc.property(literals, distances, fc.uint8Array({ maxLength: 60 }), (literal, distance, rest) => {
        const block = new BlockWriter().dynamic(literal, distance).toBuffer();
        // The last bits of the block's last byte are zeros, and a part of the first codes.
        compareWithZlib(Buffer.concat([block, rest]), Buffer.from('some bytes before'));
      }),
    );
  });

  it('never exceeds the limit, and does not depend on it otherwise', () => {
    fc.assert(
      fc.property(data, fc.nat(3000), fc.integer({ min: 0, max: 9 }), (payload, limit, level) => {
        const message = deflateRawSync(payload, { level, finishFlush: constants.Z_SYNC_FLUSH }).subarray(
          0,
          -TAIL.length,
        );
        if (message.length > MAX_INFLATE_INPUT) return;
        expect(decode(message, Buffer.alloc(0), limit)).toEqual(payload.length > limit ? 'too long' : payload);
      }),
    );
  });
});

describe('the DEFLATE encoder', () => {
  it('writes what zlib reads, with any window and level, for connections that take turns', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), data), { maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 8, max: 15 }), fc.integer({ min: 0, max: 9 }), (all, windowBits, level) => {
        const connections = [0, 1, 2].map(() => ({
          window: new Window(2 ** Math.min(11, windowBits)),
          before: Buffer.alloc(0),
        }));
        for (const [number, bytes] of all) {
          const connection = connections[number]!;
          const payload = bytes.subarray(0, MAX_DEFLATE_INPUT);
          const message = encoder.encode(connection.window, payload, 2 ** windowBits, searchEffort(level));
          expect(zlibInflate(message, connection.before)).toEqual(payload);
          expect(decode(message, connection.before)).toEqual(payload);
          const { output, maxDistance } = inflate(Buffer.concat([message, TAIL]), connection.before);
          expect(output).toEqual(payload);
          expect(maxDistance).toBeLessThanOrEqual(2 ** windowBits);
          // A stored block has five bytes more, and another follows it.
          expect(message.length).toBeLessThanOrEqual(payload.length + 6);
          connection.window.append(payload);
          connection.before = Buffer.concat([connection.before, payload]).subarray(-(2 ** windowBits));
        }
      }),
    );
  });
});
