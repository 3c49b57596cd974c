import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { CLIENT_CATALOGUE } from '../../src/conformance/catalogue.ts';
import { hasFailed } from '../../src/conformance/report.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';

const document = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
const [, driver] = /^```javascript\n(.*?)^```/ms.exec(document)!;

it('docs/conformance.md has a driver that runs all cases with a WebSocket client', async () => {
  const project = mkdtempSync(join(tmpdir(), 'pushwire-driver-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  mkdirSync(join(project, 'node_modules'));
  const ws = dirname(createRequire(import.meta.url).resolve('ws/package.json'));
  symlinkSync(ws, join(project, 'node_modules', 'ws'), 'junction');
  writeFileSync(join(project, 'drive.mjs'), driver!);
  // Group 16 has handshakes that fail.
  const cases = selectCases(CLIENT_CATALOGUE, ['1', '2', '5', '7.1', '16.2.1'], []);
  let requests = 0;
  const onReport = (): void => void requests++;
  const server = await serveCases(cases, [], { port: 0, host: '127.0.0.1', onReport });
  onTestFinished(() => server.close());
  await promisify(execFile)(process.execPath, [join(project, 'drive.mjs'), `ws://${server.address}`]);
  const report = server.report();
  expect(Object.keys(report)).toEqual(['my-client']);
  expect(Object.keys(report['my-client']!)).toEqual(cases.map(({ id }) => id));
  expect(hasFailed(report)).toBe(false);
  expect(requests).toBe(1);
});
