import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/streaming-tokens.md'), 'utf8');

/** The first sample of this language after a heading. */
function sample(heading: string, language: string): string {
  const section = DOCUMENT.slice(DOCUMENT.indexOf(`\n${heading}\n`));
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(section)![1]!;
}

/** Starts a server, as a program of a user that has pushwire. */
function startServer(code: string): Promise<{ program: ChildProgram; port: number }> {
  const project = mkdtempSync(join(tmpdir(), 'pushwire-tokens-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(ROOT, join(project, 'node_modules/pushwire'), 'junction');
  const file = join(project, 'server.mjs');
  writeFileSync(file, code);
  return ChildProgram.listening(file);
}

/** Opens a page with the origin of the server. */
async function openPage(port: number, html: string, script = ''): Promise<Page> {
  const page = await open('about:blank');
  onTestFinished(() => page.unrouteAll());
  const files = { 'page.html': ['text/html', `<!doctype html>${html}`], 'page.js': ['text/javascript', script] };
  for (const [name, [contentType, body]] of Object.entries(files)) {
    await page.route(`**/${name}`, (route) => route.fulfill({ contentType: contentType!, body: body! }));
  }
  await page.goto(`http://127.0.0.1:${port}/page.html`);
  return page;
}

describe.runIf(isDue('page of docs/streaming-tokens.md'))('the page of docs/streaming-tokens.md with fetch()', () => {
  /** Starts the server of the sample, which then prints when it cancels the request to the provider, and opens the page. */
  async function start(): Promise<{ program: ChildProgram; page: Page }> {
    const code = sample('## One request', 'js server');
    const cancellation = "stream.on('close', () => controller.abort());";
    expect(code).toContain(cancellation);
    const report = "controller.signal.addEventListener('abort', () => console.log('cancelled'));";
    const { program, port } = await startServer(code.replace(cancellation, `${report} ${cancellation}`));
    const { outputFiles } = await build({
      stdin: { contents: sample('### In a page', 'javascript'), resolveDir: ROOT },
      bundle: true,
      format: 'esm',
      write: false,
    });
    return { program, page: await openPage(port, sample('### In a page', 'html'), outputFiles[0]!.text) };
  }

  async function ask(page: Page, prompt: string): Promise<void> {
    await page.locator('input').fill(prompt);
    await page.locator('input').press('Enter');
  }

  const shows = (page: Page, state: string): Promise<void> =>
    page.locator('#state', { hasText: new RegExp(`^${state}$`) }).waitFor();

  it('shows the tokens as text', async () => {
    const { page } = await start();
    await ask(page, '<b>hello</b>');
    await shows(page, 'Complete');
    expect(await page.locator('#answer').textContent()).toBe('You said: <b>hello</b>. That is all.');
  });

  it('cancels the request to the provider when the user stops the answer, and can ask again', async () => {
    const { program, page } = await start();
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
    const { program, page } = await start();
    await ask(page, 'x'.repeat(10_001));
    await shows(page, 'Failed: The server responded with 413');
    await ask(page, 'word '.repeat(1900));
    await page.locator('#answer', { hasText: 'word' }).waitFor();
    program.process.kill('SIGKILL');
    await shows(page, 'Failed: .*');
  });
});

describe.runIf(isDue('page of docs/streaming-tokens.md'))(
  'the page of docs/streaming-tokens.md with EventSource',
  () => {
    it('shows the answer', async () => {
      const { port } = await startServer(sample('## A stream that resumes', 'js server'));
      const page = await openPage(port, sample('## A stream that resumes', 'html'));
      await page.locator('#answer', { hasText: 'You said: hello. That is all.' }).waitFor();
    });
  },
);
