import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { open } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';

const SERVER = fileURLToPath(new URL('../../examples/language-model-chat/server.js', import.meta.url));
async function startServer(port = '0'): Promise<{ server: ChildProgram; port: string }> {
  const server = new ChildProgram(SERVER, { args: ['--port', port] });
  await server.printed('Open ');
  return { server, port: /:(\d+)\//.exec(server.output)![1]! };
}

async function ask(page: Page, text: string): Promise<void> {
  await page.locator('#prompt').fill(text);
  await page.locator('#prompt').press('Enter');
}

const lastAnswer = (page: Page) => page.locator('.assistant').last();

const shows = (page: Page, state: string): Promise<void> =>
  page.locator('#state', { hasText: new RegExp(`^${state}`) }).waitFor();

describe.runIf(isDue('page of the language model'))('the page of examples/language-model-chat', () => {
  it('shows an answer as text and Markdown, never as HTML, and continues it after a reload', async () => {
    const { port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    const hostile = '<img src=x onerror="document.title=1"> <script>document.title=2</script>';
    await ask(page, hostile);
    await lastAnswer(page).getByText('You wrote').waitFor();
    await page.reload();
    await lastAnswer(page).locator('pre').waitFor();
    await shows(page, 'ready');
    expect(await page.locator('.user').textContent()).toContain(hostile);
    expect(await lastAnswer(page).textContent()).toContain(`You wrote ${hostile}`);
    expect(await lastAnswer(page).locator('li').count()).toBe(3);
    expect(await page.locator('#messages img, #messages script').count()).toBe(0);
    expect(await page.title()).toBe('Chat with a language model');
    await page.reload();
    expect(await page.locator('#messages > li').count()).toBe(2);
  });

  it('keeps what was written when the answer is stopped, and when the provider fails', async () => {
    const { port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    await ask(page, 'Hello');
    await lastAnswer(page).getByText('You wrote').waitFor();
    await page.locator('#stop').click();
    await lastAnswer(page).getByText('Stopped.').waitFor();
    await ask(page, '/fail');
    await lastAnswer(page).getByText('Failed: The model is overloaded.').waitFor();
    expect(await lastAnswer(page).textContent()).toContain('You wrote');
    await page.locator('#new').click();
    await page.locator('#empty').waitFor();
  });

  it('shows that the rest is lost when the server is killed, and answers again after a restart', async () => {
    const { server, port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    await ask(page, 'Hello');
    await lastAnswer(page).getByText('You wrote').waitFor();
    server.process.kill('SIGKILL');
    await once(server.process, 'close');
    await shows(page, 'connection lost');
    await startServer(port);
    await lastAnswer(page).getByText('The rest of the answer is lost.').waitFor();
    await ask(page, 'Hello again');
    await lastAnswer(page).getByText('message 3').waitFor();
  });

  it('keeps a message that could not be sent', async () => {
    const { server, port } = await startServer();
    const page = await open(`http://127.0.0.1:${port}/`);
    server.process.kill('SIGKILL');
    await once(server.process, 'close');
    await ask(page, 'Hello');
    await shows(page, 'not sent');
    expect(await page.locator('#prompt').inputValue()).toBe('Hello');
  });
});
