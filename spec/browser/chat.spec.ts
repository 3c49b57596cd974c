import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { open } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';

const SERVER = fileURLToPath(new URL('../../examples/chat/server.js', import.meta.url));
async function startServer(port = '0'): Promise<{ server: ChildProgram; port: string }> {
  const server = new ChildProgram(SERVER, { args: ['--port', port] });
  await server.printed('Open ');
  return { server, port: /:(\d+)\//.exec(server.output)![1]! };
}

async function enter(page: Page, name: string): Promise<void> {
  await page.locator('#name').fill(name);
  await page.locator('#entry button').click();
  await page.locator('#members', { hasText: name }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

const message = (page: Page, text: string) => page.locator('#messages li', { hasText: text });

describe.runIf(isDue('page of the chat'))('the page of examples/chat', () => {
  it('shows messages as text to all members, and lists the members', async () => {
    const { port } = await startServer();
    const [one, other] = [await open(`http://127.0.0.1:${port}/`), await open(`http://localhost:${port}/`)];
    await enter(one, 'alice');
    await enter(other, 'bob');
    await one.locator('#members', { hasText: '2 here: alice, bob' }).waitFor();
    const hostile = '<img src=x onerror="document.title=1">';
    await say(one, hostile);
    await message(other, hostile).waitFor();
    await message(one, ':')
      .locator('.note', { hasText: /\d:\d\d/ })
      .waitFor();
    expect(await one.locator('#messages img').count()).toBe(0);
    await other.locator('#text').pressSequentially('x');
    await one.locator('#typing', { hasText: 'bob is writing' }).waitFor();
    await other.locator('#leave').click();
    await one.locator('#members', { hasText: '1 here: alice' }).waitFor();
    expect(await one.locator('#messages li').count()).toBe(1);
  });

  it('sends what was written without a connection when the server is back, once', async () => {
    const { server, port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    await enter(page, 'alice');
    await say(page, 'before');
    await message(page, 'before').locator('.note', { hasText: ':' }).waitFor();
    server.process.kill('SIGKILL');
    await once(server.process, 'close');
    await page.locator('#state', { hasText: 'not connected' }).waitFor();
    await say(page, 'meanwhile');
    await message(page, 'meanwhile').locator('.note', { hasText: 'sending' }).waitFor();
    // More than the server takes at once.
    const more = Array.from({ length: 14 }, (_, index) => `number ${index + 1}.`);
    for (const text of more) await say(page, text);
    await startServer(port);
    for (const text of more) await message(page, text).locator('.note', { hasText: ':' }).waitFor();
    await message(page, 'meanwhile').locator('.note', { hasText: ':' }).waitFor();
    // The log of the first server was in its memory.
    await message(page, 'Some messages are gone').waitFor();
    expect(await message(page, 'meanwhile').count()).toBe(1);
    await page.reload();
    await message(page, 'meanwhile').waitFor();
    expect(await message(page, 'before').count()).toBe(0);
  });

  it('detects that the server does not answer, and connects again', async () => {
    const { server, port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    await enter(page, 'alice');
    server.process.kill('SIGSTOP');
    await say(page, 'is anybody there?');
    await page.locator('#state', { hasText: 'connecting' }).waitFor();
    server.process.kill('SIGCONT');
    await message(page, 'is anybody there?').locator('.note', { hasText: ':' }).waitFor();
    expect(await message(page, 'is anybody there?').count()).toBe(1);
  });

  it('shows why the server refuses a name', async () => {
    const { port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    await page.locator('#name').fill('<b>');
    await page.locator('#entry button').click();
    await page.locator('#refusal', { hasText: '1 to 20 letters' }).waitFor();
  });
});
