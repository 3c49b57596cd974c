import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feed, UNLIMITED } from '../spec/support/recording-sink.ts';
import { Connection } from '../src/websocket/wire/connection.ts';
import type { Role } from '../src/websocket/wire/frame.ts';
import type { Endpoint } from '../src/websocket/wire/frame-encoder.ts';
import { mask, readMaskingKey, rotateMaskingKey } from '../src/websocket/wire/mask.ts';
import { Utf8Validator } from '../src/websocket/wire/utf8.ts';
import { bytes, chunkSizes, inChunks, text } from './support/arbitraries.ts';
import { canBecomeUtf8 } from './support/reference-decoder.ts';
import { TranscriptSink } from './support/transcript-sink.ts';

type Sent =
  | { readonly kind: 'message'; readonly fragments: readonly (string | Buffer)[] }
  | { readonly kind: 'ping' | 'pong'; readonly payload: Buffer };

const message: fc.Arbitrary<Sent> = fc
  .oneof(fc.array(text, { minLength: 1, maxLength: 4 }), fc.array(bytes, { minLength: 1, maxLength: 4 }))
  .map((fragments) => ({ kind: 'message', fragments }));
const control: fc.Arbitrary<Sent> = fc.record({
  kind: fc.constantFrom('ping', 'pong'),
  payload: fc.uint8Array({ maxLength: 125 }).map((array) => Buffer.from(array)),
});

const hex = (payload: string | Buffer): string => Buffer.from(payload as string).toString('hex');

/** The line that the other end must report. */
function lineOf(sent: Sent): string {
  if (sent.kind !== 'message') return `${sent.kind} ${hex(sent.payload)}`;
  const type = typeof sent.fragments[0] === 'string' ? 'text' : 'binary';
  return `${type} ${sent.fragments.map(hex).join('')}`;
}

function send(connection: Connection, sent: Sent): void {
  if (sent.kind !== 'message') return void connection.send(sent.kind === 'ping' ? 9 : 10, sent.payload);
  sent.fragments.forEach((fragment, index) => {
    const opcode = index > 0 ? 0 : typeof fragment === 'string' ? 1 : 2;
    connection.send(opcode, fragment, index === sent.fragments.length - 1);
  });
}

describe('everything that one end sends', () => {
  it.each<Role>(['client', 'server'])(
    'is received by the other end with any payloads, fragments and chunks, from a %s',
    (role) => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof({ weight: 3, arbitrary: message }, control), { maxLength: 8 }),
          fc.uint8Array({ minLength: 4, maxLength: 4 }),
          chunkSizes,
          fc.boolean(),
          (all, key, sizes, flushEach) => {
            const endpoint = (side: Role): Endpoint =>
              side === 'client' ? { role: side, generateMask: (maskingKey) => maskingKey.set(key) } : { role: side };
            const near = new TranscriptSink();
            const sender = new Connection({ endpoint: endpoint(role), sink: near, options: UNLIMITED });
            for (const sent of all) {
              send(sender, sent);
              if (flushEach) sender.flush();
            }
            sender.close(1000, 'done');
            sender.flush();

            const far = new TranscriptSink();
            const options = { ...UNLIMITED, autoPong: false };
            const receiver = new Connection({
              endpoint: endpoint(role === 'client' ? 'server' : 'client'),
              sink: far,
              options,
            });
            feed(receiver, inChunks(Buffer.concat(near.sent), sizes));
            expect(far.lines).toEqual([...all.map(lineOf), `close 1000 ${hex('done')}`]);
          },
        ),
      );
    },
  );
});

describe('mask', () => {
  it('applies the XOR of RFC 6455 §5.3, and restores the payload when applied twice, at any offset, alignment and phase', () => {
    const arbitrary = fc.record({
      payload: fc.uint8Array({ maxLength: 300 }),
      before: fc.nat(9),
      start: fc.nat(9),
      after: fc.nat(9),
      key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      keyStart: fc.nat(3),
      phase: fc.nat(1000),
    });
    fc.assert(
      fc.property(arbitrary, ({ payload, before, start, after, key, keyStart, phase }) => {
        // The view can start at any offset of its memory. The bytes around the payload must not change.
        const memory = new Uint8Array(before + start + payload.length + after).fill(0x55);
        const chunk = memory.subarray(before);
        chunk.set(payload, start);
        const keyChunk = new Uint8Array(keyStart + 4);
        keyChunk.set(key, keyStart);
        const expected = memory.slice();
        payload.forEach((byte, index) => {
          expected[before + start + index] = byte ^ key[(index + phase) % 4]!;
        });
        const original = memory.slice();
        const maskingKey = rotateMaskingKey(readMaskingKey(keyChunk, keyStart), phase);
        mask(chunk, start, start + payload.length, maskingKey);
        expect(memory).toEqual(expected);
        mask(chunk, start, start + payload.length, maskingKey);
        expect(memory).toEqual(original);
      }),
    );
  });
});

describe('the UTF-8 validator', () => {
  const ODD = [
    'c0af',
    'c1bf',
    'e09fbf',
    'e0a080',
    'ed9fbf',
    'eda080',
    'edb080',
    'f08fbfbf',
    'f0908080',
    'f48fbfbf',
    'f4908080',
  ];
  const almostText = fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: text.map((string) => Buffer.from(string)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD).map((odd) => Buffer.from(odd, 'hex')) },
      ),
      { maxLength: 4 },
    )
    .map((parts) => Buffer.concat(parts));

  it('rejects text at the chunk that makes it invalid, in any chunking', () => {
    fc.assert(
      fc.property(almostText, chunkSizes, (input, sizes) => {
        const validator = new Utf8Validator();
        // The reference checks each complete code point only once.
        let [complete, taken] = [0, 0];
        for (const chunk of inChunks(input, sizes)) {
          taken += chunk.length;
          const valid = canBecomeUtf8(input.subarray(complete, taken));
          complete = [taken, taken - 1, taken - 2, taken - 3].find((end) => isUtf8(input.subarray(complete, end))) ?? 0;
          expect(validator.accept(chunk, 0, chunk.length)).toBe(valid);
          if (!valid) return;
        }
        expect(validator.complete).toBe(Buffer.from(input.toString()).equals(input));
      }),
    );
  });
});
