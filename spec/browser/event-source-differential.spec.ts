import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventSource as OurEventSource } from '../../src/sse/index.ts';
import { returnPage, takePage } from '../support/browser.ts';
import { SCRIPTS, seen } from './event-source-scripts.ts';

/** Logs the events of an EventSource until it is CLOSED: the type, state, data, ID and origin of each. */
function eventsOf(EventSourceClass: typeof EventSource, url: string): Promise<string[]> {
  const source = new EventSourceClass(url);
  const log = [`${source.readyState} ${source.url.slice(-3)}`];
  return new Promise((resolve) => {
    const record = (event: Event): void => {
      const { data, lastEventId, origin } = event as MessageEvent<string | undefined>;
      const sameOrigin = origin === undefined || origin === new URL(url).origin;
      const text = data === undefined ? '' : data.length > 100 ? `${data.length} characters` : JSON.stringify(data);
      log.push(`${event.type} ${source.readyState} ${text} ${lastEventId ?? ''} ${sameOrigin}`);
      if (source.readyState === source.CLOSED) resolve(log);
      // Reports to the server that the event has arrived. A script may wait for this before it closes the connection.
      if (event.type === 'message') void fetch(new URL(`seen/${text.slice(1, -1)}`, url));
    };
    for (const type of ['open', 'message', 'error', 'tick', 'tock', 'ti\0ck']) source.addEventListener(type, record);
  });
}

/** The requests of each EventSource. The key is the first segment of the path. */
const requests = new Map<string, string[]>();

/** Serves an empty page at `/`, and script number N at `/N-agent/events`. */
const server = createServer((request, response) => {
  const [, base = '', ...rest] = request.url!.split('/');
  if (rest[0] === 'seen') {
    seen(base, String(rest[1]));
    // Chromium may repeat a request silently on a connection that is kept alive.
    return void response.writeHead(204, { Connection: 'close' }).end();
  }
  const script = Object.values(SCRIPTS)[Number.parseInt(base, 10)];
  if (script === undefined) return void response.writeHead(200, { 'Content-Type': 'text/html' }).end();
  const log = requests.get(base) ?? [];
  requests.set(base, log);
  const { accept, 'last-event-id': id = '', 'cache-control': cache } = request.headers;
  log.push(`${request.method} ${rest.join('/')} ${accept} ${cache} ${id}`);
  const number = log.filter((line) => !line.includes('there')).length;
  return script(request, response, number);
});

let origin: string;
let page: Page;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  page = await takePage();
  await page.goto(origin);
});
afterAll(async () => {
  await returnPage(page);
  server.close();
  server.closeAllConnections();
});

describe("Chromium's EventSource and pushwire's emit the same events and send the same requests", () => {
  it('for at least 30 scripts', () => {
    expect(Object.keys(SCRIPTS).length).toBeGreaterThanOrEqual(30);
  });

  it.each(Object.keys(SCRIPTS).map((title, index) => [title, index] as const))(
    'in response to %s',
    async (_, index) => {
      const ours = await eventsOf(OurEventSource as unknown as typeof EventSource, `${origin}/${index}-ours/events`);
      const chromiums = await page.evaluate(`(${eventsOf})(EventSource, '${origin}/${index}-chromiums/events')`);
      expect(ours).toEqual(chromiums);
      expect(requests.get(`${index}-ours`)).toEqual(requests.get(`${index}-chromiums`));
    },
  );
});
