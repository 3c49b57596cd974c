import { describe, expect, it, onTestFinished } from 'vitest';
import { useChromium } from '../../../spec/support/browser.ts';
import { CATALOGUE, STREAM_CLIENT_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import { overall, type Report } from '../../src/report/conformance/results.ts';

const openPage = useChromium();

describe('the page of a case server', () => {
  it('runs the cases in the browser, which passes nearly all', async () => {
    const cases = selectCases(CATALOGUE, ['1.1', '2.1', '7.3.1', '7.9.1'], []);
    let report: Report = {};
    const onReport = (all: Report): void => {
      report = all;
    };
    const server = await serveCases(cases, STREAM_CLIENT_CATALOGUE, { port: 0, host: '127.0.0.1', onReport });
    onTestFinished(() => server.close());
    const page = await openPage(`http://${server.address}/`);
    await page.waitForSelector('body[data-done]', { timeout: 100_000 });
    const [agent, results] = Object.entries(report)[0]!;
    expect(agent).toMatch(/^Chrome\/\d+/);
    expect(Object.keys(results)).toHaveLength(cases.length + STREAM_CLIENT_CATALOGUE.length);
    const notOk = Object.entries(results).filter(([, result]) => overall(result) !== 'OK');
    const told = await page.locator('#wrong li').allInnerTexts();
    expect(Object.fromEntries(notOk.map(([, result]) => [result.title, overall(result)]))).toEqual({
      // Chromium accepts only the charset of the type's registration, and echoes any close code.
      'Another charset: it is UTF-8 all the same': 'NON-STRICT',
      'The close code 0, which may not be sent': 'FAILED',
    });
    expect(told).toEqual([
      expect.stringMatching(/^32\.1\.\d+ Another charset: it is UTF-8 all the same: NON-STRICT\. Event 1 is "error"/),
      '7.9.1 The close code 0, which may not be sent: OK, closing FAILED. The agent closed with the code 0',
    ]);
    await page.click('text=The report');
    expect(await page.innerText('h1')).toBe('Conformance');
    expect(await page.locator('button.FAILED').count()).toBe(1);
  }, 120_000);
});
