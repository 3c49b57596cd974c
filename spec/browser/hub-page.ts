import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { ChildProgram } from '../support/child-program.ts';

const SERVER = fileURLToPath(new URL('../../examples/hub/server.js', import.meta.url));

/** The sections of the page, each with a client. */
export const CLIENTS = ['event-stream', 'web-socket'] as const;

/** What a client of the page has received. */
interface Received {
  readonly id: string;
  readonly isReset: boolean;
}

/** Starts the server of examples/hub. With the port 0, it listens on any free one. */
export async function startServer(port: number, ...args: string[]): Promise<{ server: ChildProgram; port: number }> {
  const server = new ChildProgram(SERVER, { args: ['--port', String(port), ...args] });
  await server.printed('as you like.');
  return { server, port: Number(/localhost:(\d+)/.exec(server.output)![1]) };
}

export async function kill(server: ChildProgram): Promise<void> {
  server.process.kill('SIGKILL');
  await once(server.process, 'close');
}

/** Records what both clients receive from now on. */
export async function record(page: Page): Promise<void> {
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

/** What a client has received since `record()`. */
export async function received(page: Page, client: (typeof CLIENTS)[number]): Promise<Received[]> {
  return JSON.parse((await page.locator(`#${client}`).getAttribute('data-received')) ?? '[]');
}

/** Waits until both clients have been connected this many times, and show the text. */
export async function shown(page: Page, connections: number, text: string): Promise<void> {
  for (const client of CLIENTS) {
    const section = page.locator(`#${client}`);
    await section.locator('.connections', { hasText: new RegExp(`^${connections}$`) }).waitFor();
    await section.locator('.log li', { hasText: text }).first().waitFor();
  }
}

export async function publish(page: Page, text: string): Promise<void> {
  await page.locator('#note').fill(text);
  await page.locator('button').click();
}

/** The ids that follow the first one, if none is missing and none is there twice. */
export function idsFrom(first: string, length: number): string[] {
  const [, log, number] = /^(.*-)(\d+)$/.exec(first)!;
  return Array.from({ length }, (_, index) => `${log}${Number(number) + index}`);
}
