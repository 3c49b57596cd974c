import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../hub/engines/redis-server.ts';
import { useChromium } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { findRedis } from '../support/external-programs.ts';

const open = useChromium();

const SERVER = fileURLToPath(new URL('../../examples/hub/server.js', import.meta.url));

/** The sections of the page, each with a client. */
const CLIENTS = ['event-stream', 'web-socket'] as const;

/** What a client of the page has received. */
interface Received {
  readonly id: string;
  readonly isReset: boolean;
}

async function startServer(port: number, ...args: string[]): Promise<{ server: ChildProgram; port: number }> {
  const server = new ChildProgram(SERVER, { args: ['--port', String(port), ...args] });
  await server.printed('as you like.');
  return { server, port: Number(/localhost:(\d+)/.exec(server.output)![1]) };
}

async function kill(server: ChildProgram): Promise<void> {
  server.process.kill('SIGKILL');
  await once(server.process, 'close');
}

/** Records what both clients receive from now on. */
async function record(page: Page): Promise<void> {
  await page.evaluate((clients) => {
    for (const client of clients) {
      const section = document.querySelector<HTMLElement>(`#${client}`)!;
      const received: { id: string; isReset: boolean }[] = [];
      section.addEventListener('hub-event', (event) => {
        const { id, event: type } = (event as CustomEvent<{ id: string; event?: string }>).detail;
        received.push({ id, isReset: type === 'reset' });
        section.dataset.received = JSON.stringify(received);
      });
    }
  }, CLIENTS);
}

async function received(page: Page, client: (typeof CLIENTS)[number]): Promise<Received[]> {
  return JSON.parse((await page.locator(`#${client}`).getAttribute('data-received')) ?? '[]');
}

/** Waits until both clients have been connected this many times, and show the text. */
async function shown(page: Page, connections: number, text: string): Promise<void> {
  for (const client of CLIENTS) {
    const section = page.locator(`#${client}`);
    await section.locator('.connections', { hasText: new RegExp(`^${connections}$`) }).waitFor();
    await section.locator('.log li', { hasText: text }).first().waitFor();
  }
}

async function publish(page: Page, text: string): Promise<void> {
  await page.locator('#note').fill(text);
  await page.locator('button').click();
}

/** The ids that follow the first one, if none is missing and none is there twice. */
function idsFrom(first: string, length: number): string[] {
  const [, log, number] = /^(.*-)(\d+)$/.exec(first)!;
  return Array.from({ length }, (_, index) => `${log}${Number(number) + index}`);
}

describe('the page of examples/hub', () => {
  it('shows a reset to both clients when the server is killed, and its log is lost', async () => {
    const { server, port } = await startServer(0);
    const page = await open(`http://127.0.0.1:${port}/`);
    await record(page);
    await shown(page, 1, `process ${server.process.pid}`);
    await kill(server);
    await page.locator('[data-state="waiting"]').nth(1).waitFor();
    const { server: next } = await startServer(port);
    await shown(page, 2, `process ${next.process.pid}`);
    await publish(page, 'The server is back');
    await shown(page, 2, 'The server is back');
    for (const client of CLIENTS) {
      const events = await received(page, client);
      const reset = events.findIndex(({ isReset }) => isReset);
      const [before, after] = [events.slice(0, reset), events.slice(reset + 1)].map((part) => part.map(({ id }) => id));
      expect(before).toEqual(idsFrom(before![0]!, before!.length));
      expect(after).toEqual(idsFrom(after![0]!, after!.length));
      expect(after).not.toEqual([]);
      expect(await page.locator(`#${client} .resets`).textContent()).toBe('1');
    }
  });

  it('comes back by itself when the server ends in order', async () => {
    const { server, port } = await startServer(0);
    const page = await open(`http://127.0.0.1:${port}/`);
    await shown(page, 1, `process ${server.process.pid}`);
    server.process.kill('SIGTERM');
    expect(await server.ended()).toBe(0);
    const { server: next } = await startServer(port);
    await shown(page, 2, `process ${next.process.pid}`);
  });

  it.runIf(findRedis() !== null)(
    'misses nothing and shows nothing twice when one of two servers with Redis is killed',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.end());
      const url = `redis://127.0.0.1:${redis.port}`;
      const { server, port } = await startServer(0, '--redis', url);
      const { server: other } = await startServer(0, '--redis', url);
      const page = await open(`http://127.0.0.1:${port}/`);
      await record(page);
      await shown(page, 1, `process ${other.process.pid}`);
      await kill(server);
      await page.locator('[data-state="waiting"]').nth(1).waitFor();
      const { server: next } = await startServer(port, '--redis', url);
      await shown(page, 2, `process ${next.process.pid}`);
      await publish(page, 'The server is back');
      await shown(page, 2, 'The server is back');
      for (const client of CLIENTS) {
        const events = await received(page, client);
        expect(events.map(({ id }) => id)).toEqual(idsFrom(events[0]!.id, events.length));
        expect(await page.locator(`#${client} .resets`).textContent()).toBe('0');
      }
    },
  );
});
