import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEchoServer } from '../../../../spec/support/sockets.ts';
import { refusalOf, runWarm } from '../../support/command.ts';

const run = (...args: string[]) => runWarm('conform', ...args);

/** A folder with the results of a run, and the index of an Autobahn report. */
async function results(): Promise<{ path: string; ours: string; theirs: string }> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-comparison-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const [ours, theirs] = [join(path, 'ours.json'), join(path, 'index.json')];
  const { url } = await startEchoServer();
  await run(url, '--agent', 'mine', '--only', '1.1.1', '--json', ours);
  const result = { behavior: 'FAILED', behaviorClose: 'OK', duration: 2, remoteCloseCode: 1000, reportfile: 'a.json' };
  await writeFile(theirs, JSON.stringify({ mine: { '1.1.1': result } }));
  return { path, ours, theirs };
}

describe('pushwire conform --with, without a server', () => {
  it('writes a page of earlier results, and runs no case', async () => {
    const { path, ours, theirs } = await results();
    const html = join(path, 'reports', 'page.html');
    const { status, output } = await run('--with', theirs, '--with', ours, '--html', html);
    expect([status, output]).toEqual([0, `pushwire: Wrote ${html}\n`]);
    const page = await readFile(html, 'utf8');
    expect(page).toContain('data-agent="mine" data-id="1.1.1">OK<');
    expect(page).toContain('data-agent="mine (Autobahn)" data-id="1.1.1">FAILED<');
  });

  it('needs a page or a summary, and nothing else', async () => {
    const { path, ours } = await results();
    expect(await refusalOf('conform', '--with', ours)).toBe('--with requires --html or --markdown');
    const options = ['--with', ours, '--html', join(path, 'a.html'), '--json', join(path, 'b')];
    expect(await refusalOf('conform', ...options)).toContain('Expected one URL; received none');
  });
});
