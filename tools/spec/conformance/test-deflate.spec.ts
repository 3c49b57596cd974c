import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptedByServer, acceptOffer, offersOf, TestDeflate } from '../../src/conformance/websocket/test-deflate.ts';

const FULL = { noContextTakeover: false, windowBits: 15 };
const text = Buffer.from('{"one":"and the same","number":12345} '.repeat(20));
/** Incompressible data that is longer than a 9-bit window. */
const noise = Buffer.from(Array.from({ length: 600 }, (_, index) => (index * index * 7 + (index >> 3)) & 0xff));

/** Compresses as an agent does whose window contains these bytes. */
function compress(payload: Buffer, window: Buffer = Buffer.alloc(0)): Buffer {
  const dictionary = window.length > 0 ? { dictionary: window } : {};
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary }).subarray(0, -4);
}

describe("the tester's compression", () => {
  for (const noContextTakeover of [false, true]) {
    for (const windowBits of [8, 9, 12, 15]) {
      it(`can be decompressed with the same parameters: noContextTakeover ${noContextTakeover}, ${windowBits} bits`, () => {
        const side = { noContextTakeover, windowBits };
        const [tester, agent] = [new TestDeflate(side, FULL), new TestDeflate(FULL, { ...side, windowBits: 15 })];
        for (const payload of [text, noise, Buffer.alloc(0), text, Buffer.concat([noise, noise])]) {
          expect(agent.decompress(tester.compress(payload)).equals(payload)).toBe(true);
        }
      });
    }
  }

  it.each(['99', '7', '08', '-1', 'x', '1e1'])(
    'declines an offer with %s window bits, and rejects such a response',
    (bits) => {
      const preferences = [{ noContextTakeover: false }];
      const wrong = `permessage-deflate; server_max_window_bits=${bits}`;
      expect(acceptOffer(wrong, preferences)).toBeNull();
      expect(acceptOffer(`${wrong}, permessage-deflate`, preferences)?.answer).toBe('permessage-deflate');
      expect(() => acceptedByServer(wrong)).toThrow('invalid window size');
      expect(() => acceptedByServer(`permessage-deflate; client_max_window_bits=${bits}`)).toThrow(
        'invalid window size',
      );
    },
  );

  it('does not decompress a decompression bomb', () => {
    const bomb = compress(Buffer.alloc(65 * 1024 * 1024));
    expect(() => new TestDeflate(FULL, FULL).decompress(bomb)).toThrow(RangeError);
  });

  it('finds a context that is kept despite no_context_takeover', () => {
    const agent = { noContextTakeover: true, windowBits: 15 };
    const keeps = new TestDeflate(FULL, agent);
    expect(keeps.decompress(compress(text)).equals(text)).toBe(true);
    expect(() => keeps.decompress(compress(text, text))).toThrow();
    const mayKeep = new TestDeflate(FULL, FULL);
    mayKeep.decompress(compress(text));
    expect(mayKeep.decompress(compress(text, text)).equals(text)).toBe(true);
  });

  it('finds references beyond the negotiated window', () => {
    const twice = Buffer.concat([noise, noise]);
    expect(new TestDeflate(FULL, FULL).decompress(compress(twice)).equals(twice)).toBe(true);
    expect(() =>
      new TestDeflate(FULL, { noContextTakeover: false, windowBits: 9 }).decompress(compress(twice)),
    ).toThrow();
  });
});

describe("the tester's negotiation", () => {
  it('offers the preferences and accepts the response of a server', () => {
    expect(offersOf([{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: false }])).toBe(
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate',
    );
    expect(acceptedByServer(undefined)).toBeNull();
    expect(acceptedByServer('other')).toBeNull();
    expect(acceptedByServer('permessage-deflate; server_max_window_bits=9')).toBeInstanceOf(TestDeflate);
  });

  it('answers a client with the first preference that its offer allows', () => {
    const preferences = [{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: true }];
    const answer = (offers: string | undefined): string | undefined => acceptOffer(offers, preferences)?.answer;
    expect(answer(undefined)).toBeUndefined();
    expect(answer('other; client_max_window_bits')).toBeUndefined();
    expect(answer('permessage-deflate')).toBe('permessage-deflate; client_no_context_takeover');
    expect(answer('permessage-deflate; client_max_window_bits')).toBe(
      'permessage-deflate; client_no_context_takeover; client_max_window_bits=9',
    );
    expect(answer('permessage-deflate; server_no_context_takeover; server_max_window_bits=10')).toBe(
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover',
    );
  });
});
