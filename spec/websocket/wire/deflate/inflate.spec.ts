import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  InflateDecoder,
  InflateFailure,
  MAX_INFLATE_INPUT,
  MAX_INFLATE_OUTPUT,
} from '../../../../src/websocket/wire/deflate/inflate.ts';
import { Window } from '../../../../src/websocket/wire/deflate/window.ts';
import { BlockWriter, type CodeLength, lengths } from '../../../support/deflate-blocks.ts';
import { isDue } from '../../../support/full-run.ts';
import { zlibInflate } from '../../../support/zlib-inflate.ts';

const decoder = new InflateDecoder();

function windowWith(bytes: Uint8Array, size = 32_768): Window {
  const window = new Window(size);
  window.append(bytes);
  return window;
}

function decode(
  message: Buffer,
  before: Uint8Array = new Uint8Array(),
  maxBytes = MAX_INFLATE_OUTPUT,
): Buffer | number {
  const length = decoder.decode(message, windowWith(before), maxBytes, 1000);
  return length < 0 ? length : Buffer.from(decoder.output.subarray(0, length));
}

/** Decodes a message, whole and cut off after each byte, and compares the results with those of zlib. */
function decodeAsZlib(message: Buffer, before?: Uint8Array): Buffer | number {
  for (let length = 0; length < message.length; length++) {
    const part = message.subarray(0, length);
    expect(decode(part, before), `cut off after ${length} bytes`).toEqual(
      zlibInflate(part, before) ?? InflateFailure.INVALID,
    );
  }
  const result = decode(message, before);
  expect(result).toEqual(zlibInflate(message, before) ?? InflateFailure.INVALID);
  return result;
}

/** Lengths of codes for `a`, the end of the block, and the length 3. */
const LITERALS = lengths(258, { 97: 1, 256: 2, 257: 2 });
const block = (): BlockWriter => new BlockWriter();

describe('InflateDecoder, RFC 1951', () => {
  const accepted: readonly [title: string, message: Buffer, result: string, before?: string][] = [
    ['a block with fixed codes', block().fixed().text('Hello').end().flush().toBuffer(), 'Hello'],
    ['a stored block', block().stored(Buffer.from('Hello')).flush().toBuffer(), 'Hello'],
    ['a stored block without bytes', block().stored(Buffer.alloc(0)).fixed().text('a').end().flush().toBuffer(), 'a'],
    ['literals with codes of 9 bits', block().fixed().symbol(144).symbol(255).end().flush().toBuffer(), '\x90\xff'],
    [
      'a distance of 1, which overlaps',
      block().fixed().text('a').symbol(260).distance(0).end().flush().toBuffer(),
      'aaaaaaa',
    ],
    [
      'a distance of 2, which overlaps',
      block().fixed().text('ab').symbol(259).distance(1).end().flush().toBuffer(),
      'abababa',
    ],
    ['the length 258', block().fixed().text('a').symbol(285).distance(0).end().flush().toBuffer(), 'a'.repeat(259)],
    [
      'the length 258 in the form that encoders do not use',
      block().fixed().text('a').symbol(284, 31, 5).distance(0).end().flush().toBuffer(),
      'a'.repeat(259),
    ],
    [
      'the first byte of the window',
      block().fixed().symbol(258).distance(4, 1).end().flush().toBuffer(),
      'Hell',
      'Hello!',
    ],
    [
      'a reference from the window into the message',
      block().fixed().text('ab').symbol(263).distance(4, 0).end().flush().toBuffer(),
      'abxyzabxyza',
      'xyz',
    ],
    ['a dynamic block', block().dynamic(LITERALS, [1]).text('aa').end().flush().toBuffer(), 'aa'],
    [
      'a dynamic block with one distance code',
      block().dynamic(LITERALS, [1]).text('a').symbol(257).distance(0).end().flush().toBuffer(),
      'aaaa',
    ],
    [
      'a dynamic block without a distance code',
      block().dynamic(LITERALS, [0]).text('aaa').end().flush().toBuffer(),
      'aaa',
    ],
    [
      'a dynamic block with only an end',
      block()
        .dynamic(lengths(257, { 256: 1 }), [0])
        .end()
        .flush()
        .toBuffer(),
      '',
    ],
    [
      'code lengths that repeat across the border of the two alphabets',
      block()
        .dynamic(lengths(258, { 97: 1, 256: 2, 257: 2 }), lengths(4, { 0: 2, 1: 2, 2: 2, 3: 2 }), [
          [18, 86],
          1,
          [18, 127],
          [18, 9],
          2,
          [16, 2],
        ])
        .text('a')
        .end()
        .flush()
        .toBuffer(),
      'a',
    ],
    [
      'codes of 15 bits',
      block()
        .dynamic(
          [...lengths(97, {}), ...Array.from({ length: 14 }, (_, index) => index + 1), 15, ...lengths(144, {}), 15],
          [1],
        )
        .text('onmlkjihgfedcba')
        .end()
        .flush()
        .toBuffer(),
      'onmlkjihgfedcba',
    ],
    [
      'long runs of zeros, and a repetition, in code lengths',
      block()
        .dynamic(
          lengths(258, { 97: 2, 98: 2, 256: 2, 257: 2 }),
          [1],
          [[18, 86], 2, 2, [17, 7], [18, 127], [17, 6], 2, 2, 1],
        )
        .text('ab')
        .end()
        .flush()
        .toBuffer(),
      'ab',
    ],
    [
      'distances with codes of 15 bits and 13 extra bits',
      block()
        .dynamic(LITERALS, [...Array.from({ length: 14 }, (_, index) => index + 1), 15, ...lengths(14, {}), 15])
        .text('a')
        .symbol(257)
        .distance(14, 0)
        .symbol(257)
        .distance(29, 2 ** 13 - 1)
        .end()
        .flush()
        .toBuffer(),
      'avvvvvv',
      'v'.repeat(32_768),
    ],
    ['a block with BFINAL at the end', block().fixed(true).text('Hello').end().align().flush().toBuffer(), 'Hello'],
    ['nothing', Buffer.alloc(0), ''],
    ['an empty block', block().flush().toBuffer(), ''],
  ];
  for (const [title, message, result, before] of accepted) {
    it(`decodes ${title}`, () => {
      const decoded = decodeAsZlib(message, before === undefined ? undefined : Buffer.from(before));
      expect((decoded as Buffer).toString('latin1')).toBe(result);
    });
  }

  const FULL: readonly CodeLength[] = [...LITERALS, 1];
  const refused: readonly [title: string, message: Buffer, before?: string][] = [
    ['a block of type 3', block().header(3).toBuffer()],
    [
      'a stored block whose length does not match its complement',
      block().stored(Buffer.from('a'), false, 0).toBuffer(),
    ],
    ['the symbol 286', block().fixed().symbol(286).end().toBuffer()],
    ['the symbol 287', block().fixed().symbol(287).end().toBuffer()],
    ['the distance symbol 30', block().fixed().text('a').symbol(257).distance(30).end().toBuffer()],
    ['the distance symbol 31', block().fixed().text('a').symbol(257).distance(31).end().toBuffer()],
    ['a distance before the first byte', block().fixed().text('a').symbol(257).distance(1).end().toBuffer()],
    ['a distance before the window', block().fixed().text('a').symbol(257).distance(4, 1).end().toBuffer(), 'abc'],
    ['more than 286 literal/length codes', block().header(2).number(30, 5).number(0, 9).toBuffer()],
    ['more than 30 distance codes', block().header(2).number(0, 5).number(30, 5).number(0, 4).toBuffer()],
    [
      'a code length code that is incomplete',
      block()
        .dynamic(LITERALS, [1], FULL, lengths(19, { 0: 1 }))
        .toBuffer(),
    ],
    [
      'a code length code that is over-subscribed',
      block()
        .dynamic(LITERALS, [1], FULL, lengths(19, { 0: 1, 1: 1, 2: 1 }))
        .toBuffer(),
    ],
    ['no code length code at all', block().dynamic(LITERALS, [1], [], lengths(19, {})).number(0, 300).toBuffer()],
    [
      'a repetition without a length before it',
      block()
        .dynamic(LITERALS, [1], [[16, 0]])
        .toBuffer(),
    ],
    [
      'a repetition beyond the last code',
      block()
        .dynamic(LITERALS, [1], [...LITERALS, [16, 0]])
        .toBuffer(),
    ],
    [
      'a repetition of zeros beyond the last code',
      block()
        .dynamic(LITERALS, [1], [...LITERALS, [18, 0]])
        .toBuffer(),
    ],
    [
      'no code for the end of the block',
      block()
        .dynamic(lengths(257, { 97: 1, 98: 1 }), [1])
        .toBuffer(),
    ],
    [
      'a literal/length code that is incomplete',
      block()
        .dynamic(lengths(257, { 97: 2, 256: 2 }), [1])
        .toBuffer(),
    ],
    [
      'a literal/length code that is over-subscribed',
      block()
        .dynamic(lengths(257, { 97: 1, 98: 1, 256: 1 }), [1])
        .toBuffer(),
    ],
    ['a distance code that is incomplete', block().dynamic(LITERALS, [2]).toBuffer()],
    ['a distance code that is over-subscribed', block().dynamic(LITERALS, [1, 1, 1]).toBuffer()],
    [
      'a distance in a block without a distance code',
      block().dynamic(LITERALS, [0]).text('a').symbol(257).number(0, 20).toBuffer(),
    ],
    [
      'the other bit of a single distance code',
      block().dynamic(LITERALS, [1]).text('a').symbol(257).number(1, 1).toBuffer(),
    ],
    [
      'the other bit of a single literal/length code',
      block()
        .dynamic(lengths(257, { 256: 1 }), [0])
        .number(1, 1)
        .toBuffer(),
    ],
  ];
  for (const [title, message, before] of refused) {
    it(`refuses ${title}`, () => {
      expect(decodeAsZlib(message, before === undefined ? undefined : Buffer.from(before))).toBe(
        InflateFailure.INVALID,
      );
    });
  }

  it('decodes the distance of 32,768 with a window of 15 bits, and refuses it if the window has one byte less', () => {
    const message = block()
      .fixed()
      .symbol(258)
      .distance(29, 2 ** 13 - 1)
      .end()
      .flush()
      .toBuffer();
    const before = randomBytes(32_768);
    expect(decodeAsZlib(message, before)).toEqual(before.subarray(0, 4));
    expect(decodeAsZlib(message, before.subarray(1))).toBe(InflateFailure.INVALID);
  });

  it('decodes as much as zlib of a message that is cut off anywhere', () => {
    // The bits that are put back at the end, zeros and then ones, are the codes of references with many extra bits.
    const codes: readonly [literals: number[], distances: number[]][] = [
      [lengths(286, { 97: 1, 256: 2, 257: 3, 284: 3 }), lengths(30, { 0: 1, 1: 1 })],
      [
        lengths(286, { 97: 2, 256: 2, 283: 1 }),
        [...Array.from({ length: 14 }, (_, index) => index + 1), 15, ...lengths(14, {}), 15],
      ],
      [lengths(286, { 256: 1, 97: 2, 285: 2 }), lengths(30, { 28: 1, 29: 1 })],
    ];
    // Without a full run, the codes take turns with the shifts.
    const step = isDue('messages that are cut off') ? 1 : 2;
    for (const [number, [literals, distances]] of codes.entries()) {
      for (let shift = number % step; shift < 8; shift += step) {
        const writer = block().fixed();
        for (let index = 0; index < shift; index++) writer.symbol(255);
        writer.end().dynamic(literals, distances);
        for (let index = 0; index < 3; index++)
          writer.text('a').symbol(literals[284] ? 284 : literals[283] ? 283 : 285);
        decodeAsZlib(writer.toBuffer(), Buffer.alloc(32_768, 'window'));
      }
    }
    // In a sequence of code lengths, the ones are repetitions.
    for (const symbol of [16, 17, 18]) {
      for (let shift = symbol % step; shift < 8; shift += step) {
        const writer = block().fixed();
        for (let index = 0; index < shift; index++) writer.symbol(255);
        writer.end().dynamic(lengths(286, {}), lengths(30, {}), [1, 1, 1], lengths(19, { 1: 1, [symbol]: 1 }));
        decodeAsZlib(writer.toBuffer());
      }
    }
  });

  it('decodes a block with BFINAL that takes the bytes that are put back at the end', () => {
    const message = block()
      .header(0, true)
      .align()
      .number(4, 16)
      .number(4 ^ 0xffff, 16)
      .toBuffer();
    expect(decodeAsZlib(message)).toEqual(Buffer.from('0000ffff', 'hex'));
  });

  it('decodes references to a window that has wrapped around', () => {
    const window = new Window(256);
    const all = randomBytes(1000);
    window.append(all.subarray(0, 900));
    window.append(all.subarray(900));
    // A distance of 250, which is before the place where the ring starts: 193 and 57 more.
    const message = block().fixed().symbol(285).distance(15, 57).end().flush().toBuffer();
    const length = decoder.decode(message, window, 1000, 0);
    expect(Buffer.from(decoder.output.subarray(0, length))).toEqual(
      Buffer.concat([all.subarray(750), all.subarray(750, 758)]),
    );
  });

  it('continues after a block with BFINAL with the next byte, and the same window', () => {
    const message = block()
      .fixed(true)
      .text('ab')
      .end()
      .align()
      .fixed()
      .symbol(259)
      .distance(3)
      .end()
      .flush()
      .toBuffer();
    expect(String(decode(message, Buffer.from('xy')))).toBe('abxyabx');
  });

  it('counts the blocks with BFINAL that others follow', () => {
    const final = block().fixed(true).end().align().toBuffer();
    const decodeWith = (message: Buffer, maxFinalBlocks: number): number =>
      decoder.decode(message, new Window(256), 100, maxFinalBlocks);
    expect(decodeWith(Buffer.alloc(3 * final.length, final), 3)).toBe(0);
    expect(decodeWith(Buffer.alloc(3 * final.length, final), 2)).toBe(InflateFailure.TOO_MANY_FINAL_BLOCKS);
  });

  it('stops before the limit is exceeded: by a literal, a reference or a stored block', () => {
    const messages = [
      block().fixed().text('abcd').end().flush(),
      block().fixed().text('a').symbol(257).distance(0).end().flush(),
      block().stored(Buffer.from('abcd')).flush(),
    ].map((writer) => writer.toBuffer());
    for (const message of messages) {
      expect(decode(message, undefined, 4)).toHaveLength(4);
      expect(decode(message, undefined, 3)).toBe(InflateFailure.TOO_LONG);
    }
  });

  it('decodes the longest input and the longest output', () => {
    const input = randomBytes(MAX_INFLATE_INPUT - 6);
    expect(decode(block().stored(input).flush().toBuffer())).toEqual(input);
    const output = Buffer.alloc(MAX_INFLATE_OUTPUT, 'abc');
    const message = deflateRawSync(output, { finishFlush: constants.Z_SYNC_FLUSH });
    expect(decode(message)).toEqual(output);
    expect(decode(Buffer.concat([message, block().fixed().text('a').end().flush().toBuffer()]))).toBe(
      InflateFailure.TOO_LONG,
    );
  });

  it('decodes long references, to what they repeat and to the window', () => {
    for (const length of [1, 2, 3, 63, 64, 65, 100, 257, 258, 259, 300]) {
      const unit = randomBytes(length);
      const repeated = Buffer.alloc(1500, unit);
      const options = { finishFlush: constants.Z_SYNC_FLUSH };
      expect(decode(deflateRawSync(repeated, options))).toEqual(repeated);
      const continued = deflateRawSync(repeated, { ...options, dictionary: unit });
      expect(decode(continued, unit)).toEqual(repeated);
    }
  });

  it('reports the work of the codes of dynamic blocks', () => {
    decode(block().fixed().text('a').end().flush().toBuffer());
    expect(decoder.work).toBe(0);
    const dynamic = block();
    for (let count = 0; count < 10; count++) dynamic.dynamic(LITERALS, [1]).end();
    decode(dynamic.flush().toBuffer());
    expect(decoder.work).toBeGreaterThan(9);
  });
});
