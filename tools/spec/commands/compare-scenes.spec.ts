import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { ChildProgram } from '../../../spec/support/child-program.ts';
import { findNginx } from '../../../spec/support/external-programs.ts';
import { isDue } from '../../../spec/support/full-run.ts';
import { cell } from '../../../spec/support/report-cell.ts';
import { startDemonstration } from '../../src/commands/serve/demonstration.ts';
import type { ComparisonReport } from '../../src/compare/comparison-report.ts';
import { SCENES } from '../../src/compare/scenes/all-scenes.ts';
import { COMMAND } from '../support/command.ts';

/** Runs the command in a concurrent test. */
async function reportOf(
  { onTestFinished }: TestContext,
  ...args: string[]
): Promise<{ report: ComparisonReport; html: string; output: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'pushwire-spec-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [json, html] = [join(directory, 'report.json'), join(directory, 'report.html')];
  const program = new ChildProgram(COMMAND, {
    args: ['compare', ...args, '--json', json, '--html', html],
    onTestFinished,
  });
  expect(await program.ended(), program.output).toBe(0);
  return {
    report: JSON.parse(await readFile(json, 'utf8')),
    html: await readFile(html, 'utf8'),
    output: program.output,
  };
}

// The tests run concurrently, and beside others: each expected figure is exact, or a minimum time that other load can only
// increase. They retry, because load can also make a scene slower than its limits.
describe.concurrent('pushwire compare', { retry: 2 }, () => {
  it('measures every scene, and writes a table, JSON and HTML', async (context) => {
    // The first two take as long as seven other scenes. The next two measure the delays that calibration.measured.spec.ts
    // measures. Of the next three, all figures depend on the machine. The last two compute for long: relay.spec.ts tests the
    // relay that loses segments. The full run has all of them.
    const others = ['crowd', 'latency', 'exchange', 'network', 'upload', 'throughput', 'set-up', 'compression', 'loss'];
    const names = isDue('crowd') ? [] : SCENES.map(({ name }) => name).filter((name) => !others.includes(name));
    const { report, html, output } = await reportOf(context, ...names, '--rounds', '1');
    const scenes = Object.fromEntries(report.scenes.map((scene) => [scene.name, scene]));
    for (const scene of report.scenes) {
      expect(output).toContain(scene.title);
      expect(html).toContain(`<section id="${scene.name}">`);
      expect(scene.lines).not.toEqual([]);
      for (const { cells } of scene.lines) expect(Object.keys(cells)).not.toEqual([]);
    }
    expect(report.conditions).toEqual({ rounds: 1, hold: 0, delay: 0, isBrowser: false });

    const onTheWire = (row: string, series: string): unknown => cell(scenes.bytes!, row, series, 'total (B)');
    expect(onTheWire('16 B to the client', 'WebSocket')).toBe(16 + 2);
    expect(onTheWire('1 KiB to the client', 'WebSocket')).toBe(1024 + 4);
    expect(onTheWire('16 B to the server', 'WebSocket')).toBe(16 + 6);
    // `data: `, two line feeds, and the chunk around them: its size in hexadecimal digits, and CRLF twice.
    expect(onTheWire('16 B to the client', 'event stream')).toBe(16 + 8 + 6);
    expect(onTheWire('1 KiB to the client', 'event stream')).toBe(1024 + 8 + 7);
    // A TLS record adds up to 22 bytes. A busy machine may write several messages in one record.
    expect(onTheWire('16 B to the client, TLS', 'WebSocket')).toBeGreaterThan(16 + 2);
    expect(onTheWire('16 B to the client, TLS', 'WebSocket')).toBeLessThanOrEqual(16 + 2 + 22);
    for (const series of ['WebSocket', 'event stream']) {
      expect(cell(scenes.bytes!, '16 B to the client', series, 'readable in transit')).toBe('yes');
      expect(cell(scenes.bytes!, '16 B to the client, TLS', series, 'readable in transit')).toBe('no');
    }
    expect(onTheWire('16 B to the server', 'fetch POST and response')).toBeGreaterThan(200);

    const lost = (series: string): unknown => cell(scenes.recovery!, 'connection broken', series, 'lost (events)');
    expect(lost('event stream')).toBe(0);
    expect(lost('WebSocket, manual resume')).toBe(0);

    const { network } = scenes;
    if (network !== undefined) {
      const distant = (series: string, term: string): number => Number(cell(network, '100 ms, TCP', series, term));
      for (const series of ['WebSocket', 'event stream, new POST', 'event stream, keep-alive POST']) {
        expect(distant(series, 'C (ms)')).toBeGreaterThanOrEqual(399);
        expect(distant(series, 'C2 (ms)') + distant(series, 'R up (ms)')).toBeGreaterThanOrEqual(
          series === 'event stream, new POST' ? 299 : 99,
        );
      }
      // If a busy client notices its second connection late, C2 is longer and R up is shorter by the same time.
      expect(distant('event stream, new POST', 'C2 (ms)')).toBeGreaterThanOrEqual(199);
      expect(distant('event stream, new POST', 'R up (ms)')).toBeGreaterThanOrEqual(50);
    }
    if (scenes.loss !== undefined) {
      expect(cell(scenes.loss, '1 in 20 segments lost', 'WebSocket', 'slowest (ms)')).toBeGreaterThanOrEqual(200);
    }
    if (scenes.compression !== undefined) {
      expect(cell(scenes.compression, '4096 B of JSON', 'event stream, gzip', 'bytes/message')).toBeLessThan(2000);
      expect(cell(scenes.compression, '4096 B of JSON', 'WebSocket', 'bytes/message')).toBeGreaterThan(4096);
    }

    const arrived = (row: string, series: string): unknown => cell(scenes.proxy!, row, series, 'arrived (messages)');
    if (findNginx() === null) {
      expect(arrived('nginx', 'not measured')).toBe('nginx is not installed');
      return;
    }
    expect(arrived('nginx, default', 'event stream')).toBe(10);
    expect(arrived('nginx, default', 'event stream without X-Accel-Buffering')).toContain('no response');
    expect(arrived('nginx, default', 'WebSocket')).toContain('not connected');
    expect(arrived('nginx, proxy_buffering off', 'event stream without X-Accel-Buffering')).toBe(10);
    expect(arrived('nginx, Upgrade forwarded', 'WebSocket')).toBe(10);
  }, 120_000);

  // The test above names scenes, too.
  it.runIf(isDue('only the named scenes'))(
    'measures only the named scenes',
    async (context) => {
      const { report } = await reportOf(context, 'exchange', '--rounds', '1', '--hold', '20');
      expect(report.scenes.map(({ name }) => name)).toEqual(['exchange']);
      expect(cell(report.scenes[0]!, 'TCP', 'WebSocket', 'P (ms)')).toBeGreaterThanOrEqual(20);
      expect(report.scenes[0]!.exchanges.length).toBe(70);
    },
    60_000,
  );

  it("measures the user's servers from the client's side", async (context) => {
    const demonstration = await startDemonstration(0, '127.0.0.1', 20);
    context.onTestFinished(() => demonstration.close());
    const { report, html } = await reportOf(
      context,
      ...['--websocket', `ws://${demonstration.address}/websocket`],
      ...['--event-stream', `http://${demonstration.address}/eventsource`],
      ...['--rounds', isDue('two rounds with the servers of a user') ? '2' : '1', '--seconds', '1'],
    );
    const [setUp, echo, events] = report.scenes;
    expect(cell(setUp!, 'set-up', 'event stream', 'C (ms)')).toBeGreaterThan(0);
    expect(cell(echo!, 'round trip', 'WebSocket', 'p50 (ms)')).toBeGreaterThan(0);
    expect(cell(echo!, 'clocks', 'WebSocket', 'clock error (ms)')).toBeGreaterThan(0);
    expect(cell(events!, 'received by both', 'event stream after WebSocket', 'received (messages)')).toBeGreaterThan(5);
    expect(html).toContain(`ws://${demonstration.address}/websocket`);
  }, 30_000);
});
