import { EventParser, type EventParserOptions } from '../../src/sse/wire/event-parser.ts';
import { chunkings } from './chunkings.ts';

/** What a parser tells, as `[type, data, last event ID]`, `['retry', milliseconds]`, `['comment', text]`. */
export type Told = readonly (string | number)[];

export function parse(chunks: readonly Uint8Array[], options: EventParserOptions = {}): Told[] {
  const told: Told[] = [];
  const parser = new EventParser(
    {
      onEvent: ({ type, data, lastEventId }) => void told.push([type, data, lastEventId]),
      onRetry: (milliseconds) => void told.push(['retry', milliseconds]),
      onComment: (text) => void told.push(['comment', text]),
      onError: ({ code }) => void told.push([code]),
    },
    options,
  );
  for (const chunk of chunks) parser.push(chunk);
  return told;
}

/** Parses in many chunkings, which must make no difference. */
export function parseInAnyChunking(stream: string | Buffer): Told[] {
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
