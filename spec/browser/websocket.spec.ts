import { once } from 'node:events';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket as ServerEnd, type ServerOptions, WebSocketServer } from '../../src/websocket/index.ts';
import {
  digest,
  fragmentsOf,
  LENGTHS,
  listen,
  type Message,
  messageOf,
  patternOf,
  SCHEMES,
  type Scheme,
} from '../interoperation/echo.ts';
import { open } from '../support/browser.ts';
import { isDue } from '../support/full-run.ts';

/** Starts a pushwire server, and opens an empty page of its origin. */
async function start(
  scheme: Scheme,
  options: ServerOptions = {},
): Promise<{ server: WebSocketServer; url: string; page: Page }> {
  const { http, url } = await listen(scheme);
  http.on('request', (_request, response) => response.end());
  const server = new WebSocketServer({ server: http, ...options });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    http.close();
    http.closeAllConnections();
  });
  return { server, url, page: await open(url.replace('ws', 'http')) };
}

/** Opens a WebSocket in the page, as `socket`. Collects its events in `log`. */
async function connect(page: Page, url: string, protocols: string[] = []): Promise<void> {
  await page.evaluate(
    ([address, names]) => {
      const socket = new WebSocket(address, names);
      socket.binaryType = 'arraybuffer';
      const log: string[] = [];
      socket.onopen = () => log.push(`open ${socket.protocol} ${socket.extensions}`.trimEnd());
      socket.onmessage = async ({ data }) => {
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
        const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        log.push(`${typeof data === 'string' ? 'text' : 'binary'} of ${bytes.byteLength} bytes, ${hex}`);
      };
      socket.onerror = () => log.push('error');
      socket.onclose = ({ code, reason, wasClean }) => log.push(`close ${code} ${reason} ${wasClean}`);
      Object.assign(window, { socket, log });
    },
    [url, protocols] as const,
  );
}

/** Connects as `connect()` does, and resolves with the server's end when the WebSocket is open. */
async function connected(page: Page, server: WebSocketServer, url: string): Promise<ServerEnd> {
  const accepted = once(server, 'connection');
  await connect(page, url);
  expect(await logged(page, 1)).toBe('open');
  return (await accepted)[0];
}

/** Waits until the log has `count` lines. Resolves with the last one. */
async function logged(page: Page, count: number): Promise<string> {
  const handle = await page.waitForFunction((wanted) => (window as never as { log: string[] }).log[wanted - 1], count);
  return String(await handle.jsonValue());
}

/** Sends the message of `messageOf()` from the page. */
function sendFromPage(page: Page, length: number, isBinary: boolean): Promise<void> {
  return page.evaluate(
    ([pattern, size, asBinary]) => {
      const { socket } = window as never as { socket: WebSocket };
      const bytes = new Uint8Array(size);
      for (let index = 0; index < size; index++) bytes[index] = pattern[index % pattern.length]!;
      socket.send(asBinary ? bytes : new TextDecoder().decode(bytes));
    },
    [[...patternOf(isBinary)], length, isBinary] as const,
  );
}

function send(socket: ServerEnd, { bytes, isBinary }: Message, fragmented: boolean): void {
  const fragments = fragmented ? fragmentsOf(bytes) : [bytes];
  fragments.forEach((fragment, index) => {
    socket.send(fragment, { binary: isBinary, fin: index === fragments.length - 1 });
  });
}

const KINDS = [false, true].flatMap((isBinary) => [false, true].map((fragmented) => ({ isBinary, fragmented })));

describe.each(SCHEMES)("Chromium's WebSocket over %s", (scheme) => {
  /** Sends each message from the page to the server, which sends it back whole or fragmented. */
  async function echo(kinds: readonly { length: number; isBinary: boolean; fragmented: boolean }[]): Promise<void> {
    const { server, url, page } = await start(scheme);
    const socket = await connected(page, server, url);
    let count = 1;
    for (const { length, isBinary, fragmented } of kinds) {
      const message = messageOf(length, isBinary);
      const arrived = once(socket, 'message');
      await sendFromPage(page, length, isBinary);
      const [data, binary] = (await arrived) as [Buffer, boolean];
      expect(digest({ bytes: data, isBinary: binary })).toBe(digest(message));
      send(socket, { bytes: data, isBinary: binary }, fragmented);
      expect(await logged(page, ++count)).toBe(digest(message));
    }
  }

  const SHORT = LENGTHS.filter((length) => length <= 65_536);
  const LONGEST = Math.max(...LENGTHS);

  it(`exchanges text and binary messages of ${SHORT.join(', ')} bytes, whole and fragmented`, async () => {
    const kinds = SHORT.flatMap((length) => KINDS.map((kind) => ({ length, ...kind })));
    await echo(kinds);
  });

  // Without a full run, one shorter message, over TLS: it has many TLS records and chunks, too.
  const isWhole = isDue(`${scheme} 16 MiB`);
  const kinds = isWhole ? KINDS : scheme === 'wss' ? KINDS.slice(3) : [];
  if (kinds.length > 0) {
    const length = isWhole ? LONGEST : 2 ** 21;
    it(`exchanges messages of ${length} bytes`, async () => {
      await echo(kinds.map((kind) => ({ length, ...kind })));
    }, 180_000);
  }
});

describe("Chromium's WebSocket", () => {
  it('offers permessage-deflate, and connects if the server declines it', async () => {
    const { server, url, page } = await start('ws');
    const accepted = once(server, 'connection');
    await connect(page, url);
    const [, request] = await accepted;
    expect(request.headers['sec-websocket-extensions']).toContain('permessage-deflate');
    expect(await logged(page, 1)).toBe('open');
  });

  for (const perMessageDeflate of [
    true,
    { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  ]) {
    it(`exchanges compressed messages with perMessageDeflate ${JSON.stringify(perMessageDeflate)}`, async () => {
      const { server, url, page } = await start('ws', { perMessageDeflate });
      const accepted = once(server, 'connection');
      await connect(page, url);
      expect(await logged(page, 1)).toMatch(/^open +permessage-deflate/);
      const [socket] = (await accepted) as [ServerEnd];
      socket.on('message', (data, isBinary) => send(socket, { bytes: data as Buffer, isBinary }, isBinary));
      let count = 1;
      for (const [length, isBinary] of [
        [0, false],
        [300, false],
        [300, false],
        [300, true],
        [100_032, false],
        [1_000_000, true],
      ] as const) {
        await sendFromPage(page, length, isBinary);
        expect(await logged(page, ++count)).toBe(digest(messageOf(length, isBinary)));
      }
    });
  }

  it('uses the subprotocol that the server selects', async () => {
    const { url, page } = await start('ws', { handleProtocols: (protocols) => [...protocols].at(-1) ?? false });
    await connect(page, url, ['one', 'two']);
    expect(await logged(page, 1)).toBe('open two');
  });

  it('answers a ping of the server', async () => {
    const { server, url, page } = await start('ws');
    const socket = await connected(page, server, url);
    const ponged = once(socket, 'pong');
    socket.ping('there?');
    expect(String((await ponged)[0])).toBe('there?');
  });

  it('closes cleanly with code and reason, from either end', async () => {
    for (const starter of ['server', 'page']) {
      const { server, url, page } = await start('ws');
      const socket = await connected(page, server, url);
      const closed = once(socket, 'close');
      if (starter === 'server') socket.close(4000, 'grüße');
      else await page.evaluate(() => (window as never as { socket: WebSocket }).socket.close(4000, 'grüße'));
      expect(await logged(page, 2)).toBe('close 4000 grüße true');
      expect((await closed).map(String)).toEqual(['4000', 'grüße']);
    }
  });

  it('closes with 1001 when the page navigates away', async () => {
    const { server, url, page } = await start('ws');
    const socket = await connected(page, server, url);
    const closed = once(socket, 'close');
    await page.goto('about:blank');
    expect((await closed)[0]).toBe(1001);
  });

  it('fails to connect if the server rejects its origin or path', async () => {
    for (const options of [{ origin: 'https://a.example' }, { path: '/elsewhere' }]) {
      const { url, page } = await start('ws', options);
      await connect(page, url);
      expect(await logged(page, 2)).toBe('close 1006  false');
    }
    const { url, page } = await start('ws', { origin: 'same-origin' });
    await connect(page, url);
    expect(await logged(page, 1)).toBe('open');
  });
});
