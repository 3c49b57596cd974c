import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  Deflater,
  type InflateResult,
  Inflater,
  type JoinResult,
} from '../../../src/websocket/wire/permessage-deflate.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import { BlockWriter, lengths } from '../../support/deflate-blocks.ts';
import { inflate } from '../../support/inflate.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const HELLO = Buffer.from('Hello');

/** Joins a result as soon as it is there. */
function joined(resolve: (result: InflateResult) => void): (result: InflateResult | JoinResult) => void {
  return (result) => resolve(typeof result === 'function' ? result() : result);
}

/** The results of inflate(), which must be those of inflateLater(). */
async function inflateBothWays(
  inflater: () => Inflater,
  messages: Buffer[],
  maxLength = 1000,
): Promise<InflateResult[]> {
  const one = inflater();
  const at = messages.map((message) => one.inflate(message, maxLength));
  const other = inflater();
  const later: InflateResult[] = [];
  for (const message of messages) {
    later.push(await new Promise<InflateResult>((resolve) => other.inflateLater(message, maxLength, joined(resolve))));
  }
  expect(later.map(String)).toEqual(at.map(String));
  return at;
}

describe('Inflater, RFC 7692 §7.2.3', () => {
  const vectors: readonly [string, string, string][] = [
    ['one block with fixed codes', 'f248cdc9c90700', 'Hello'],
    ['a stored block', '000500faff48656c6c6f00', 'Hello'],
    ['a block with BFINAL', 'f348cdc9c9070000', 'Hello'],
    ['two blocks', 'f248050000 00ffffcac9c90700'.replace(' ', ''), 'Hello'],
    ['two blocks with BFINAL', 'f348cdc9c90700f348cdc9c9070000', 'HelloHello'],
    ['an empty message', '00', ''],
    ['nothing at all', '', ''],
  ];
  for (const [title, compressed, text] of vectors) {
    it(`inflates ${title}`, async () => {
      expect((await inflateBothWays(() => new Inflater(15, true), [hex(compressed)])).map(String)).toEqual([text]);
    });
  }

  it('resolves references to previous messages with context takeover only', async () => {
    const messages = [hex('f248cdc9c90700'), hex('f200110000')];
    expect((await inflateBothWays(() => new Inflater(15, true), messages)).map(String)).toEqual(['Hello', 'Hello']);
    const [, second] = await inflateBothWays(() => new Inflater(15, false), messages);
    expect(second).toBe(Violation.INVALID_DEFLATE);
  });

  it('resolves references across a block with BFINAL, also to previous messages', async () => {
    const first = Buffer.from('first message, ');
    const rest = deflateRawSync(Buffer.from('first message, Hello'), { dictionary: Buffer.concat([first, HELLO]) });
    const messages = [deflateRawSync(first), Buffer.concat([deflateRawSync(HELLO), rest])];
    const texts = (await inflateBothWays(() => new Inflater(15, true), messages)).map(String);
    expect(texts).toEqual(['first message, ', 'Hellofirst message, Hello']);
  });

  it('fails for data that is not DEFLATE', async () => {
    const [garbage] = await inflateBothWays(() => new Inflater(15, true), [hex('ffffffff')]);
    expect(garbage).toBe(Violation.INVALID_DEFLATE);
  });

  it('accepts four blocks with BFINAL, and one more for each KiB of the message', async () => {
    const final = hex('0300');
    const inflate = async (message: Buffer): Promise<InflateResult> =>
      (await inflateBothWays(() => new Inflater(15, true), [message], 100_000))[0]!;
    expect(String(await inflate(Buffer.alloc(8, final)))).toBe('');
    expect(await inflate(Buffer.alloc(10, final))).toBe(Violation.TOO_MANY_FINAL_BLOCKS);
    const long = deflateRawSync(randomBytes(3 * 1024));
    expect(await inflate(Buffer.concat([long, Buffer.alloc(2 * 6, final)]))).toHaveLength(3 * 1024);
    expect(await inflate(Buffer.concat([long, Buffer.alloc(2 * 7, final)]))).toBe(Violation.TOO_MANY_FINAL_BLOCKS);
  });

  it('estimates the work of inflating', () => {
    const inflater = new Inflater(15, true);
    // An empty dynamic block, which takes longer than its 16 bytes.
    const dynamic = new BlockWriter()
      .dynamic(lengths(257, { 256: 1 }), [0])
      .end()
      .flush()
      .toBuffer();
    const long = deflateRawSync(Buffer.alloc(60_000));
    const works = [hex('00'), hex(''), dynamic, Buffer.alloc(2 * dynamic.length, dynamic), long].map((message) => {
      inflater.inflate(message, 100_000);
      return inflater.takeWork();
    });
    expect(works.slice(0, 2)).toEqual([0, 0]);
    const [, , one, two, ofLong] = works;
    expect(one).toBeGreaterThanOrEqual(3);
    expect(two! / one!).toBeGreaterThan(1.4);
    expect(ofLong! - one!).toBeGreaterThan(100);
    expect(inflater.takeWork()).toBe(0);
    // It is work, too, if the result is discarded.
    inflater.inflateIfQuick(deflateRawSync(Buffer.alloc(200_000)), 1_000_000);
    expect(inflater.takeWork()).toBeGreaterThan(100);
  });

  it('stops at the limit, in one block and in several', async () => {
    const exact = deflateRawSync(Buffer.alloc(1000));
    const [fits, over] = await inflateBothWays(
      () => new Inflater(15, true),
      [exact, deflateRawSync(Buffer.alloc(1001))],
    );
    expect((fits as Buffer).length).toBe(1000);
    expect(over).toBe(Violation.MESSAGE_TOO_LONG);
    const parts = Buffer.concat([deflateRawSync(Buffer.alloc(1000)), deflateRawSync(Buffer.alloc(1))]);
    expect((await inflateBothWays(() => new Inflater(15, true), [parts]))[0]).toBe(Violation.MESSAGE_TOO_LONG);
  });

  it('inflates messages of any size during the call', async () => {
    const payload = randomBytes(100_000);
    const [fits, over, invalid] = await inflateBothWays(
      () => new Inflater(15, true),
      [deflateRawSync(payload), deflateRawSync(randomBytes(100_001)), Buffer.alloc(20_000, 'ff', 'hex')],
      100_000,
    );
    expect([fits, over, invalid]).toEqual([payload, Violation.MESSAGE_TOO_LONG, Violation.INVALID_DEFLATE]);
  });

  it('decompresses a small message once, even if the result is long or too long for the call', () => {
    const workOf = (bytes: number): number => {
      const inflater = new Inflater(15, true);
      inflater.inflateIfQuick(deflateRawSync(Buffer.alloc(bytes)), 10_000_000);
      return inflater.takeWork();
    };
    const [quick, long, tooLong] = [50_000, 100_000, 1_000_000].map(workOf);
    expect(long! / quick!).toBeLessThan(2.1);
    expect(tooLong! / long!).toBeLessThan(1.5);
  });

  it('inflates small messages synchronously, and leaves large ones to the threads', () => {
    const inflateIfQuick = (payload: Buffer, maxBytes: number): InflateResult | null =>
      new Inflater(15, false).inflateIfQuick(deflateRawSync(payload), maxBytes);
    expect(String(inflateIfQuick(HELLO, 1000))).toBe('Hello');
    expect(inflateIfQuick(Buffer.alloc(1001), 1000)).toBe(Violation.MESSAGE_TOO_LONG);
    expect(inflateIfQuick(Buffer.alloc(140_000), 130_000)).toBe(Violation.MESSAGE_TOO_LONG);
    // Too many bytes of the result; too many compressed bytes.
    const long = Buffer.concat([randomBytes(3000), Buffer.alloc(140_000)]);
    for (const payload of [Buffer.alloc(140_000), long]) expect(inflateIfQuick(payload, 200_000)).toBeNull();
    expect(inflateIfQuick(long, 130_000)).toBe(Violation.MESSAGE_TOO_LONG);
    expect(inflateIfQuick(randomBytes(17_000), 100_000)).toBeNull();
  });
});

describe('Deflater, RFC 7692 §7.2.1', () => {
  it('produces the bytes of §7.2.3: without the tail, with and without context takeover, and for an empty message', () => {
    const taking = new Deflater(15, true, 0, {});
    expect(Buffer.from(taking.deflate(HELLO, true)).toString('hex')).toBe('f248cdc9c90700');
    expect(Buffer.from(taking.deflate(HELLO, true)).toString('hex')).toBe('f200110000');
    expect(Buffer.from(taking.deflate(Buffer.alloc(0), true)).toString('hex')).toBe('00');
    const without = new Deflater(15, false, 0, {});
    for (let round = 0; round < 2; round++) {
      expect(Buffer.from(without.deflate(HELLO, true)).toString('hex')).toBe('f248cdc9c90700');
    }
  });

  it('is worthwhile for every message with context takeover, and from the threshold on without', () => {
    expect(new Deflater(15, true, 100, {}).isWorthCompressing(1)).toBe(true);
    const without = new Deflater(15, false, 100, {});
    expect([without.isWorthCompressing(99), without.isWorthCompressing(100)]).toEqual([false, true]);
  });

  it('compresses the fragments of a message as one DEFLATE stream, with references between them', () => {
    for (const contextTakeover of [true, false]) {
      const deflater = new Deflater(15, contextTakeover, 0, {});
      const text = Buffer.from('the same words again and again. ');
      for (let message = 0; message < 2; message++) {
        const fragments = [deflater.deflate(text, false), deflater.deflate(text, false), deflater.deflate(text, true)];
        const whole = Buffer.concat(fragments);
        const inflater = new Inflater(15, false);
        const result = message === 0 || !contextTakeover ? String(inflater.inflate(whole, 1000)) : undefined;
        if (result !== undefined) expect(result).toBe(String(text).repeat(3));
        expect(fragments[1]!.length).toBeLessThan(20);
      }
    }
  });

  it('does the same on threads, even if a message is begun before the previous one is done', async () => {
    const deflater = new Deflater(12, true, 0, {});
    const inflater = new Inflater(12, true);
    const messages = Array.from({ length: 20 }, (_, index) => Buffer.from(`message ${index}, `.repeat(2000)));
    const compressed = await Promise.all(
      messages.map(
        (message, index) =>
          new Promise<Uint8Array>((resolve, reject) => {
            if (index % 3 === 0) resolve(deflater.deflate(message, true));
            else deflater.deflateLater(message, true, (error, bytes) => (error ? reject(error) : resolve(bytes)));
          }),
      ),
    );
    for (const [index, bytes] of compressed.entries()) {
      expect(String(inflater.inflate(bytes, 100_000))).toBe(String(messages[index]));
    }
  });

  it('compresses large fragments with zlib, also on threads', async () => {
    const fragment = randomBytes(2000);
    for (const contextTakeover of [true, false]) {
      const deflater = new Deflater(15, contextTakeover, 0, {});
      const later = (last: boolean): Promise<Uint8Array> =>
        new Promise((resolve) => deflater.deflateLater(fragment, last, (_error, compressed) => resolve(compressed)));
      const message = Buffer.concat([deflater.deflate(fragment, false), await later(false), await later(true)]);
      expect(new Inflater(15, false).inflate(message, 10_000)).toEqual(Buffer.concat([fragment, fragment, fragment]));
    }
  });

  it('has zlib compress every message with a strategy of its own', () => {
    const compress = (strategy: number): number => {
      const deflater = new Deflater(15, true, 0, { strategy });
      return deflater.deflate(Buffer.from('abcabcabcabcabcabcabcabc'), true).length;
    };
    // Z_HUFFMAN_ONLY uses no references.
    expect(compress(2)).toBeGreaterThan(compress(0) + 5);
  });

  it('passes its options to zlib', () => {
    const text = Buffer.from('abc'.repeat(1000));
    const stored = new Deflater(15, false, 0, { level: 0, memLevel: 9, strategy: 0 }).deflate(text, true);
    expect(stored.length).toBeGreaterThan(text.length);
  });

  for (const windowBits of [8, 9, 10, 12, 15]) {
    it(`refers back at most the size of the window of ${windowBits} bits`, () => {
      const deflater = new Deflater(windowBits, true, 0, {});
      const inflater = new Inflater(windowBits, true);
      const random = randomBytes(3000);
      let window = Buffer.alloc(0);
      for (const length of [10, 100, 250, 300, 600, 1500, 3000, 40_000]) {
        // Repetitions at many distances.
        const message = Buffer.alloc(length, random.subarray(0, Math.max(1, (length * 7) % 2900)));
        const compressed = deflater.deflate(message, true);
        // The reference decoder needs the tail.
        const { output, maxDistance } = inflate(Buffer.concat([compressed, hex('0000ffff')]), window);
        expect(output.equals(message)).toBe(true);
        expect(maxDistance).toBeLessThanOrEqual(2 ** windowBits);
        window = Buffer.concat([window, message]).subarray(-(2 ** 15));
        expect(Buffer.from(inflater.inflate(compressed, 100_000) as Uint8Array).equals(message)).toBe(true);
      }
    });
  }
});
