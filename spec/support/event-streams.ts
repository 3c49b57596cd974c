import { EventParser, type EventParserOptions } from '../../src/sse/wire/event-parser.ts';
import { chunkings } from './chunkings.ts';

/** A callback of a parser: `[type, data, last event ID]`, `['retry', milliseconds]`, `['comment', text]` or `[error code]`. */
export type Parsed = readonly (string | number)[];

export function parse(chunks: readonly Uint8Array[], options: EventParserOptions = {}): Parsed[] {
  const parsed: Parsed[] = [];
  const parser = new EventParser(
    {
      onEvent: ({ type, data, lastEventId }) => void parsed.push([type, data, lastEventId]),
      onRetry: (milliseconds) => void parsed.push(['retry', milliseconds]),
      onComment: (text) => void parsed.push(['comment', text]),
      onError: ({ code }) => void parsed.push([code]),
    },
    options,
  );
  for (const chunk of chunks) parser.push(chunk);
  return parsed;
}

/** Parses in many chunkings. Throws if the results differ. */
export function parseInAnyChunking(stream: string | Buffer): Parsed[] {
  const bytes = Buffer.from(stream);
  const whole = parse([bytes]);
  for (const chunks of chunkings(bytes)) {
    const other = parse(chunks);
    if (JSON.stringify(other) !== JSON.stringify(whole)) {
      const cuts = chunks.map(({ length }) => length).join(', ');
      throw new Error(`Chunks of ${cuts} bytes give ${JSON.stringify(other)} instead of ${JSON.stringify(whole)}`);
    }
  }
  return whole;
}
