import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventStream } from '../../src/sse/index.ts';
import { WebSocketServer } from '../../src/websocket/index.ts';
import { open } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';
import { listen } from '../support/http-server.ts';

const ROOT = new URL('../../', import.meta.url);
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';
const ALLOW_CREDENTIALS = 'Access-Control-Allow-Credentials';

/** What a server has received, in order: the method, the path, and whether the cookie came with it. */
interface Server {
  readonly port: number;
  readonly received: string[];
  readonly streams: EventStream[];
}

/** A server for both protocols. The path names the fields of the response, and `/guarded` is for pages of its own origin. */
async function startServer(): Promise<Server> {
  const received: string[] = [];
  const streams: EventStream[] = [];
  const note = ({ method, url, headers }: IncomingMessage): void => {
    received.push(`${method} ${url} ${headers.cookie === undefined ? 'without' : 'with'} cookie`);
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    if (pathname === '/page') {
      response.setHeader('Set-Cookie', 'session=1; HttpOnly; SameSite=Lax');
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>page</title>');
    } else if (pathname === '/stream') {
      note(request);
      for (const [name, value] of searchParams) response.setHeader(name, value);
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else openStream(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  const openStream = (request: IncomingMessage, response: ServerResponse): void => {
    const stream = EventStream.open(request, response, { retry: 0 });
    streams.push(stream);
    stream.send({ id: '1', data: `last: ${stream.lastEventId}` });
  };
  const anyPage = new WebSocketServer({ noServer: true });
  const ownPages = new WebSocketServer({ noServer: true, origin: 'same-origin' });
  for (const sockets of [anyPage, ownPages]) sockets.on('connection', (socket) => socket.on('error', () => {}));
  server.on('upgrade', (request, socket, head) => {
    note(request);
    const sockets = request.url === '/guarded' ? ownPages : anyPage;
    sockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('hello'));
  });
  return { port: await listen(server), received, streams };
}

describe.runIf(isDue('cross-origin rules in Chromium'))('docs/cross-origin.md, in Chromium', () => {
  /** A page, and a server of another origin, whose cookie the browser has. */
  async function start(host = '127.0.0.1'): Promise<{ page: Page; api: Server; base: string; origin: string }> {
    const [own, api] = [await startServer(), await startServer()];
    const base = `http://${host}:${api.port}`;
    const page = await open(`${base}/page`);
    const origin = `http://127.0.0.1:${own.port}`;
    await page.goto(`${origin}/page`);
    return { page, api, base, origin };
  }

  /** Opens a WebSocket in the page, and returns its first message or its close code. */
  const socketResult = (page: Page, url: string): Promise<unknown> =>
    page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.onmessage = ({ data }) => resolve(data);
          socket.onclose = ({ code }) => resolve(code);
        }),
      url.replace('http', 'ws'),
    );

  /** Opens an EventSource in the page, and returns its first event or its state after an error. */
  const streamResult = (page: Page, url: string, withCredentials = false): Promise<unknown> =>
    page.evaluate(
      ([url, withCredentials]) =>
        new Promise((resolve) => {
          const source = new EventSource(url, { withCredentials });
          source.onmessage = ({ data }) => resolve(data);
          source.onerror = () => resolve(`error, state ${source.readyState}`);
        }),
      [url, withCredentials] as const,
    );

  /** The URL of an event stream whose response has these fields. */
  const streamUrl = (base: string, fields: Record<string, string> = {}): string =>
    `${base}/stream?${new URLSearchParams(fields)}`;

  /** Calls `fetch()` in the page, and returns the status. */
  const fetchResult = (page: Page, url: string, init: RequestInit = {}): Promise<unknown> =>
    page.evaluate(
      async ([url, init]) => {
        try {
          const response = await fetch(url, init);
          await response.body!.cancel();
          return response.status;
        } catch (error) {
          return (error as Error).name;
        }
      },
      [url, init] as const,
    );

  /** The methods that the server has received since the last call. */
  const methods = ({ received }: Server): string[] => received.splice(0).map((request) => request.split(' ')[0]!);

  it('the browser opens a WebSocket for every page, with cookies: only the server refuses', async () => {
    const { page, api, base } = await start();
    expect(await socketResult(page, `${base}/any`)).toBe('hello');
    expect(await socketResult(page, `${base}/guarded`)).toBe(1006);
    expect(api.received).toEqual(['GET /any with cookie', 'GET /guarded with cookie']);
  });

  it('a page of another site sends no cookie that is SameSite', async () => {
    const { page, api, base, origin } = await start('localhost');
    expect(await socketResult(page, `${base}/any`)).toBe('hello');
    const url = streamUrl(base, { [ALLOW_ORIGIN]: origin, [ALLOW_CREDENTIALS]: 'true' });
    expect(await streamResult(page, url, true)).toBe('last: ');
    expect(api.received.map((request) => request.endsWith(' without cookie'))).toEqual([true, true]);
  });

  it('an EventSource needs Access-Control-Allow-Origin, and with credentials the origin itself', async () => {
    const { page, api, base, origin } = await start();
    const refused = 'error, state 2';
    const results = [];
    for (const allowed of [undefined, '*', 'https://app.example', origin]) {
      for (const withCredentials of [false, true]) {
        const fields = allowed === undefined ? {} : { [ALLOW_ORIGIN]: allowed, [ALLOW_CREDENTIALS]: 'true' };
        results.push(await streamResult(page, streamUrl(base, fields), withCredentials));
      }
    }
    expect(results).toEqual([refused, refused, 'last: ', refused, refused, refused, 'last: ', 'last: ']);
    // The server has received all of them, and the cookie with credentials only.
    const cookies = api.received.map((request) => request.endsWith(' with cookie'));
    expect(cookies).toEqual([false, true, false, true, false, true, false, true]);
    const withoutPermission = streamUrl(base, { [ALLOW_ORIGIN]: origin });
    expect(await streamResult(page, withoutPermission, true)).toBe(refused);
  });

  it('an EventSource that reconnects sends Last-Event-ID without a preflight request', async () => {
    const { page, api, base, origin } = await start();
    const received = page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const events: string[] = [];
          const source = new EventSource(url);
          source.onmessage = ({ data }) => {
            if (events.push(data) < 2) return;
            source.close();
            resolve(events);
          };
        }),
      streamUrl(base, { [ALLOW_ORIGIN]: origin }),
    );
    await expect.poll(() => api.streams.length).toBe(1);
    api.streams[0]!.close();
    expect(await received).toEqual(['last: ', 'last: 1']);
    expect(methods(api)).toEqual(['GET', 'GET']);
  });

  it('fetch() has a preflight request for Last-Event-ID, Authorization and JSON, and for nothing that a form could send', async () => {
    const { page, api, base, origin } = await start();
    const url = streamUrl(base, { [ALLOW_ORIGIN]: origin });
    for (const init of [{}, { headers: { Accept: 'text/event-stream' } }, { method: 'POST', body: 'text' }]) {
      expect(await fetchResult(page, url, init)).toBe(200);
    }
    expect(methods(api)).toEqual(['GET', 'GET', 'POST']);
    const json = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
    for (const init of [{ headers: { 'Last-Event-ID': '1' } }, { headers: { Authorization: 'Bearer secret' } }, json]) {
      expect(await fetchResult(page, url, init)).toBe('TypeError');
      expect(methods(api)).toEqual(['OPTIONS']);
      const allowed = { [ALLOW_ORIGIN]: origin, 'Access-Control-Allow-Headers': Object.keys(init.headers)[0]! };
      expect(await fetchResult(page, streamUrl(base, allowed), init)).toBe(200);
      expect(methods(api)).toEqual(['OPTIONS', init === json ? 'POST' : 'GET']);
    }
  });

  it('the server of the page serves pages of the listed origin, and no others', async () => {
    const { page, origin } = await start();
    const directory = mkdtempSync(join(tmpdir(), 'pushwire-cross-origin-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(fileURLToPath(ROOT), join(directory, 'node_modules', 'pushwire'), 'junction');
    const text = readFileSync(new URL('docs/cross-origin.md', ROOT), 'utf8');
    const [, sample] = /^```js server\n(.*?)^```/ms.exec(text)!;
    const file = join(directory, 'server.mjs');
    writeFileSync(file, sample!.replace('https://app.example', origin));
    const { port } = await ChildProgram.listening(file);
    const base = `http://localhost:${port}/`;
    const results = async (): Promise<unknown[]> => [
      await socketResult(page, base),
      await streamResult(page, base, true),
      await fetchResult(page, base, { headers: { 'Last-Event-ID': '1' }, credentials: 'include' }),
    ];
    expect(await results()).toEqual(['hello', 'hello', 200]);
    await page.goto(`${origin.replace('127.0.0.1', 'localhost')}/page`);
    expect(await results()).toEqual([1006, 'error, state 2', 'TypeError']);
    const answer = page.waitForResponse(base);
    await page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    }, base);
    expect((await answer).status()).toBe(403);
  });
});
