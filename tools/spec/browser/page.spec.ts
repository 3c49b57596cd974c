import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open } from '../../../spec/support/browser.ts';
import { type Demonstration, startDemonstration } from '../../src/commands/serve/demonstration.ts';

const LANES = ['websocket', 'eventsource'] as const;

describe('the page of pushwire serve, in Chromium', () => {
  async function start(options?: Parameters<typeof open>[1]): Promise<{ page: Page; demonstration: Demonstration }> {
    const demonstration = await startDemonstration(0, '127.0.0.1', 20);
    onTestFinished(() => demonstration.close());
    const page = await open(`http://${demonstration.address}/`, options);
    return { page, demonstration };
  }

  const text = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();
  const count = async (page: Page, lane: string): Promise<number> => Number(await text(page, `#${lane} .count`));

  it('shows that both lanes are open and receive ticks, with the time of the connection set-up and the latency', async () => {
    const { page } = await start();
    for (const lane of LANES) {
      await expect.poll(() => text(page, `#${lane} .state`)).toBe('open');
      await expect.poll(() => count(page, lane)).toBeGreaterThan(5);
      expect(await text(page, `#${lane} .connection-time`)).toMatch(/^\d+(\.\d\d)? ms$/);
      expect(await text(page, `#${lane} .latest`)).toMatch(/^-?\d+(\.\d\d)? ms$/);
      expect(await text(page, `#${lane} .median`)).toMatch(/^-?\d+(\.\d\d)? ms$/);
      expect(await page.locator(`#chart path.${lane}`).getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+L/);
      expect(await text(page, `#${lane} .messages li >> nth=0`)).toMatch(/^tick \d+ at \d\d:\d\d:\d\d\.\d\d\d$/);
    }
    await expect.poll(() => text(page, '#clock')).toMatch(/the clock of the server, which is .* (ahead|behind) \(± /);
  });

  it('shows the same ticks in both lanes', async () => {
    const { page } = await start();
    for (const lane of LANES) await expect.poll(() => count(page, lane)).toBeGreaterThan(10);
    // Compares ticks drawn in one frame. The latest ticks may have reached only one of the lanes.
    const [one, other] = await page.evaluate(() =>
      [...document.querySelectorAll('.messages')].map((list) => [...list.children].map((item) => item.textContent)),
    );
    expect(one).toHaveLength(4);
    expect(one!.filter((tick) => other!.includes(tick))).not.toEqual([]);
  });

  it('shows the echo of typed text with both techniques', async () => {
    const { page } = await start();
    for (const lane of LANES) await expect.poll(() => text(page, `#${lane} .state`)).toBe('open');
    const typed = '<b>grüße</b> & 😀\\';
    await page.fill('#echo input', typed);
    await page.keyboard.press('Enter');
    for (const lane of LANES) {
      await expect.poll(() => text(page, `#${lane}-echo`)).toMatch(/ after \d+(\.\d\d)? ms$/);
      expect(await text(page, `#${lane}-echo`)).toContain(`“${typed}”`);
    }
    expect(await page.inputValue('#echo input')).toBe('');
  });

  it('measures exchanges and shows their terms', async () => {
    const { page } = await start();
    for (const lane of LANES) {
      const total = `#${lane}-exchange .total`;
      await expect
        .poll(() => text(page, total), { timeout: 10_000 })
        .toMatch(/^T = [\d.]+ ms; in the article: [\d.]+ ms$/);
      const widths = await page
        .locator(`#${lane}-exchange .bar span`)
        .evaluateAll((bars) => bars.map((bar) => bar.clientWidth));
      expect(widths).toHaveLength(4);
      expect(widths[0]).toBeGreaterThan(0);
    }
  });

  it('disconnects and reconnects each lane', async () => {
    const { page } = await start();
    for (const lane of LANES) {
      await expect.poll(() => count(page, lane)).toBeGreaterThan(0);
      await page.click(`#${lane} .toggle`);
      expect(await text(page, `#${lane} .state`)).toBe('closed');
      await page.click(`#${lane} .toggle`);
      await expect.poll(() => text(page, `#${lane} .state`)).toBe('open');
      const before = await count(page, lane);
      await expect.poll(() => count(page, lane)).toBeGreaterThan(before);
    }
  });

  it('reconnects both lanes when the server comes back', async () => {
    const { page, demonstration } = await start();
    for (const lane of LANES) await expect.poll(() => count(page, lane)).toBeGreaterThan(3);
    await demonstration.close();
    for (const lane of LANES) await expect.poll(() => text(page, `#${lane} .state`)).toBe('connecting');
    const again = await startDemonstration(Number(demonstration.address.split(':')[1]), '127.0.0.1', 20);
    onTestFinished(() => again.close());
    for (const lane of LANES) {
      await expect.poll(() => text(page, `#${lane} .state`), { timeout: 10_000 }).toBe('open');
      const before = await count(page, lane);
      await expect.poll(() => count(page, lane)).toBeGreaterThan(before);
    }
  });

  it('logs no error to the console', async () => {
    const { page } = await start();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => void errors.push(error.message));
    await page.reload();
    for (const lane of LANES) await expect.poll(() => count(page, lane)).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  });

  it('fits the width of a phone and follows the color scheme', async () => {
    const backgrounds = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await start({ viewport: { width: 320, height: 640 }, colorScheme });
      await expect.poll(() => count(page, 'websocket')).toBeGreaterThan(3);
      const { scrollWidth, background } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        background: getComputedStyle(document.body).backgroundColor,
      }));
      expect(scrollWidth).toBe(320);
      backgrounds.add(background);
    }
    expect(backgrounds.size).toBe(2);
  });
});
