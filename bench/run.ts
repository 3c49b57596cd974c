/**
 * Measures pushwire beside its peers and the limit of Node: `npm run bench -- echo --quick`.
 *
 * Each server runs in a process of its own, and so does what makes the load. In each round, all of them are measured, in
 * another order; the tables have medians of the rounds.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ComparisonResult, Effort } from './harness/compare.ts';
import { tableOf } from './harness/table.ts';
import { SCENES } from './scenes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
});
for (const name of positionals) {
  if (SCENES[name] === undefined) throw new Error(`There is no scene ${name}: ${Object.keys(SCENES).join(', ')}`);
}
const effort: Effort = {
  rounds: Number(values.rounds ?? (values.quick ? 3 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 0.5 : 1.5)),
  isQuick: values.quick,
};

const peers = fileURLToPath(new URL('./peers', import.meta.url));
if (!existsSync(`${peers}/node_modules`)) {
  console.log('The peers are installed, once.');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--silent'], { cwd: peers });
}
const results: ComparisonResult[] = [];
for (const [name, scene] of Object.entries(SCENES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for await (const result of scene(effort)) {
    results.push(result);
    console.log(`\n${result.title}\n\n${tableOf(result)}`);
  }
}
