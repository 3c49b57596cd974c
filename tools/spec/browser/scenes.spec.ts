import { describe, expect, it } from 'vitest';
import { findChromium } from '../../../spec/support/external-programs.ts';
import { isDue } from '../../../spec/support/full-run.ts';
import { cell } from '../../../spec/support/report-cell.ts';
import { BROWSER_SCENES } from '../../src/compare/browser/browser-scenes.ts';
import { BrowserTestBed } from '../../src/compare/browser/browser-test-bed.ts';
import type { SceneReport } from '../../src/compare/comparison-report.ts';
import { runScenes } from '../../src/compare/run-scenes.ts';

async function measure(...names: string[]): Promise<SceneReport[]> {
  const scenes = BROWSER_SCENES.filter(({ name }) => names.includes(name));
  const conditions = { rounds: 1, hold: 0, delay: 0 };
  return runScenes(scenes, conditions, (one) => BrowserTestBed.start(one, findChromium()!));
}

// The tests run concurrently, because they mostly wait. They retry, because other load on the machine can distort a measurement.
describe.concurrent('a measurement in the browser', { retry: 2 }, () => {
  it.runIf(isDue('limit in the browser'))(
    'shows that six event streams over HTTP/1.1 use all connections to a host',
    async () => {
      const [limit] = await measure('limit');
      expect(cell(limit!, 'HTTP/1.1', 'event stream', 'open (connections)')).toBe(6);
      expect(cell(limit!, 'HTTP/1.1', 'event stream', 'other request (ms)')).toBe('no response');
      expect(cell(limit!, 'HTTP/2', 'event stream', 'open (connections)')).toBe(30);
      expect(cell(limit!, 'HTTP/2', 'event stream', 'other request (ms)')).toBeGreaterThan(0);
      expect(cell(limit!, 'HTTP/1.1', 'WebSocket', 'open (connections)')).toBeGreaterThan(6);
    },
  );

  it.runIf(isDue('exchanges in the browser'))(
    'of exchanges yields terms that add up to the total',
    async () => {
      const [exchange] = await measure('exchange');
      for (const { row, series } of exchange!.lines) {
        const difference = cell(exchange!, row, series, 'sequential - T (%)') as number;
        expect(Math.abs(difference), `${row}, ${series}`).toBeLessThan(10);
      }
      // A new connection takes more round trips than an open one.
      expect(cell(exchange!, 'HTTP/1.1, 50 ms', 'WebSocket', 'C (ms)')).toBeGreaterThanOrEqual(199);
      expect(cell(exchange!, 'HTTP/2, 50 ms', 'event stream and fetch', 'C (ms)')).toBeGreaterThanOrEqual(99);
      expect(cell(exchange!, 'HTTP/2, 50 ms', 'event stream and fetch', 'C2 (ms)')).toBe(0);
    },
    120_000,
  );

  it('of a recovery finds no lost event', async () => {
    const [recovery] = await measure('recovery');
    for (const { series } of recovery!.lines) {
      expect(cell(recovery!, 'connection broken', series, 'lost (events)')).toBe(0);
    }
    expect(cell(recovery!, 'connection broken', 'event stream, retry: 200', 'gap (ms)')).toBeGreaterThanOrEqual(195);
  });
});

if (isDue('browser scenes')) {
  it('is possible for every scene', async () => {
    const reports = await measure(...BROWSER_SCENES.map(({ name }) => name));
    for (const { name, lines } of reports) {
      expect(lines, name).not.toEqual([]);
      for (const { cells } of lines) expect(Object.keys(cells), name).not.toEqual([]);
    }
  }, 300_000);
}
