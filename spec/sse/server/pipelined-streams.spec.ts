import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventChannel, EventStream, type EventStreamOptions } from '../../../src/sse/index.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer } from '../../support/raw-peer.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

afterEach(() => void vi.useRealTimers());

/** Opens two event streams for pipelined requests on one connection: the second waits until the first has ended. */
async function openTwo(
  options: EventStreamOptions = {},
  prepare: (response: ServerResponse) => void = () => {},
): Promise<{ peer: RawPeer; first: EventStream; second: EventStream; responses: ServerResponse[] }> {
  const responses: ServerResponse[] = [];
  const streams: EventStream[] = [];
  const server = createServer();
  const both = new Promise<void>((resolve) => {
    server.on('request', (request, response) => {
      prepare(response);
      responses.push(response);
      streams.push(EventStream.open(request, response, { heartbeat: 0, ...options }));
      if (streams.length === 2) resolve();
    });
  });
  const peer = await RawPeer.connect(await listen(server));
  peer.write(GET + LAST);
  await both;
  return { peer, first: streams[0]!, second: streams[1]!, responses };
}

/** Reads to the end of the connection, and returns the text of the second response. */
async function secondBody(peer: RawPeer): Promise<string> {
  const [, , second] = (await peer.readToEnd()).toString().split(/HTTP\/1.1 200 OK\r\n/);
  const chunks = second!.slice(second!.indexOf('\r\n\r\n') + 2);
  return chunks.replace(/\r\n[\da-f]+\r\n|\r\n/g, '');
}

describe('An event stream that waits for an earlier response on its connection (RFC 9112 §9.3.2)', () => {
  it('keeps its events, and sends them in order when its turn has come', async () => {
    const { peer, first, second } = await openTwo();
    const data = Array.from({ length: 2_000 }, (_, index) => `event ${index}`);
    const sent = data.map((each) => second.send(each));
    expect(new Set(sent)).toEqual(new Set([false]));
    first.send('only');
    first.close();
    await once(second, 'drain');
    expect(second.queuedBytes).toBe(0);
    expect(second.send('last')).toBe(true);
    second.close();
    expect(await secondBody(peer)).toBe([...data, 'last'].map((each) => `data: ${each}\n\n`).join(''));
  });

  it('sends what it keeps if it is closed while it waits', async () => {
    const { peer, first, second } = await openTwo({ retry: 5 });
    second.send('kept');
    second.comment('kept, too');
    second.close();
    first.close();
    expect(await secondBody(peer)).toBe('retry: 5\n\ndata: kept\n\n: kept, too\n\n');
  });

  it('uses a replaced write() method when its turn has come', async () => {
    const { peer, first, second } = await openTwo({}, (response) => {
      const write = response.write.bind(response) as (text: string) => boolean;
      response.write = ((chunk: Buffer) => write(chunk.toString().toUpperCase())) as ServerResponse['write'];
    });
    second.send('loud');
    first.close();
    await peer.readUntil('DATA: LOUD\n\n');
  });

  it('counts the memory of its events, hands none of them to node:http, and keeps no more than maxBackpressure', async () => {
    const { second, responses } = await openTwo({ maxBackpressure: 10_000 });
    const channel = new EventChannel({ history: { count: 0 } });
    channel.add(second);
    const head = responses[1]!.writableLength;
    for (let count = 0; count < 100; count++) channel.broadcast('x');
    expect(responses[1]!.writableLength).toBe(head);
    expect(second.queuedBytes).toBeGreaterThan(100 * 'data: x\n\n'.length);
    expect(channel.metrics().sendMemory).toBe(second.queuedBytes + head);
    while (!second.closed) {
      expect(second.queuedBytes).toBeLessThanOrEqual(10_000);
      channel.broadcast('x');
    }
  });

  it('sends no heartbeats while it waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { second } = await openTwo({ heartbeat: 1_000 });
    vi.advanceTimersByTime(10_000);
    expect(second.queuedBytes).toBe(0);
    expect(await second.drained()).toBe(true);
  });

  it('destroys the connection at once when it is terminated, so that nothing of it is kept', async () => {
    const { peer, first, second } = await openTwo();
    second.terminate();
    await once(first, 'close');
    await peer.readToEnd();
  });
});
