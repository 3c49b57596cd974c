import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { open } from '../../../spec/support/browser.ts';
import type { Report } from '../../src/conformance/report.ts';
import { htmlOf } from '../../src/report/conformance/html.ts';
import { FULL_CASE, sampleReport } from '../report/sample-report.ts';

async function show(report: Report, options?: Parameters<typeof open>[1]): Promise<Page> {
  const page = await open('about:blank', options);
  await page.setContent(htmlOf(report));
  return page;
}

/** The ids of the cases that are visible. */
function shown(page: Page): Promise<string[]> {
  return page.locator('.case:visible td:first-child').allInnerTexts();
}

describe('the conformance report, in Chromium', () => {
  it('opens on the cases that failed, with the reason', async () => {
    const page = await show(sampleReport(3));
    expect(await shown(page)).toEqual(['12.1.1']);
    expect(await page.innerText('.case:visible .why')).toBe(`agent 1, agent 2: ${FULL_CASE.text}`);
    expect(await page.innerText('#count')).toBe('1 of 3 cases');
    expect(await page.locator('.group:visible').allInnerTexts()).toEqual(['12 Compression: payloads']);
  });

  it('filters by verdict, by text, and by where agents differ', async () => {
    const page = await show(sampleReport(3));
    const select = async (value: string, words = ''): Promise<string[]> => {
      await page.selectOption('#verdict', value);
      await page.fill('#words', words);
      return shown(page);
    };
    expect(await select('')).toEqual(['1.1.1', '6.4.1', '12.1.1']);
    expect(await select('not-ok')).toEqual(['6.4.1', '12.1.1']);
    expect(await select('NON-STRICT')).toEqual(['6.4.1']);
    expect(await select('differ')).toEqual(['12.1.1']);
    expect(await select('', 'BECOMES invalid')).toEqual(['6.4.1']);
    expect(await select('', '12.1')).toEqual(['12.1.1']);
    expect(await select('OK', 'becomes')).toEqual([]);
    expect(await page.innerText('#count')).toBe('0 of 3 cases');
  });

  it('shows for a case its steps and expectations, the sentence, the handshake, the frames, the closing, and the traffic', async () => {
    const page = await show(sampleReport(2));
    await page.click('button[data-agent="agent 2"][data-id="12.1.1"]');
    const dialog = page.locator('dialog');
    expect(await dialog.locator('h2').innerText()).toBe('12.1.1 Compressed text in two frames');
    expect(await dialog.locator('.verdicts').innerText()).toMatch(/^FAILED\s+closing NON-STRICT\s+agent 2$/);
    expect(await dialog.locator('.result').innerText()).toBe(FULL_CASE.text);
    expect(await dialog.locator('ol li').allInnerTexts()).toEqual(FULL_CASE.steps);
    expect(await dialog.locator('.expectation').textContent()).toBe(FULL_CASE.expectation);
    expect(await dialog.locator('blockquote').innerText()).toContain('RFC 6455 §6.2: "Incoming data');
    expect(await dialog.locator('figure').allInnerTexts()).toEqual([
      '→ Tester, 1 ms\nGET /chat HTTP/1.1\nHost: example.com',
      '← Agent, 3 ms\nHTTP/1.1 101 Switching Protocols\nServer: Echo/1.2',
    ]);
    const rows = await dialog.locator('.log tbody tr').allInnerTexts();
    expect(rows.map((row) => row.replaceAll('\t\n', '\t'))).toEqual([
      '4 ms\t→ tester\ttext\tFIN, RSV1, masked\t3 bytes\tf248cd',
      '1,200 ms\t← agent\ttext\tFIN\t5000 bytes\t"Wo"…',
      '1,201 ms\t← agent\tClose\tFIN\t6 bytes\t1002 "bye\\n"',
      '1,202 ms\t← agent\tends TCP',
    ]);
    const facts = await dialog.locator('.facts dd').allInnerTexts();
    expect(facts).toContain('from the agent');
    expect(facts).toContain('The agent did not send message 1');
    expect(facts).toContain('1,234 ms');
    expect(facts).toContainEqual(expect.stringContaining('120,000 bytes became 36,000 (30.0 %)'));
  });

  it('goes from case to case with the keyboard, and back to the table', async () => {
    const page = await show(sampleReport(1));
    await page.selectOption('#verdict', '');
    await page.focus('button[data-id="6.4.1"]');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowRight');
    expect(await page.innerText('dialog h2')).toMatch(/^12\.1\.1 /);
    expect(await page.isDisabled('#next')).toBe(true);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.innerText('dialog h2')).toMatch(/^1\.1\.1 /);
    await page.keyboard.press('Escape');
    expect(await page.isVisible('dialog')).toBe(false);
    // The dialog gives the focus back after its event 'close'.
    await page.locator('button[data-id="1.1.1"]:focus').waitFor();
  });

  it.each([
    ['light', 1],
    ['dark', 6],
  ] as const)('fits a phone in %s with %i agents: only the tables scroll', async (colorScheme, agents) => {
    const name = 'wss://echo.example.com:9001/a-path/that-is-long';
    const report = { ...sampleReport(agents - 1), [name]: sampleReport(1)['agent 1']! };
    const page = await show(report, { colorScheme, viewport: { width: 390, height: 844 } });
    const width = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(390);
    const frame = page.locator('#cases');
    const isScrolled = await frame.evaluate((element) => element.scrollWidth > element.clientWidth);
    expect(isScrolled).toBe(agents > 1);
    await page.click('.legend summary');
    expect(await width()).toBe(390);
    await page.click(`button[data-agent="${name}"][data-id="12.1.1"]`);
    expect(await width()).toBe(390);
    expect(await page.locator('dialog').evaluate((element) => element.scrollWidth)).toBeLessThanOrEqual(390);
    const color = await page.evaluate(() => getComputedStyle(document.body).color);
    expect(color).toBe(colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)');
  });

  it('runs no script and shows no markup of a peer', async () => {
    const evil = '</script><img src=x onerror="document.title=1"><b>x</b>\u202e';
    const log = [{ time: 0, who: 'agent', what: evil }] as const;
    const reported = { ...FULL_CASE, title: evil, text: evil, section: evil, expectation: evil, steps: [evil], log };
    const page = await show({ [evil]: { '1.1.1': reported } });
    await page.click('.case button');
    expect(await page.locator('img, .case b, dialog b:not(.verdicts b)').count()).toBe(0);
    expect(await page.title()).toContain('onerror');
    expect(await page.innerText('.log tbody')).toContain('<b>x</b>\\u202e');
    expect(await page.innerText('dialog h2')).toContain('<img src=x');
  });
});
