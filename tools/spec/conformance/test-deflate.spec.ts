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
  it('offers the preferences, lets the server choose for the client, and accepts the response of a server', () => {
    const forClient = 'client_no_context_takeover; client_max_window_bits';
    expect(offersOf([{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: false }])).toBe(
      `permessage-deflate; ${forClient}; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; ${forClient}`,
    );
    expect(offersOf([{ noContextTakeover: false, own: { noContextTakeover: true, maxWindowBits: 10 } }])).toBe(
      `permessage-deflate; ${forClient}=10`,
    );
    expect(acceptedByServer(undefined)).toBeNull();
    expect(acceptedByServer('other')).toBeNull();
    expect(acceptedByServer('permessage-deflate; server_max_window_bits=9')).toBeInstanceOf(TestDeflate);
  });

  it('finds a server that chooses a larger window for the client than offered', () => {
    const preferences = [{ noContextTakeover: false, own: { noContextTakeover: false, maxWindowBits: 10 } }];
    const answer = (bits: number) => `permessage-deflate; client_max_window_bits=${bits}`;
    expect(acceptedByServer(answer(10), preferences)).toBeInstanceOf(TestDeflate);
    expect(acceptedByServer('permessage-deflate', preferences)).toBeInstanceOf(TestDeflate);
    expect(() => acceptedByServer(answer(11), preferences)).toThrow('expected at most 10 bits');
  });

  const strict = { noContextTakeover: true, maxWindowBits: 9 };
  it.each([
    [[strict], 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9', true],
    [[strict], 'permessage-deflate; server_no_context_takeover; server_max_window_bits=8', true],
    [[strict], 'permessage-deflate; server_no_context_takeover; server_max_window_bits=10', false],
    [[strict], 'permessage-deflate; server_no_context_takeover', false],
    [[strict], 'permessage-deflate; server_max_window_bits=9', false],
    [[strict, { noContextTakeover: true }], 'permessage-deflate; server_no_context_takeover', true],
    [[strict, { noContextTakeover: true }], 'permessage-deflate; server_max_window_bits=9', false],
    [[strict, { noContextTakeover: false }], 'permessage-deflate', true],
    [[{ noContextTakeover: false, maxWindowBits: 15 }], 'permessage-deflate', true],
    [[{ noContextTakeover: false }], 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9', true],
  ])('compares what it requested with the response: %j, "%s": %s', (preferences, answer, isAccepted) => {
    if (isAccepted) expect(acceptedByServer(answer, preferences)).toBeInstanceOf(TestDeflate);
    else expect(() => acceptedByServer(answer, preferences)).toThrow('does not accept what was requested; expected ');
  });

  it.each([
    ['the window that the server chose', 'permessage-deflate; client_max_window_bits=9', []],
    [
      'the window that it offered',
      'permessage-deflate',
      [{ noContextTakeover: false, own: { noContextTakeover: false, maxWindowBits: 9 } }],
    ],
    ['a window of 8 bits', 'permessage-deflate; client_max_window_bits=8', []],
  ])('compresses with %s', (_, answer, preferences) => {
    const windowBits = answer.endsWith('8') ? 8 : 9;
    const tester = acceptedByServer(answer, preferences)!;
    const agent = new TestDeflate(FULL, { noContextTakeover: false, windowBits });
    for (const payload of [noise, noise, text, text, Buffer.concat([noise, noise])]) {
      expect(agent.decompress(tester.compress(payload)).equals(payload)).toBe(true);
    }
  });

  it.each([
    ['the server chose so', 'permessage-deflate; client_no_context_takeover', []],
    ['it limits itself', 'permessage-deflate', [{ noContextTakeover: false, own: { noContextTakeover: true } }]],
  ])('compresses without context if %s', (_, answer, preferences) => {
    const tester = acceptedByServer(answer, preferences)!;
    expect(tester.compress(text).equals(tester.compress(text))).toBe(true);
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
    const own = { noContextTakeover: true, maxWindowBits: 9 };
    expect(acceptOffer('permessage-deflate', [{ noContextTakeover: false, own }])?.answer).toBe(
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9',
    );
  });
});
