import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Hub } from '../../../src/hub/index.ts';
import { EventSource, EventStream } from '../../../src/sse/index.ts';
import { findRedis } from '../../support/external-programs.ts';
import { CLIENTS } from '../engines/redis-server.ts';
import { numbers } from '../log-contract.ts';
import { testLog, testRedis } from './open-redis-log.ts';

interface Front {
  readonly hub: Hub;
  readonly url: string;
  /** Ends the streams of the clients. */
  dropClients(): void;
}

/** A hub and an HTTP server, as one process has them. */
async function openFront(port: number): Promise<Front> {
  const hub = new Hub({ log: await testLog(CLIENTS.redis, port), recent: { count: 3 } });
  const server = createServer((request, response) => {
    const stream = EventStream.open(request, response, { retry: 1 });
    void hub.subscribe(stream, ['numbers/*'], { lastEventId: stream.lastEventId });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await hub.shutdown();
  });
  const { port: own } = server.address() as AddressInfo;
  return { hub, url: `http://127.0.0.1:${own}/`, dropClients: () => server.closeAllConnections() };
}

describe.skipIf(findRedis() === null)('hubs on one RedisLog', () => {
  it('send a client the events of another process, and the events that it has missed', async () => {
    const redis = await testRedis();
    const fronts = [await openFront(redis.port), await openFront(redis.port)] as const;
    const received: string[] = [];
    let check = (): void => {};
    const source = new EventSource(fronts[0].url);
    onTestFinished(() => source.close());
    source.onmessage = ({ data }) => {
      received.push(data);
      check();
    };
    await once(source, 'open');
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => {
        check = () => received.length >= count && resolve();
        check();
      });
    const texts = numbers(60);
    for (const [index, text] of texts.entries()) {
      await fronts[index % 2]!.hub.publish('numbers/1', { data: text });
      await fronts[index % 2]!.hub.publish('others/1', { data: text });
      if (index % 20 === 10) {
        await until(index - 5);
        fronts[0].dropClients();
      }
    }
    await until(60);
    expect(received).toEqual(texts);
  });
});
