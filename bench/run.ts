/**
 * Compares the performance of pushwire with its peers and with Node's own sockets: `npm run bench -- echo --quick`.
 *
 * Each server and each load generator runs in its own process. Each round measures all servers in a different order. The
 * tables show the medians of the rounds. Options:
 *
 * - `--rounds N`: the number of rounds.
 * - `--seconds N`: the duration of one measurement.
 * - `--json FILE`: writes the results.
 * - `--with FILE`: adds the other scenes' results from an earlier `--json`.
 * - `--svg FILE`: draws a chart.
 * - `--write`: writes docs/performance.md and its chart.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeGeneratedPart } from '../spec/support/generated-part.ts';
import { chartOf } from './harness/chart.ts';
import type { ComparisonResult, Effort } from './harness/compare.ts';
import { environment } from './harness/environment.ts';
import { reportOf } from './harness/report.ts';
import { tableOf } from './harness/table.ts';
import { SCENES } from './scenes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'string' },
    with: { type: 'string' },
    svg: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
for (const name of positionals) {
  if (SCENES[name] === undefined) {
    throw new Error(`Unknown scene "${name}" (allowed: ${Object.keys(SCENES).join(', ')})`);
  }
}
const effort: Effort = {
  rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 0.1 : 1.5)),
  isQuick: values.quick,
};

const peers = fileURLToPath(new URL('./peers', import.meta.url));
if (!existsSync(`${peers}/node_modules`)) {
  console.log('Installing the peers. This happens only once.');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--silent'], { cwd: peers });
}
const earlier: readonly ComparisonResult[] =
  values.with === undefined ? [] : JSON.parse(readFileSync(values.with, 'utf8')).results;
const results: ComparisonResult[] = [];
async function writeResults(): Promise<void> {
  if (values.json === undefined) return;
  await writeFile(values.json, `${JSON.stringify({ environment: environment(), results }, null, 1)}\n`);
}
for (const [name, scene] of Object.entries(SCENES)) {
  if (positionals.length > 0 && !positionals.includes(name)) {
    results.push(...earlier.filter((result) => result.scene === name));
    continue;
  }
  for await (const result of scene(effort)) {
    results.push(result);
    console.log(`\n${result.title}\n\n${tableOf(result)}`);
    // Writes after each result, so that an interrupted run keeps its results.
    await writeResults();
  }
}
await writeResults();
if (values.svg !== undefined) await writeFile(values.svg, await chartOf(results));
if (values.write) {
  await writeFile(new URL('../docs/performance.svg', import.meta.url), await chartOf(results));
  const report = reportOf(results, environment(), effort.rounds);
  await writeGeneratedPart(new URL('../docs/performance.md', import.meta.url), 'npm run bench -- --write', report);
}
