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
  it('parses bytes, in any chunks, and strings', async () => {
    const bytes = Buffer.from('id: 1\nevent: grüße\ndata: 😀\n\ndata: b\n\ndata: unfinished');
    const events = [
      { type: 'grüße', data: '😀', lastEventId: '1' },
      { type: 'message', data: 'b', lastEventId: '1' },
    ];
    expect(await collect([bytes])).toEqual(events);
    expect(await collect([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(events);
    expect(await collect([bytes.toString()])).toEqual(events);
  });

  it('reports comments and reconnection times, and continues after a last event ID', async () => {
    const reported: unknown[] = [];
    const onComment = (text: string): void => void reported.push(text);
    const onRetry = (milliseconds: number): void => void reported.push(milliseconds);
    const stream = new EventParserStream({ onComment, onRetry, lastEventId: '9' });
    expect(await collect([':hi\nretry: 5\ndata: x\n\n'], stream)).toEqual([
      { type: 'message', data: 'x', lastEventId: '9' },
    ]);
    expect(reported).toEqual(['hi', 5]);
  });

  it.each([
    ['bytes', (text: string): Uint8Array => Buffer.from(text)],
    ['strings', (text: string): string => text],
  ])('lets the event loop continue while chunks of %s are available', async (_, chunkOf) => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const chunk = chunkOf('data: a\n\n'.repeat(1000));
    const start = performance.now();
    const events = await collect(Array.from({ length: 50 }, () => chunk));
    isDone = true;
    expect(events).toHaveLength(50_000);
    // Web streams alone take one turn for all of it.
    expect(turns).toBeGreaterThan(Math.min(3, (performance.now() - start) / 50));
  });

  it.each([
    ['bytes', (text: string): Uint8Array => Buffer.from(text)],
    ['a string', (text: string): string => text],
  ])('parses a large chunk of %s as its events are read', async (_, chunkOf) => {
    const count = 200_000;
    let calls = 0;
    const stream = new EventParserStream({ onComment: () => void calls++ });
    const writer = stream.writable.getWriter();
    const written = writer.write(chunkOf(':\ndata:😀\n\n'.repeat(count)));
    const closed = writer.close();
    let read = 0;
    let ahead = 0;
    for await (const { data } of stream.readable) {
      if (data !== '😀') throw new Error(`Event ${read} has the data ${data}`);
      read++;
      ahead = Math.max(ahead, calls - read);
    }
    await Promise.all([written, closed]);
    expect([read, calls]).toEqual([count, count]);
    // A stream of the Web that holds them all takes seconds to give them back.
    expect(ahead).toBeLessThan(20_000);
  });

  it.each([10, 200_000])('ends with its other side: chunks of %i events', async (count) => {
    const chunk = Buffer.from('data:x\n\n'.repeat(count));
    const reason = new Error('of the application');

    let cancelled: unknown;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
      cancel: (given) => {
        cancelled = given;
      },
    });
    const reader = source.pipeThrough(new EventParserStream()).getReader();
    await reader.read();
    await reader.cancel(reason);
    await expect.poll(() => cancelled).toBe(reason);

    const idle = new EventParserStream();
    await idle.readable.cancel(reason);
    await expect(idle.writable.getWriter().closed).rejects.toBe(reason);

    const stream = new EventParserStream();
    const writer = stream.writable.getWriter();
    writer.write(chunk).catch(() => {});
    writer.closed.catch(() => {});
    await writer.abort(reason);
    await expect(stream.readable.getReader().read()).rejects.toBe(reason);
  });

  it.each([undefined, null, 5, {}, new Uint16Array(2), { length: 1e6 }])(
    'fails with an invalid chunk: %o',
    async (chunk) => {
      await expect(collect([chunk as never])).rejects.toMatchObject({ code: 'SSE_ERR_INVALID_OPTION' });
    },
  );

  it('throws for an invalid option', () => {
    for (const [options, message] of [
      [{ maxEventSize: '1mb' as never }, 'maxEventSize must be a number; received "1mb"'],
      [{ onRetry: 5 as never }, 'onRetry must be a function; received 5'],
      [{ onComment: {} as never }, 'onComment must be a function; received an object'],
    ] as const) {
      expect(() => new EventParserStream(options)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'SSE_ERR_INVALID_OPTION', message }),
      );
    }
  });

  it('is errored with an EventTooLargeError', async () => {
    const stream = new EventParserStream({ maxEventSize: 10 });
    await expect(collect([`data: ${'x'.repeat(20)}\n\n`], stream)).rejects.toMatchObject({
      code: 'SSE_ERR_EVENT_TOO_LARGE',
    });
  });

  it('joins the halves of a surrogate pair in two strings; half of one becomes U+FFFD', async () => {
    const data = async (...chunks: (string | Uint8Array)[]): Promise<string[]> =>
      (await collect(chunks)).map((event) => event.data);
    for (const end of ['\n\n', Buffer.from('\n\n')]) {
      expect(await data('data: \ud83d', '\ude00', end)).toEqual(['😀']);
      expect(await data('data: ', '\ud83d', '', '\ude00', end)).toEqual(['😀']);
      expect(await data('data: \ud83d', end)).toEqual(['\uFFFD']);
      expect(await data('data: \ud83d', '\ud83d', '\ude00', end)).toEqual(['\uFFFD😀']);
      expect(await data('data: \ude00', end)).toEqual(['\uFFFD']);
    }
  });

  it('fails with what onComment or onRetry throws', async () => {
    const thrower = (): void => {
      throw new Error('thrown');
    };
    for (const options of [{ onComment: thrower }, { onRetry: thrower }]) {
      await expect(collect([':hi\nretry: 5\n\n'], new EventParserStream(options))).rejects.toThrow('thrown');
    }
  });
});
