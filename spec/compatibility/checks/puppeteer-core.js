// The DevTools protocol of a Chromium, which puppeteer speaks over a WebSocket.
import { connect, launch } from 'puppeteer-core';
import { briefError, exchanged, say } from '../transcript.js';

const browser = await launch({
  executablePath: process.env.CHROMIUM_PATH,
  args: JSON.parse(process.env.CHROMIUM_ARGUMENTS),
  pipe: false,
});
try {
  const page = await browser.newPage();
  page.on('console', (message) => say(`console: ${message.text()}`));
  await page.setContent('<h1>a page</h1>');
  say(await page.$eval('h1', ({ textContent }) => textContent));
  await page.exposeFunction('double', (number) => number * 2);
  say(await page.evaluate(async () => `exposed: ${await globalThis.double(21)}`));
  await page.evaluate(() => console.log('from the page'));
  const large = await page.evaluate(() => 'x'.repeat(3_000_000));
  say(`an answer of ${large.length} characters`);
  say(`an argument of ${await page.evaluate((text) => text.length, 'y'.repeat(3_000_000))} characters`);
  say(await page.evaluate(() => Promise.reject(new Error('of the page'))).catch(({ message }) => message));
  const screenshot = await page.screenshot();
  say(`a screenshot: ${Buffer.from(screenshot).toString('latin1', 1, 4)}`);

  const second = await connect({ browserWSEndpoint: browser.wsEndpoint() });
  say(`a second connection sees ${(await second.pages()).length} pages`);
  await second.disconnect();
  say(`connected: ${second.connected}, ${browser.connected}`);
  const wrong = browser.wsEndpoint().replace(/[^/]+$/, 'wrong');
  const error = await connect({ browserWSEndpoint: wrong }).catch((reason) => reason.error ?? reason);
  say(`a wrong path: ${briefError(error)}`);
  const refused = await connect({ browserWSEndpoint: 'ws://127.0.0.1:1/' }).catch((reason) => reason.error ?? reason);
  say(`nothing listens: ${briefError(refused)}`);

  const waiting = page.evaluate(() => new Promise(() => {})).catch(({ message }) => message);
  const gone = new Promise((resolve) => browser.once('disconnected', resolve));
  // The program may be a script that starts the browser: puppeteer starts a process group.
  process.kill(-browser.process().pid, 'SIGKILL');
  await gone;
  say(`the browser is killed: ${await waiting}`);
} finally {
  await browser.close().catch(() => {});
}
exchanged(
  'pages, calls in both directions, 3 MB each way, a screenshot, a second connection, refused ones, a browser that is killed',
);
