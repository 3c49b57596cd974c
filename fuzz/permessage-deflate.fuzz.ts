import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { inflate } from '../spec/support/inflate.ts';
import {
  acceptOffer,
  type DeflatePreferences,
  makeOffer,
  readAcceptance,
} from '../src/websocket/handshake/deflate-negotiation.ts';
import { formatExtensions, parseExtensions } from '../src/websocket/handshake/extension.ts';
import { Deflater, type InflateResult, Inflater } from '../src/websocket/wire/permessage-deflate.ts';

const MAX_LENGTH = 100_000;

/** `ws` exports its codec, but its type declarations do not. */
interface Codec {
  accept(offers: readonly Record<string, (string | true)[]>[]): Record<string, unknown>;
  compress(data: Buffer, fin: boolean, callback: (error: Error | null, data: Buffer) => void): void;
  decompress(data: Buffer, fin: boolean, callback: (error: Error | null, data: Buffer) => void): void;
  cleanup(): void;
}
const { PerMessageDeflate } = ws as unknown as { PerMessageDeflate: new (options: object) => Codec };

const windowBits = fc.integer({ min: 8, max: 15 });

/** Payloads that repeat earlier bytes, near and far. */
const payload = fc
  .array(fc.tuple(fc.nat(3), fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, fc.nat(3000))), { maxLength: 6 })
  .map((parts) => Buffer.concat(parts.map(([kind, length]) => Buffer.alloc(length, PATTERNS[kind]!))));
const PATTERNS = [
  '{"id":1,"name":"grüße"},',
  'x',
  '0123456789abcdefghijklmnopqrstuvwxyz',
  Buffer.from([0, 255, 7, 99, 3]),
];

const messages = fc.array(fc.array(payload, { minLength: 1, maxLength: 3 }), { maxLength: 6 });

function textOf(result: InflateResult): string {
  return result instanceof Uint8Array ? Buffer.from(result).toString('hex') : result.code;
}

describe('compressed data', () => {
  it('decompresses to the original with any fragments, window and context takeover, and stays within the window', () => {
    fc.assert(
      fc.property(messages, windowBits, fc.boolean(), (all, bits, takeover) => {
        const deflater = new Deflater(bits, takeover, 0, {});
        const inflater = new Inflater(bits, takeover);
        let window = Buffer.alloc(0);
        for (const fragments of all) {
          const compressed = Buffer.concat(
            fragments.map((fragment, index) => deflater.deflate(fragment, index === fragments.length - 1)),
          );
          const message = Buffer.concat(fragments);
          expect(textOf(inflater.inflate(compressed, MAX_LENGTH))).toBe(message.toString('hex'));
          const tail = Buffer.from([0, 0, 0xff, 0xff]);
          const { output, maxDistance } = inflate(
            Buffer.concat([compressed, tail]),
            takeover ? window : Buffer.alloc(0),
          );
          expect(output.equals(message)).toBe(true);
          expect(maxDistance).toBeLessThanOrEqual(2 ** bits);
          window = Buffer.concat([window, message]).subarray(-(2 ** 15));
        }
      }),
    );
  });

  it('is decompressed by ws, and pushwire decompresses data of ws', async () => {
    await fc.assert(
      fc.asyncProperty(messages, windowBits, fc.boolean(), async (all, bits, takeover) => {
        const parameters = takeover ? {} : { client_no_context_takeover: [true as const] };
        const theirs = new PerMessageDeflate({ isServer: true, threshold: 0 });
        theirs.accept([{ client_max_window_bits: [String(bits)], ...parameters }]);
        const peer = new PerMessageDeflate({ threshold: 0 });
        peer.accept([{ client_max_window_bits: [String(Math.max(9, bits))], ...parameters }]);
        const deflater = new Deflater(bits, takeover, 0, {});
        const inflater = new Inflater(Math.max(9, bits), takeover);
        for (const fragments of all) {
          const back: Buffer[] = [];
          const compressed: Buffer[] = [];
          for (const [index, fragment] of fragments.entries()) {
            const last = index === fragments.length - 1;
            const ours = Buffer.from(deflater.deflate(fragment, last));
            back.push(await promised((done) => theirs.decompress(ours, last, done)));
            compressed.push(await promised((done) => peer.compress(fragment, last, done)));
          }
          const message = Buffer.concat(fragments).toString('hex');
          expect(Buffer.concat(back).toString('hex')).toBe(message);
          expect(textOf(inflater.inflate(Buffer.concat(compressed), MAX_LENGTH))).toBe(message);
        }
        theirs.cleanup();
        peer.cleanup();
      }),
    );
  });

  it('never makes the decompressor throw or exceed its limit when it is damaged, and is rejected if ws rejects it', async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(payload, damage, fc.nat(200), async (original, changes, limit) => {
        const input = Buffer.from(new Deflater(15, false, 0, {}).deflate(original, true));
        for (const [offset, byte] of changes) input[offset % input.length] = byte;
        const result = new Inflater(15, false).inflate(input, limit);
        const later = await new Promise<InflateResult>((resolve) =>
          new Inflater(15, false).inflateLater(input, limit, (result) =>
            resolve(typeof result === 'function' ? result() : result),
          ),
        );
        if (result instanceof Uint8Array) {
          expect(result.length).toBeLessThanOrEqual(limit);
          expect(textOf(later)).toBe(textOf(result));
        } else {
          // zlib may find an error behind the limit before it reports the limit.
          expect(later).not.toBeInstanceOf(Uint8Array);
        }

        const codec = new PerMessageDeflate({ isServer: true, maxPayload: limit });
        codec.accept([{}]);
        const theirs = await promised((done) => codec.decompress(input, true, done)).catch((error: Error) => error);
        codec.cleanup();
        if (theirs instanceof Error) expect(result).not.toBeInstanceOf(Uint8Array);
      }),
    );
  });
});

function promised(begin: (done: (error: Error | null, data: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    begin((error, data) => (error ? reject(error) : resolve(data)));
  });
}

const value = fc.oneof(fc.constantFrom('8', '9', '10', '15', '7', '16', '08', 'x', '1e1'), fc.constant(true as const));
const parameter = fc.oneof(
  fc.constantFrom<[string, string | true]>(
    ['server_no_context_takeover', true],
    ['client_no_context_takeover', true],
    ['client_max_window_bits', true],
  ),
  fc.tuple(fc.constantFrom('server_max_window_bits', 'client_max_window_bits'), windowBits.map(String)),
  fc.tuple(
    fc.constantFrom('server_max_window_bits', 'client_max_window_bits', 'server_no_context_takeover', 'x'),
    value,
  ),
);
const offers = fc.array(
  fc.record({
    name: fc.constantFrom('permessage-deflate', 'permessage-deflate', 'x-other'),
    parameters: fc.array(parameter, { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const preferences: fc.Arbitrary<DeflatePreferences> = fc.record({
  serverNoContextTakeover: fc.option(fc.boolean(), { nil: undefined }),
  clientNoContextTakeover: fc.option(fc.boolean(), { nil: undefined }),
  serverMaxWindowBits: fc.option(fc.oneof(windowBits, fc.constant(false as const)), { nil: undefined }),
  clientMaxWindowBits: fc.option(windowBits, { nil: undefined }),
});

describe('the negotiation of permessage-deflate', () => {
  it('yields a response that the client accepts, or none', () => {
    fc.assert(
      fc.property(preferences, preferences, (ofClient, ofServer) => {
        const offer = parseExtensions(formatExtensions([makeOffer(ofClient)]))!;
        const acceptance = acceptOffer(offer, ofServer);
        if (acceptance === null) return;
        const response = parseExtensions(formatExtensions([acceptance.response]))![0]!;
        const inForce = readAcceptance(response, ofClient);
        // This is the only reason for a client to reject a valid response.
        if (ofClient.clientNoContextTakeover === false && acceptance.parameters.clientNoContextTakeover) {
          return void expect(inForce).toBeNull();
        }
        const { parameters } = acceptance;
        expect(inForce).toEqual(parameters);
      }),
    );
  });

  it('of a server accepts the same offers as ws, with the same response, except for known differences', () => {
    fc.assert(
      fc.property(offers, preferences, (all, ofServer) => {
        const own = acceptOffer(all, ofServer);
        // `ws` fails the handshake if a parameter is invalid. RFC 7692 §7 only declines that offer. So only valid offers remain.
        const valid = all.filter((offer) => acceptOffer([offer], {}) !== null);
        const theirs = new PerMessageDeflate({ isServer: true, ...ofServer });
        // `ws` declines a smaller window than its preference, but a server may accept it (§7.1.2.1, §7.1.2.2).
        const smaller = (offer: (typeof all)[number]): boolean =>
          offer.parameters.some(
            ([name, size]) =>
              (name === 'server_max_window_bits' && Number(size) < Number(ofServer.serverMaxWindowBits)) ||
              (name === 'client_max_window_bits' && Number(size) < Number(ofServer.clientMaxWindowBits)),
          );
        if (valid.some(smaller)) return;
        const parsed = valid.map(({ parameters }) =>
          Object.fromEntries(parameters.map(([name, size]) => [name, [size]] as [string, (string | true)[]])),
        );
        let accepted: Record<string, unknown> | null;
        try {
          accepted = theirs.accept(parsed);
        } catch {
          accepted = null;
        }
        expect(own === null).toBe(accepted === null);
        if (own === null || accepted === null) return;
        const { parameters } = own;
        expect(parameters).toEqual({
          serverNoContextTakeover: accepted.server_no_context_takeover === true,
          clientNoContextTakeover: accepted.client_no_context_takeover === true,
          serverMaxWindowBits: accepted.server_max_window_bits ?? 15,
          clientMaxWindowBits: accepted.client_max_window_bits ?? 15,
        });
      }),
    );
  });
});
