import { expect, it } from 'vitest';
import { useChromium } from '../../../spec/support/browser.ts';
import { findChromium } from '../../../spec/support/external-programs.ts';
import { cell } from '../../../spec/support/report-cell.ts';
import { BROWSER_SCENES } from '../../src/compare/browser/browser-scenes.ts';
import { BrowserTestBed } from '../../src/compare/browser/browser-test-bed.ts';
import type { SceneReport } from '../../src/compare/comparison-report.ts';
import { runScenes } from '../../src/compare/run-scenes.ts';
import { htmlOf } from '../../src/report/comparison/html.ts';

async function measure(...names: string[]): Promise<SceneReport[]> {
  const scenes = BROWSER_SCENES.filter(({ name }) => names.includes(name));
  const conditions = { rounds: 1, hold: 0, delay: 0 };
  return runScenes(scenes, conditions, (one) => BrowserTestBed.start(one, findChromium()!));
}

it('measures that over HTTP/1.1, six event streams leave no connection for anything else', async () => {
  const [limit] = await measure('limit');
  expect(cell(limit!, 'HTTP/1.1', 'event stream', 'open (connections)')).toBe(6);
  expect(cell(limit!, 'HTTP/1.1', 'event stream', 'other request (ms)')).toBe('no response');
  expect(cell(limit!, 'HTTP/2', 'event stream', 'open (connections)')).toBe(30);
  expect(cell(limit!, 'HTTP/2', 'event stream', 'other request (ms)')).toBeGreaterThan(0);
  expect(cell(limit!, 'HTTP/1.1', 'WebSocket', 'open (connections)')).toBeGreaterThan(6);
});

it('measures exchanges whose terms add up, and a recovery that loses nothing', async () => {
  const [exchange, recovery] = await measure('exchange', 'recovery');
  for (const { row, series } of exchange!.lines) {
    expect(Math.abs(cell(exchange!, row, series, 'sequential - T (%)') as number), `${row}, ${series}`).toBeLessThan(
      10,
    );
  }
  // A connection of its own, and one that is there: TCP takes a round trip more.
  expect(cell(exchange!, 'HTTP/1.1, 50 ms', 'WebSocket', 'C (ms)')).toBeGreaterThanOrEqual(199);
  expect(cell(exchange!, 'HTTP/2, 50 ms', 'event stream and fetch', 'C (ms)')).toBeGreaterThanOrEqual(99);
  expect(cell(exchange!, 'HTTP/2, 50 ms', 'event stream and fetch', 'C2 (ms)')).toBe(0);
  for (const { series } of recovery!.lines) {
    expect(cell(recovery!, 'connection broken', series, 'lost (events)')).toBe(0);
  }
  expect(cell(recovery!, 'connection broken', 'event stream, retry: 200', 'gap (ms)')).toBeGreaterThanOrEqual(195);
}, 60_000);

const open = useChromium();

it.each(['light', 'dark'] as const)(
  'shows its report in %s, with a bar for each figure, and nothing to scroll aside',
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
