import { describe, expect, it, onTestFinished } from 'vitest';
import { open } from '../../../spec/support/browser.ts';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { overall, type Report } from '../../src/conformance/report.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import { htmlOf } from '../../src/report/conformance/html.ts';
import { casesForOthers } from '../conformance/shared-cases.ts';

describe('the page of a case server', () => {
  it('runs the cases in the browser and shows the verdicts', async () => {
    const cases = selectCases(CATALOGUE, ['1.1', '2.1', '7.3.1', '7.9.1'], []);
    let report: Report = {};
    const onReport = (all: Report): void => {
      report = all;
    };
    const streamCases = casesForOthers('Chromium');
    const server = await serveCases(cases, streamCases, {
      port: 0,
      host: '127.0.0.1',
      onReport,
      renderReport: htmlOf,
    });
    onTestFinished(() => server.close());
    const page = await open(`http://${server.address}/`);
    await page.waitForSelector('body[data-done]', { timeout: 100_000 });
    const [agent, results] = Object.entries(report)[0]!;
    expect(agent).toMatch(/^Chrome\/\d+/);
    expect(Object.keys(results)).toHaveLength(cases.length + streamCases.length);
    const notOk = Object.entries(results).filter(([, result]) => overall(result) !== 'OK');
    const shown = await page.locator('#failures li').allInnerTexts();
    expect(Object.fromEntries(notOk.map(([, result]) => [result.title, overall(result)]))).toEqual({
      // Chromium accepts only the registered charset, utf-8, and echoes any close code.
      'Another charset, which does not change the decoding as UTF-8': 'NON-STRICT',
      'Close code 0, which must not be sent': 'FAILED',
    });
    expect(shown).toEqual([
      expect.stringMatching(/^32\.1\.\d+ Another charset, .*: NON-STRICT\. Event 1 is wrong; .*; received "error"/),
      expect.stringMatching(
        /^7\.9\.1 Close code 0, .*: OK, closing FAILED\. Wrong close code; expected 1002; received a Close frame with 0 \(/,
      ),
    ]);
    await page.click('text=Show the report');
    expect(await page.innerText('h1')).toBe('Conformance');
    expect(await page.locator('button.FAILED').count()).toBe(1);
  }, 120_000);
});
