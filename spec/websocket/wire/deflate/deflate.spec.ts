import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DeflateEncoder, MAX_DEFLATE_INPUT } from '../../../../src/websocket/wire/deflate/deflate.ts';
import { searchEffort } from '../../../../src/websocket/wire/deflate/match-finder.ts';
import { Window } from '../../../../src/websocket/wire/deflate/window.ts';
import { inflate } from '../../../support/inflate.ts';
import { zlibInflate } from '../../../support/zlib-inflate.ts';

const encoder = new DeflateEncoder();
const TAIL = Buffer.from('0000ffff', 'hex');
/** A window that holds only a byte that no test refers to. */
const noWindow = (): Window => new Window(1);

function encode(
  text: string | Buffer,
  options: { window?: Window; maxDistance?: number; level?: number } = {},
): Buffer {
  const { window = noWindow(), maxDistance = 32_768, level = 6 } = options;
  return Buffer.from(encoder.encode(window, Buffer.from(text), maxDistance, searchEffort(level)));
}

/** The type of the first block: 0 for stored, 1 for fixed codes, 2 for dynamic codes. */
const typeOf = (message: Buffer): number => (message[0]! >> 1) & 3;

const update = (index: number): string =>
  JSON.stringify({
    type: 'price-update',
    id: 4_000_000 + index,
    symbol: ['ACME', 'GLOBEX', 'INITECH', 'UMBRELLA'][(index * 7) % 4],
    bid: Number((100 + Math.sin(index) * 20).toFixed(4)),
    at: new Date(1_790_000_000_000 + index * 137).toISOString(),
    volume: (index * 7919) % 100_003,
  });

describe('DeflateEncoder', () => {
  it('encodes the examples of RFC 7692 §7.2.3', () => {
    const window = new Window(32_768);
    const results = ['Hello', 'Hello', ''].map((text) => {
      const result = encode(text, { window }).toString('hex');
      window.append(Buffer.from(text));
      return result;
    });
    expect(results).toEqual(['f248cdc9c90700', 'f200110000', '00']);
  });

  it('uses the kind of block that is the shortest', () => {
    const text = Array.from({ length: 6 }, (_, index) => update(index)).join();
    const bytes = randomBytes(500);
    const results = [encode('Hello'), encode(text.slice(0, 1000)), encode(bytes), encode('ab'.repeat(500))];
    expect(results.map(typeOf)).toEqual([1, 2, 0, 1]);
    expect(results[2]).toEqual(Buffer.concat([Buffer.from('00f4010bfe', 'hex'), bytes, Buffer.from('00', 'hex')]));
  });

  it('stores what is sent with level 0', () => {
    expect(encode('aaaaaaaaaaaaaaaa', { level: 0 }).toString('hex')).toBe(`001000efff${'61'.repeat(16)}00`);
    expect(encode('', { level: 0 }).toString('hex')).toBe('00');
  });

  it('describes dynamic codes with few and many symbols', () => {
    // Literals only, without a distance; a skewed alphabet; all bytes; long runs of code lengths.
    const deBruijn = Buffer.from(Array.from({ length: 255 }, (_, index) => (index * 2) & 0xff));
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) | 0;
      return seed >>> 0;
    };
    // The byte n occurs with a probability of 2^-n.
    const skewed = Buffer.from(Array.from({ length: 1000 }, () => Math.clz32(random())));
    const wide = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * index * 7 + (index >> 3)) & 0x7f));
    for (const payload of [deBruijn, skewed, wide, Buffer.concat([wide.subarray(0, 300), skewed.subarray(0, 300)])]) {
      expect(zlibInflate(encode(payload))).toEqual(payload);
    }
    expect(typeOf(encode(skewed))).toBe(2);
  });

  it('encodes every length and every distance', () => {
    for (let length = 3; length <= 258; length++) {
      const payload = Buffer.from(`${'x'.repeat(length)}y`);
      expect(zlibInflate(encode(payload)), `length ${length}`).toEqual(payload);
    }
    const random = randomBytes(2048);
    for (let distance = 9; distance <= 2048; distance += 13) {
      const window = new Window(2048);
      window.append(random);
      const payload = random.subarray(2048 - distance, Math.min(2048, 2048 - distance + 40));
      const message = encode(payload, { window });
      expect(zlibInflate(message, random), `distance ${distance}`).toEqual(payload);
      if (payload.length > 20 && distance < 2040) expect(message.length).toBeLessThan(10);
    }
  });

  it('is within 3 % of zlib with the same window, for small JSON messages with context takeover', () => {
    const window = new Window(2048);
    let own = 0;
    let zlib = 0;
    for (let index = 0; index < 300; index++) {
      const payload = Buffer.from(update(index));
      const message = encode(payload, { window });
      const dictionary = window.length > 0 ? window.toBytes() : undefined;
      expect(zlibInflate(message, dictionary)).toEqual(payload);
      own += message.length;
      zlib += deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, dictionary }).length - TAIL.length;
      window.append(payload);
    }
    expect(own / zlib).toBeLessThan(1.03);
  });

  it('searches harder with each level', () => {
    const text = Array.from({ length: 8 }, (_, index) => update(index * index))
      .join()
      .slice(0, MAX_DEFLATE_INPUT);
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => {
      const message = encode(text, { level });
      expect(String(zlibInflate(message))).toBe(text);
      return message.length;
    });
    expect(sizes[8]).toBeLessThan(sizes[0]!);
    for (let level = 1; level < 9; level++) expect(sizes[level]).toBeLessThanOrEqual(sizes[level - 1]! * 1.02);
    expect(encode(text, { level: -1 }).length).toBe(sizes[5]);
  });

  for (const windowBits of [8, 9, 10, 15]) {
    it(`refers back at most 2^${windowBits} bytes`, () => {
      const window = new Window(2 ** Math.min(11, windowBits));
      const random = randomBytes(3000);
      let before = Buffer.alloc(0);
      for (const length of [10, 100, 250, 300, 600, 1000, 1024, 256, 257, 400]) {
        const payload = Buffer.alloc(length, random.subarray(0, Math.max(1, (length * 7) % 1900)));
        const message = encode(payload, { window, maxDistance: 2 ** windowBits });
        const { output, maxDistance } = inflate(Buffer.concat([message, TAIL]), before);
        expect(output.equals(payload)).toBe(true);
        expect(maxDistance).toBeLessThanOrEqual(2 ** windowBits);
        before = Buffer.concat([before, payload]).subarray(-(2 ** 15));
        window.append(payload);
      }
    });
  }

  it('never refers to the messages of another connection', () => {
    const connections = [0, 1, 2].map(() => ({ window: new Window(2048), before: Buffer.alloc(0) }));
    for (let index = 0; index < 600; index++) {
      const connection = connections[(index * 7 + (index >> 3)) % 3]!;
      // More than the shared text holds, so that it starts anew in between.
      const payload = Buffer.from(update(index % 50).repeat(1 + (index % 4)));
      const message = encode(payload, { window: connection.window });
      expect(zlibInflate(message, connection.before)).toEqual(payload);
      connection.window.append(payload);
      connection.before = Buffer.concat([connection.before, payload]).subarray(-2048);
    }
  });

  it('detects that something else was appended to the window', () => {
    const window = new Window(2048);
    const [one, two] = [update(1), update(2)];
    encode(one, { window });
    window.append(Buffer.from(one));
    window.append(Buffer.from(two));
    const message = encode(two, { window });
    expect(String(zlibInflate(message, Buffer.from(one + two)))).toBe(two);
    expect(message.length).toBeLessThan(12);
  });
});
