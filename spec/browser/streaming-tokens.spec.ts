import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useChromium } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/streaming-tokens.md'), 'utf8');

/** The first sample of this language after a heading. */
function sample(heading: string, language: string): string {
  const section = DOCUMENT.slice(DOCUMENT.indexOf(`\n${heading}\n`));
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(section)![1]!;
}

const open = useChromium();

/** Starts the server of the sample. It prints when it cancels the request to the provider. */
async function startServer(): Promise<{ program: ChildProgram; port: number }> {
  const project = mkdtempSync(join(tmpdir(), 'pushwire-tokens-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(ROOT, join(project, 'node_modules/pushwire'), 'junction');
  const code = sample('## One request', 'js server');
  const cancellation = "stream.on('close', () => controller.abort());";
  expect(code).toContain(cancellation);
  const file = join(project, 'server.mjs');
  writeFileSync(
    file,
    code.replace(cancellation, `${cancellation} stream.on('close', () => console.log('cancelled'));`),
  );
  return ChildProgram.listening(file);
}

/** Opens the page of the sample, bundled, with the origin of the server. */
async function openPage(port: number): Promise<Page> {
  const { outputFiles } = await build({
    stdin: { contents: sample('### In a page', 'javascript'), resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const page = await open('about:blank');
  onTestFinished(() => page.unrouteAll());
  await page.route('**/page.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html>${sample('### In a page', 'html')}` }),
  );
  await page.route('**/page.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]!.text }),
  );
  await page.goto(`http://127.0.0.1:${port}/page.html`);
  return page;
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.locator('input').fill(prompt);
  await page.locator('input').press('Enter');
}

const shows = (page: Page, state: string): Promise<void> =>
  page.locator('#state', { hasText: new RegExp(`^${state}$`) }).waitFor();

describe.runIf(isDue('page of docs/streaming-tokens.md'))('the page of docs/streaming-tokens.md', () => {
  it('shows the tokens as text', async () => {
    const { port } = await startServer();
    const page = await openPage(port);
    await ask(page, '<b>hello</b>');
    await shows(page, 'Complete');
    expect(await page.locator('#answer').textContent()).toBe('You said: <b>hello</b>. That is all.');
  });

  it('cancels the request to the provider when the user stops the answer, and can ask again', async () => {
    const { program, port } = await startServer();
    const page = await openPage(port);
    await ask(page, 'word '.repeat(1900));
    await page.locator('#answer', { hasText: 'word' }).waitFor();
    await page.locator('#stop').click();
    await shows(page, 'Stopped');
    await program.printed('cancelled');
    expect(await page.locator('#answer').textContent()).not.toContain('That is all.');
    await ask(page, 'hello');
    await shows(page, 'Complete');
    expect(await page.locator('#answer').textContent()).toBe('You said: hello. That is all.');
  });

  it('reports a response without 200, and a lost connection', async () => {
    const { program, port } = await startServer();
    const page = await openPage(port);
    await ask(page, 'x'.repeat(10_001));
    await shows(page, 'Failed: The server responded with 413');
    await ask(page, 'word '.repeat(1900));
    await page.locator('#answer', { hasText: 'word' }).waitFor();
    program.process.kill('SIGKILL');
    await shows(page, 'Failed: .*');
  });
});
