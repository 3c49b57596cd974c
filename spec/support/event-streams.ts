import { expect } from 'vitest';
import { EventParser, type EventParserOptions } from '../../src/sse/wire/event-parser.ts';
import { chunkings, splitAt } from './chunkings.ts';

/**
 * One call of a parser's sink: `[type, data, lastEventId]`, `['retry', milliseconds]`, `['comment', text]`, or `[code]` for
 * an error.
 */
export type SinkCall = readonly (string | number)[];

export function parse(chunks: readonly Uint8Array[], options: EventParserOptions = {}): SinkCall[] {
  const calls: SinkCall[] = [];
  const parser = new EventParser(
    {
      onEvent: ({ type, data, lastEventId }) => void calls.push([type, data, lastEventId]),
      onRetry: (milliseconds) => void calls.push(['retry', milliseconds]),
      onComment: (text) => void calls.push(['comment', text]),
      onError: ({ code }) => void calls.push([code]),
    },
    options,
  );
  for (const chunk of chunks) parser.push(chunk);
  return calls;
}

/** Parses the stream in many chunkings. Throws if one of them yields different calls. */
export function parseInAnyChunking(stream: string | Buffer): SinkCall[] {
  const bytes = Buffer.from(stream);
  const whole = parse([bytes]);
  for (const chunks of chunkings(bytes)) {
    const other = parse(chunks);
    if (JSON.stringify(other) !== JSON.stringify(whole)) {
      const sizes = chunks.map(({ length }) => length).join(', ');
      throw new Error(`Chunks of ${sizes} bytes yield ${JSON.stringify(other)} instead of ${JSON.stringify(whole)}`);
    }
  }
  return whole;
}

/** Parses the stream in one chunk, and in chunks of several sizes, which must yield the same calls. */
export function parseInChunks(stream: string | Buffer, options: EventParserOptions = {}): SinkCall[] {
  const bytes = Buffer.from(stream);
  const whole = parse([bytes], options);
  for (const size of [1 + Math.floor(bytes.length / 5000), 1000, 70_000, 300_000]) {
    if (size < bytes.length) expect(parse(splitAt(bytes, size), options)).toEqual(whole);
  }
  return whole;
}
