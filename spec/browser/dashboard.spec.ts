import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page, Route } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newPage, open } from '../support/browser.ts';
import { ChildProgram } from '../support/child-program.ts';
import { isDue } from '../support/full-run.ts';

const SERVER = fileURLToPath(new URL('../../examples/dashboard/server.js', import.meta.url));

async function startServer(port = '0'): Promise<{ server: ChildProgram; port: string; url: string }> {
  const server = new ChildProgram(SERVER, { args: ['--port', port, '--interval', '50'] });
  await server.printed('Open ');
  const used = /:(\d+)\//.exec(server.output)![1]!;
  return { server, port: used, url: `http://127.0.0.1:${used}/` };
}

const shows = (page: Page, state: string): Promise<void> =>
  page.locator('#state', { hasText: new RegExp(`^${state}`) }).waitFor();

const chart = (page: Page, title: string) => page.locator('figure', { has: page.getByText(title, { exact: true }) });

/** Waits until a value of a chart is this text. */
const hasValue = (page: Page, title: string, label: string, text: string | RegExp): Promise<void> =>
  chart(page, title).locator('.values > div', { hasText: label }).locator('dd').getByText(text).waitFor();

/** Waits until the line of the CPU has more points than now. Resolves with its path. */
async function moreValues(page: Page): Promise<string> {
  const line = await chart(page, 'CPU').locator('.line').elementHandle();
  const before = (await line!.getAttribute('d')) ?? '';
  const handle = await page.waitForFunction(
    ([line, before]) => {
      const path = line.getAttribute('d') ?? '';
      return path.split('L').length > before.split('L').length && path;
    },
    [line!, before] as const,
  );
  return (await handle.jsonValue()) as string;
}

/** Answers the requests of a page for the event stream, until the end of the test. */
async function answer(page: Page, handler: (route: Route) => Promise<void>): Promise<void> {
  await page.route('**/events*', handler);
  onTestFinished(() => page.unrouteAll({ behavior: 'ignoreErrors' }));
}

describe.runIf(isDue('page of the dashboard'))('the page of examples/dashboard', () => {
  it('draws the numbers of the server, and the traffic that it makes', async () => {
    const { server, url } = await startServer();
    const page = await open(url);
    await hasValue(page, 'Memory', 'resident', /^[\d.]+ MB$/);
    await moreValues(page);
    expect(await page.locator('#process').textContent()).toBe(String(server.process.pid));
    expect(await chart(page, 'CPU').locator('svg').getAttribute('aria-label')).toMatch(
      /^CPU\. used: [\d.]+ % now, from [\d.]+ % to [\d.]+ % in the last two minutes\.$/,
    );
    await page.locator('#traffic').click();
    await hasValue(page, 'Connections', 'WebSockets', /^5$/);
    await hasValue(page, 'Messages', 'sent', /^[1-9]/);
    await page.locator('#traffic').click();
    await hasValue(page, 'Connections', 'WebSockets', /^0$/);
    await page.locator('summary').click();
    await page.getByRole('row', { name: /^Memory: heap( [\d.]+ MB){4}$/ }).waitFor();
  });

  it('leaves its event stream while it is paused, and then continues without a gap', async () => {
    const { server, url } = await startServer();
    const [page, other] = [await open(url), await open(url)];
    await hasValue(other, 'Connections', 'event streams', /^2$/);
    await moreValues(page);
    await page.locator('#pause').press('Enter');
    await shows(page, 'paused');
    await hasValue(other, 'Connections', 'event streams', /^1$/);
    for (let count = 0; count < 10; count++) await moreValues(other);
    await page.locator('#pause').press('Enter');
    await shows(page, 'live');
    await moreValues(page);
    // Both pages have received the same when the server has ended.
    server.process.kill('SIGTERM');
    const lines = [page, other].map((each) => chart(each, 'Memory').locator('.line').first());
    for (const each of [page, other]) await shows(each, 'connection lost');
    await expect
      .poll(async () => (await lines[0]!.getAttribute('d')) === (await lines[1]!.getAttribute('d')))
      .toBe(true);
  });

  it('shows that the connection is lost when the server is killed, and that it is open again', async () => {
    const { server, port, url } = await startServer();
    const page = await open(url);
    await moreValues(page);
    await page.locator('#traffic').click();
    await hasValue(page, 'Connections', 'WebSockets', /^5$/);
    server.process.kill('SIGKILL');
    await once(server.process, 'close');
    await shows(page, 'connection lost');
    const { server: next } = await startServer(port);
    await page.locator('#process').getByText(String(next.process.pid), { exact: true }).waitFor();
    await shows(page, 'live');
    await moreValues(page);
    await hasValue(page, 'Connections', 'WebSockets', /^5$/);
    await page.locator('#traffic').click();
  });

  it('reconnects after a response that is no event stream', async () => {
    const { url } = await startServer();
    const page = await open('about:blank');
    let requests = 0;
    await answer(page, (route) => (++requests === 1 ? route.fulfill({ status: 502 }) : route.continue()));
    await page.goto(url);
    await shows(page, 'connection lost');
    await moreValues(page);
  });

  it.skipIf(process.platform === 'win32')('notices a server that is silent', async () => {
    const { server, url } = await startServer();
    // Other tests will use a page that is returned, and its clock goes on.
    const page = await newPage();
    onTestFinished(() => page.close());
    await page.clock.install();
    await page.goto(url);
    await page.clock.runFor(1000);
    await shows(page, 'live');
    server.process.kill('SIGSTOP');
    await page.clock.runFor(11_000);
    await shows(page, 'connection lost');
    server.process.kill('SIGCONT');
    await shows(page, 'live');
  });

  it('shows events of the server as text, and continues after an event that it cannot read', async () => {
    const { url } = await startServer();
    const page = await open('about:blank');
    const html = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const about = { process: html, node: html, started: html, interval: html };
    const snapshot = JSON.stringify({ about, series: { cpu: [[html, html]], unknown: [[1, 2]] } });
    const events = [
      ['cpu', '{'],
      ['snapshot', 'null'],
      ['snapshot', snapshot],
      ['cpu', `[1,${JSON.stringify(html)}]`],
      ['heap', '[2,1500000]'],
    ];
    const body = events.map(([event, data]) => `event: ${event}\ndata: ${data}\n\n`).join('');
    await answer(page, (route) => route.fulfill({ contentType: 'text/event-stream', body }));
    await page.goto(url);
    await hasValue(page, 'Memory', 'heap', '1.5 MB');
    expect(await page.locator('#node').textContent()).toBe(html);
    expect(await page.locator('body img, body script').count()).toBe(0);
    expect(await page.title()).toBe('Live dashboard');
  });

  it.each(['light', 'dark'] as const)('fits a phone, in the %s scheme', async (colorScheme) => {
    const { url } = await startServer();
    const page = await open(url, { colorScheme, viewport: { width: 390, height: 844 } });
    await moreValues(page);
    await page.locator('summary').click();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(390);
  });
});
