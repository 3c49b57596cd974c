import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventSource as OurEventSource } from '../../src/sse/index.ts';
import { useBrowser } from '../support/browser.ts';
import { SCRIPTS, seen } from './event-source-scripts.ts';

const browser = useBrowser();

/** What an EventSource tells until it is CLOSED: of each event the type, the state, the data, the id, the origin. */
function record(EventSourceClass: typeof EventSource, url: string): Promise<string[]> {
  const source = new EventSourceClass(url);
  const told = [`${source.readyState} ${source.url.slice(-3)}`];
  return new Promise((resolve) => {
    const tell = (event: Event): void => {
      const { data, lastEventId, origin } = event as MessageEvent<string | undefined>;
      const sameOrigin = origin === undefined || origin === new URL(url).origin;
      const text = data === undefined ? '' : data.length > 100 ? `${data.length} characters` : JSON.stringify(data);
      told.push(`${event.type} ${source.readyState} ${text} ${lastEventId ?? ''} ${sameOrigin}`);
      if (source.readyState === source.CLOSED) resolve(told);
      // A server that cuts the connection waits until the event before the cut has been seen.
      if (event.type === 'message') void fetch(new URL(`seen/${text.slice(1, -1)}`, url));
    };
    for (const type of ['open', 'message', 'error', 'tick', 'tock', 'ti\0ck']) source.addEventListener(type, tell);
  });
}

/** The requests of each EventSource, by the first segment of its path: what is told about each. */
const requests = new Map<string, string[]>();

/** An empty page at `/`; at `/N-agent/events` the script of that number. */
const server = createServer((request, response) => {
  const [, base = '', ...rest] = request.url!.split('/');
  if (rest[0] === 'seen') {
    seen(base, String(rest[1]));
    // A connection that is kept alive is one that Chromium may ask on again without telling.
    return void response.writeHead(204, { Connection: 'close' }).end();
  }
  const script = Object.values(SCRIPTS)[Number.parseInt(base, 10)];
  if (script === undefined) return void response.writeHead(200, { 'Content-Type': 'text/html' }).end();
  const told = requests.get(base) ?? [];
  requests.set(base, told);
  const { accept, 'last-event-id': id = '', 'cache-control': cache } = request.headers;
  told.push(`${request.method} ${rest.join('/')} ${accept} ${cache} ${id}`);
  const number = told.filter((line) => !line.includes('there')).length;
  return script(request, response, number);
});

let origin: string;
let page: Page;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  page = await browser().newPage();
  await page.goto(origin);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

describe("Chromium's EventSource and ours give the same log", () => {
  it('against as many servers as there should be', () => {
    expect(Object.keys(SCRIPTS).length).toBeGreaterThanOrEqual(30);
  });

  it.each(Object.keys(SCRIPTS).map((title, index) => [title, index] as const))(
    'against a server with %s',
    async (_, index) => {
      const ours = await record(OurEventSource as unknown as typeof EventSource, `${origin}/${index}-ours/events`);
      const chromiums = await page.evaluate(`(${record})(EventSource, '${origin}/${index}-chromiums/events')`);
      expect(ours).toEqual(chromiums);
      expect(requests.get(`${index}-ours`)).toEqual(requests.get(`${index}-chromiums`));
    },
  );
});
