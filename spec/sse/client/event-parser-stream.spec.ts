import { describe, expect, it } from 'vitest';
import { EventParserStream, type ParsedEvent } from '../../../src/sse/index.ts';

async function collect(
  chunks: readonly (string | Uint8Array)[],
  stream = new EventParserStream(),
): Promise<ParsedEvent[]> {
  const events: ParsedEvent[] = [];
  for await (const event of ReadableStream.from(chunks).pipeThrough(stream)) events.push(event);
  return events;
}

describe('EventParserStream', () => {
  it('makes events of bytes, in any chunks, and of strings', async () => {
    const bytes = Buffer.from('id: 1\nevent: grüße\ndata: 😀\n\ndata: b\n\ndata: unfinished');
    const events = [
      { type: 'grüße', data: '😀', lastEventId: '1' },
      { type: 'message', data: 'b', lastEventId: '1' },
    ];
    expect(await collect([bytes])).toEqual(events);
    expect(await collect([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(events);
    expect(await collect([bytes.toString()])).toEqual(events);
  });

  it('tells of comments and reconnection times, and goes on after a last event ID', async () => {
    const told: unknown[] = [];
    const onComment = (text: string): void => void told.push(text);
    const onRetry = (milliseconds: number): void => void told.push(milliseconds);
    const stream = new EventParserStream({ onComment, onRetry, lastEventId: '9' });
    expect(await collect([':hi\nretry: 5\ndata: x\n\n'], stream)).toEqual([
      { type: 'message', data: 'x', lastEventId: '9' },
    ]);
    expect(told).toEqual(['hi', 5]);
  });

  it('fails with an EventTooLargeError', async () => {
    const stream = new EventParserStream({ maxEventSize: 10 });
    await expect(collect([`data: ${'x'.repeat(20)}\n\n`], stream)).rejects.toMatchObject({
      code: 'SSE_ERR_EVENT_TOO_LARGE',
    });
  });
});
