import { expect, it } from 'vitest';
import { open } from '../../../spec/support/browser.ts';
import type { SceneReport } from '../../src/compare/comparison-report.ts';
import { htmlOf } from '../../src/report/comparison/html.ts';

it.each(['light', 'dark'] as const)(
  'the comparison report in %s has a bar for each figure and does not scroll horizontally',
  async (colorScheme) => {
    const cells = { 'p50 (ms)': { value: 2, low: 1, high: 3, rounds: 5 } };
    const scene: SceneReport = {
      name: 'latency',
      title: 'Latency <of> a message',
      text: 'With `code`.',
      chart: { kind: 'bars', columns: ['p50 (ms)'] },
      columns: ['p50 (ms)'],
      lines: ['WebSocket', 'event stream'].map((series) => ({ row: '16 B', series, cells })),
      exchanges: [],
    };
    const environment = { date: '2026-11-24T10:00:00Z', node: 'v20', pushwire: '1', system: 'linux', machine: 'two' };
    const html = htmlOf({ environment, conditions: { rounds: 5, hold: 0, delay: 0 }, scenes: [scene, scene] });
    const page = await open('about:blank', { colorScheme, viewport: { width: 375, height: 700 } });
    await page.setContent(html);
    expect(await page.locator('h2 >> nth=1').innerText()).toBe('Latency <of> a message');
    expect(await page.locator('section:nth-of-type(2) code').innerText()).toBe('code');
    for (const name of ['websocket', 'event-stream']) {
      const box = await page.locator(`.track .${name} >> nth=0`).boundingBox();
      expect(box!.width).toBeGreaterThan(50);
    }
    const { color, width } = await page.evaluate(() => {
      const { scrollWidth } = document.documentElement;
      return { color: getComputedStyle(document.body).color, width: scrollWidth };
    });
    expect(width).toBeLessThanOrEqual(375);
    expect(color).toBe(colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)');
  },
);
