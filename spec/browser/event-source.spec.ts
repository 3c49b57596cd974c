import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventStream } from '../../src/sse/index.ts';
import { open } from '../support/browser.ts';
import { selfSignedCertificate } from '../support/certificate.ts';

const SERVERS = {
  'node:http': async () => createServer(),
  'node:https': async () => createHttpsServer(await selfSignedCertificate()),
  'node:http2': async () => createSecureServer(await selfSignedCertificate()),
} as const satisfies Record<string, () => Promise<Server>>;

describe.each(Object.keys(SERVERS) as (keyof typeof SERVERS)[])("Chromium's EventSource with %s", (name) => {
  /** Serves an empty page at `/`, and an event stream at `/events` that `serve` writes to. */
  async function start(serve: (stream: EventStream, connection: number) => void): Promise<Page> {
    const server: Server = await SERVERS[name]();
    let connections = 0;
    const streams: EventStream[] = [];
    server.on('request', (request, response) => {
      if (request.url !== '/events') {
        response.setHeader('Content-Type', 'text/html');
        return response.end();
      }
      const stream = EventStream.open(request, response, { retry: 10 });
      streams.push(stream);
      serve(stream, ++connections);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const stream of streams) stream.close();
      server.close();
    });
    const scheme = name === 'node:http' ? 'http' : 'https';
    return open(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }

  /** Resolves with the first `count` events of an EventSource in the page. */
  function listen(page: Page, count: number): Promise<string[]> {
    return page.evaluate((wanted) => {
      const source = new EventSource('/events');
      return new Promise<string[]>((resolve) => {
        const log: string[] = [];
        const record = (text: string): void => {
          if (log.push(text) < wanted) return;
          source.close();
          resolve(log);
        };
        source.onopen = () => record('open');
        source.onerror = () => record(`error ${source.readyState}`);
        source.onmessage = ({ data, lastEventId }) => record(`message ${JSON.stringify(data)} ${lastEventId}`);
        source.addEventListener('tick', ({ data, lastEventId }) =>
          record(`tick ${JSON.stringify(data)} ${lastEventId}`),
        );
      });
    }, count);
  }

  it('receives events with all fields unchanged', async () => {
    const page = await start((stream) => {
      stream.comment('not visible');
      stream.send('plain');
      stream.send({ event: 'tick', id: 'grüße 😀', data: ' two\r\nlines, \rthree\n' });
      stream.send({ id: '' });
      stream.send({ data: '' });
      stream.send({ data: 'x'.repeat(100_000) });
    });
    expect(await listen(page, 5)).toEqual([
      'open',
      'message "plain" ',
      'tick " two\\nlines, \\nthree\\n" grüße 😀',
      'message "" ',
      `message "${'x'.repeat(100_000)}" `,
    ]);
  });

  it('reconnects with a last event ID that is not ASCII', async () => {
    const lastEventIds: string[] = [];
    const page = await start((stream, connection) => {
      lastEventIds.push(stream.lastEventId);
      stream.send({ id: `№ ${connection}`, data: `connection ${connection}` });
      if (connection < 3) stream.close();
    });
    expect(await listen(page, 8)).toEqual([
      'open',
      'message "connection 1" № 1',
      'error 0',
      'open',
      'message "connection 2" № 2',
      'error 0',
      'open',
      'message "connection 3" № 3',
    ]);
    expect(lastEventIds).toEqual(['', '№ 1', '№ 2']);
  });

  it("opens before the first event, and the server emits 'close' when it disconnects", async () => {
    let disconnected: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      disconnected = resolve;
    });
    const page = await start((stream) => void stream.on('close', disconnected));
    expect(await listen(page, 1)).toEqual(['open']);
    await closed;
  });
});
