import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own } from '../spec/support/chunkings.ts';
import { parseFrames } from '../spec/support/frames.ts';
import { UNLIMITED } from '../spec/support/recording-sink.ts';
import { Connection } from '../src/websocket/wire/connection.ts';
import { bytes, chunkSizes, clientBytes, inChunks, text } from './support/arbitraries.ts';
import { TranscriptSink } from './support/transcript-sink.ts';

/** An event in the life of a connection. */
type Step =
  | { readonly kind: 'receive'; readonly chunk: Buffer }
  | { readonly kind: 'send'; readonly payload: string | Buffer }
  | { readonly kind: 'close'; readonly code: number }
  | { readonly kind: 'congest'; readonly congested: boolean }
  | { readonly kind: 'pause' | 'resume' | 'flush' | 'receive end' | 'receive close' | 'abort' };

const steps: fc.Arbitrary<Step[]> = fc
  .record({
    input: clientBytes,
    sizes: chunkSizes,
    others: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), payload: fc.oneof(text, bytes) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('congest' as const), congested: fc.boolean() }) },
        { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'flush') }) },
        {
          weight: 1,
          arbitrary: fc.record({ kind: fc.constant('close' as const), code: fc.integer({ min: 3000, max: 4999 }) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('receive end', 'receive close', 'abort') }) },
      ),
      { maxLength: 12 },
    ),
    order: fc.infiniteStream(fc.boolean()),
  })
  .map(({ input, sizes, others, order }) => {
    // The input keeps its order. The other events can happen at any time.
    const chunks = inChunks(input, sizes).map((chunk): Step => ({ kind: 'receive', chunk }));
    const all: Step[] = [];
    let [received, done] = [0, 0];
    while (received < chunks.length || done < others.length) {
      const isInput = done === others.length || (received < chunks.length && order.next().value);
      all.push(isInput ? chunks[received++]! : others[done++]!);
    }
    return all;
  });

function take(connection: Connection, step: Step): void {
  switch (step.kind) {
    case 'receive':
      return connection.receive(own(step.chunk));
    case 'send':
      return void connection.send(typeof step.payload === 'string' ? 1 : 2, step.payload);
    case 'close':
      return connection.close(step.code);
    case 'congest':
      connection.congested = step.congested;
      return;
    case 'pause':
      return connection.pause();
    case 'resume':
      return connection.resume();
    case 'flush':
      return connection.flush();
    case 'receive end':
      return connection.receiveEnd();
    case 'receive close':
      return connection.receiveClose();
    case 'abort':
      return connection.abort();
  }
}

describe('a connection, with any input and any calls', () => {
  it('never throws, sends only complete frames, sends no data after a Close frame, and reports nothing after the end', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const sink = new TranscriptSink();
        const connection = new Connection({
          endpoint: { role: 'server' },
          sink,
          options: { ...UNLIMITED, maxPayload: 70_000 },
        });
        let linesWhenClosed: number | undefined;
        for (const step of all) {
          take(connection, step);
          if (connection.phase === 'closed') linesWhenClosed ??= sink.lines.length;
        }
        connection.flush();
        const frames = parseFrames(Buffer.concat(sink.sent));
        const close = frames.findIndex(({ opcode }) => opcode === 8);
        if (close !== -1) {
          // RFC 6455 §5.5.1: no data frames. Pongs may follow until the peer's Close frame arrives.
          expect(frames.slice(close + 1).filter(({ opcode }) => opcode !== 10)).toEqual([]);
        }
        expect(frames.every(({ rsv, masked }) => rsv === 0 && !masked)).toBe(true);
        if (linesWhenClosed !== undefined) expect(sink.lines.length).toBe(linesWhenClosed);
        const endings = sink.lines.filter((line) => /^(close|fail)/.test(line));
        expect(endings.length).toBeLessThanOrEqual(1);
        if (endings.length === 1) expect(sink.lines.at(-1)).toBe(endings[0]);
      }),
    );
  });
});
