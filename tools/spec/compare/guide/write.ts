/**
 * Writes the figures of docs/websocket-or-event-stream.md in both languages. `npm run guide` measures them, which takes a few
 * minutes. `npm run guide -- NODE.json BROWSER.json` reads them from the output of `pushwire compare --json` and
 * `pushwire compare --browser --json`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeGeneratedPart } from '../../../../spec/support/generated-part.ts';
import type { ComparisonReport } from '../../../src/compare/comparison-report.ts';
import { chartOf } from './chart.ts';
import { inChinese } from './chinese.ts';
import { tablesOf } from './tables.ts';

const DOCUMENTS = new URL('../../../../docs/', import.meta.url);
const NAME = 'websocket-or-event-stream';

const LANGUAGES = [
  { suffix: '', translate: (text: string) => text },
  { suffix: '.zh-CN', translate: inChinese },
];

function measure(directory: string, name: string, ...args: string[]): string {
  const file = join(directory, name);
  execFileSync(process.execPath, ['tools/bin/pushwire.js', 'compare', '--json', file, ...args], { stdio: 'inherit' });
  return file;
}

function read(file: string): ComparisonReport {
  return JSON.parse(readFileSync(file, 'utf8'));
}

const directory = mkdtempSync(join(tmpdir(), 'pushwire-guide-'));
const [nodeFile, browserFile] = process.argv.slice(2);
const node = read(nodeFile ?? measure(directory, 'node.json'));
const browser = read(browserFile ?? measure(directory, 'browser.json', '--browser'));
rmSync(directory, { recursive: true });

const network = node.scenes.find(({ name }) => name === 'network')!;
for (const { suffix, translate } of LANGUAGES) {
  await writeFile(new URL(`${NAME}${suffix}.svg`, DOCUMENTS), await chartOf(network, translate));
  await writeGeneratedPart(
    new URL(`${NAME}${suffix}.md`, DOCUMENTS),
    'npm run guide',
    tablesOf(node, browser, translate),
  );
}
