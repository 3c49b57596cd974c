// The DevTools protocol of a Chromium, which puppeteer speaks over a WebSocket.
import assert from 'node:assert/strict';
import { launch } from 'puppeteer-core';

const browser = await launch({
  executablePath: process.env.CHROMIUM_PATH,
  args: JSON.parse(process.env.CHROMIUM_ARGUMENTS),
  pipe: false,
});
try {
  const page = await browser.newPage();
  await page.setContent('<h1>pushwire</h1>');
  assert.equal(await page.$eval('h1', ({ textContent }) => textContent), 'pushwire');
  const large = await page.evaluate(() => 'x'.repeat(3_000_000));
  assert.equal(large.length, 3_000_000);
  const screenshot = await page.screenshot();
  assert.equal(Buffer.from(screenshot).toString('latin1', 1, 4), 'PNG');
} finally {
  await browser.close();
}
console.log('a page, an answer of 3 MB, and a screenshot over the DevTools protocol');
