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

/** Decodes with a server's connection. Returns its reports in the format of the reference decoder. */
function decode(chunks: readonly Buffer[]): string[] {
  const sink = new TranscriptSink();
  feed(
    new Connection({ endpoint: { role: 'server' }, sink, options: { ...UNLIMITED, maxPayload: MAX_PAYLOAD } }),
    chunks,
  );
  return sink.lines;
}

/** `ws` exports its decoder, but its type declarations do not. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** Decodes with `ws`. Returns its reports in the format of the reference decoder. */
async function decodeWithWs(chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_PAYLOAD, allowSynchronousEvents: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    lines.push(`${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`);
  });
  receiver.on('ping', (data: Buffer) => lines.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => lines.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => lines.push(`close ${code} ${reason.toString('hex')}`));
  receiver.on('error', (error: Error & Record<symbol, number>) => {
    const statusCode = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code');
    lines.push(`fail ${statusCode === undefined ? '' : error[statusCode]}`);
  });
  for (const chunk of chunks) {
    const over = lines.some((line) => /^(close|fail)/.test(line));
    if (!over && !receiver.destroyed) receiver.write(chunk);
  }
  await setImmediate();
  return lines;
}

describe('the decoder of a server', () => {
  it('reports the same as the reference decoder in any chunking', () => {
    fc.assert(
      fc.property(clientBytes, chunkSizes, (bytes, sizes) => {
        expect(decode(inChunks(bytes, sizes))).toEqual(referenceDecode(bytes, MAX_PAYLOAD));
      }),
    );
  });

  it('reports the same as the reference decoder for random bytes in any chunking', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), chunkSizes, (noise, sizes) => {
        expect(decode(inChunks(noise, sizes))).toEqual(referenceDecode(Buffer.from(noise), MAX_PAYLOAD));
      }),
    );
  });

  it('reports the same as the decoder of ws, except where ws is known to be lenient', async () => {
    await fc.assert(
      fc.asyncProperty(wholeFrames, chunkSizes, async (bytes, sizes) => {
        const theirs = await decodeWithWs(inChunks(bytes, sizes));
        expect(theirs).toEqual(referenceDecode(bytes, MAX_PAYLOAD, LENIENCY_OF_WS));
        expect(decode(inChunks(bytes, sizes))).toEqual(referenceDecode(bytes, MAX_PAYLOAD));
      }),
    );
  });
});
