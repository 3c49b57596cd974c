import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventChannel, EventSource, EventStream } from '../../../src/sse/index.ts';
import { serve } from '../../support/http-server.ts';

/** Opens a client, and resolves when it has received the headers of its stream. */
async function open(url: string): Promise<EventSource> {
  const source = new EventSource(url, { reconnectionTime: 1 });
  onTestFinished(() => source.close());
  await once(source, 'open');
  return source;
}

describe('maxStreams', () => {
  it('closes a further stream, which reconnects and is added when there is room', async () => {
    const channel = new EventChannel({ maxStreams: 2 });
    const results: boolean[] = [];
    const url = await serve((request, response) => {
      results.push(channel.add(EventStream.open(request, response)));
    });
    const first = await open(url);
    await open(url);
    expect([results, channel.isFull]).toEqual([[true, true], true]);

    const third = await open(url);
    await expect.poll(() => channel.metrics().refused).toBeGreaterThan(1);
    expect([channel.size, channel.metrics().streams]).toEqual([2, 2]);
    expect(results.slice(2)).not.toContain(true);

    const received = once(third, 'message') as Promise<[MessageEvent]>;
    const rejoined = once(channel, 'join');
    first.close();
    await rejoined;
    channel.broadcast('for those in the channel');
    expect((await received)[0].data).toBe('for those in the channel');
    expect(channel.isFull).toBe(true);
  });

  it('is unlimited by default and with 0, and a stream that was removed makes room', async () => {
    const channel = new EventChannel({ maxStreams: 1 });
    const streams: EventStream[] = [];
    const url = await serve((request, response) => void streams.push(EventStream.open(request, response)));
    await Promise.all([open(url), open(url)]);
    const [one, two] = streams as [EventStream, EventStream];
    expect([channel.add(one), channel.add(one), channel.remove(one)]).toEqual([true, false, true]);
    expect([channel.add(two), two.closed, channel.metrics().refused]).toEqual([true, false, 0]);
    expect([channel.add(one), one.closed, channel.metrics().refused]).toEqual([false, true, 1]);
    // A stream that has ended is not refused.
    expect([channel.add(one), channel.metrics().refused]).toEqual([false, 1]);
    channel.remove(two);
    for (const unlimited of [new EventChannel(), new EventChannel({ maxStreams: 0 })]) {
      expect([unlimited.isFull, unlimited.add(two, { lastEventId: '' }), unlimited.isFull]).toEqual([
        false,
        true,
        false,
      ]);
    }
  });

  it('can be answered with 503 before a stream is opened', async () => {
    const channel = new EventChannel({ maxStreams: 1 });
    const url = await serve((request, response) => {
      if (channel.isFull) response.writeHead(503, { 'Retry-After': '5' }).end();
      else channel.add(EventStream.open(request, response));
    });
    await open(url);
    const request = httpRequest(url).end();
    const [response] = await once(request, 'response');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    request.destroy();
  });
});
