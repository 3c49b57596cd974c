import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ReportFiles } from '../../../src/commands/conform/report-files.ts';
import { OK_CASE, sampleReport } from '../../report/sample-report.ts';

it('writes the page, the summary and the badge, with the results of an earlier run of the same agent', async () => {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-files-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const error = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => error.mockRestore());
  const [html, markdown, badge] = ['a.html', 'a.md', 'a.svg'].map((name) => join(path, name));
  const earlier = [{ 'agent 1': { '12.1.1': OK_CASE } }];
  const files = new ReportFiles({ json: undefined, junit: undefined, html, markdown, badge, earlier }, () =>
    sampleReport(1),
  );
  await files.finish();
  const page = await readFile(html!, 'utf8');
  expect(page).toContain('data-agent="agent 1 (earlier)" data-id="12.1.1">OK<');
  expect(page).toContain('data-agent="agent 1" data-id="12.1.1">FAILED<');
  expect(await readFile(markdown!, 'utf8')).toContain('| OK | FAILED |');
  expect(await readFile(badge!, 'utf8')).toContain('1 failure in 3 cases');
  expect(error.mock.calls).toEqual([[`pushwire: Wrote ${html}, ${markdown}, ${badge}`]]);
});
