import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { feed, UNLIMITED } from '../spec/support/recording-sink.ts';
import { Connection } from '../src/websocket/wire/connection.ts';
import { chunkSizes, clientBytes, inChunks, wholeFrames } from './support/arbitraries.ts';
import { type Leniency, referenceDecode } from './support/reference-decoder.ts';
import { TranscriptSink } from './support/transcript-sink.ts';

const MAX_PAYLOAD = 70_000;
const LENIENCY_OF_WS: Leniency = {
  lengthsNeedNotBeMinimal: true,
  lateUtf8: true,
  topBitIsTooLarge: true,
  shortCloseFailsEarly: true,
  sequenceComesFirst: true,
};

/** The transcript of a pushwire server connection, in the form of the reference. */
function decode(chunks: readonly Buffer[]): string[] {
  const sink = new TranscriptSink();
  feed(new Connection(sink, null, { ...UNLIMITED, maxPayload: MAX_PAYLOAD }), chunks);
  return sink.transcript;
}

/** `ws` exports its decoder, but its types omit it. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** The same of `ws`. */
async function decodeWithWs(chunks: readonly Buffer[]): Promise<string[]> {
  const told: string[] = [];
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_PAYLOAD, allowSynchronousEvents: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    told.push(`${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`);
  });
  receiver.on('ping', (data: Buffer) => told.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => told.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => told.push(`close ${code} ${reason.toString('hex')}`));
  receiver.on('error', (error: Error & Record<symbol, number>) => {
    const statusCode = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code');
    told.push(`fail ${statusCode === undefined ? '' : error[statusCode]}`);
  });
  for (const chunk of chunks) {
    const over = told.some((line) => /^(close|fail)/.test(line));
    if (!over && !receiver.destroyed) receiver.write(chunk);
  }
  await setImmediate();
  return told;
}

describe('the decoder of a server', () => {
  it('reports what the RFC requires, in any chunking, and never throws', () => {
    fc.assert(
      fc.property(clientBytes, chunkSizes, (bytes, sizes) => {
        expect(decode(inChunks(bytes, sizes))).toEqual(referenceDecode(bytes, MAX_PAYLOAD));
      }),
    );
  });

  it('never throws on noise, and reports the same in any chunking', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), chunkSizes, (noise, sizes) => {
        expect(decode(inChunks(noise, sizes))).toEqual(referenceDecode(Buffer.from(noise), MAX_PAYLOAD));
      }),
    );
  });

  it('agrees with that of ws on what it accepts and what it rejects, but for what ws is known to be lenient in', async () => {
    await fc.assert(
      fc.asyncProperty(wholeFrames, chunkSizes, async (bytes, sizes) => {
        const theirs = await decodeWithWs(inChunks(bytes, sizes));
        expect(theirs).toEqual(referenceDecode(bytes, MAX_PAYLOAD, LENIENCY_OF_WS));
        expect(decode(inChunks(bytes, sizes))).toEqual(referenceDecode(bytes, MAX_PAYLOAD));
      }),
    );
  });
});
