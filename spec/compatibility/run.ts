/**
 * Packages that depend on `ws`, each given real traffic by a program of `checks/`: first with `ws`, as control, and then with
 * pushwire in its place, by npm's `overrides`. What the application sees must be the same. Options:
 *
 * - `--only NAME`: only the checks whose names start with NAME. It may be given more than once.
 * - `--part K/N`: one part of the checks, for CI.
 * - `--write`: writes the result to docs/compatibility.md. It needs all checks.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseChecks } from '../support/checks.ts';
import { findChromium } from '../support/external-programs.ts';
import { writeGeneratedPart } from '../support/generated-part.ts';
import { inInstalledFolder } from '../support/installed-folder.ts';
import { compare, isAlike, type Outcome, runChecks } from './outcome.ts';
import { replaceWs, requireOnlyWs } from './replace-ws.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    part: { type: 'string', default: '1/1' },
    write: { type: 'boolean', default: false },
  },
});

/** The programs of the checks, by the name of their package. `+` stands for the slash of a scope. */
async function programsOfChecks(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(join(here, 'checks'))).sort();
  const all = new Map<string, string>();
  for (const file of files) {
    const program = await readFile(join(here, 'checks', file), 'utf8');
    all.set(file.replace(/\.js$/, '').replace('+', '/'), program);
  }
  const chosen = chooseChecks(all, { part: values.part, starts: values.only });
  if (values.write && chosen.size < all.size) throw new Error('--write needs all checks');
  return new Map([...chosen].filter(([name, program]) => isPossible(name, program)));
}

function isPossible(name: string, program: string): boolean {
  if (findChromium() !== null || !program.includes('CHROMIUM_PATH')) return true;
  console.log(`${name} is left out: Chromium is not installed`);
  if (process.env.CI === 'true' || values.write) process.exitCode = 1;
  return false;
}

function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, version, differences, text }) => {
    const verdict = differences.length === 0 ? 'works' : `differs: ${differences.join('; ')}`;
    return `| \`${name}\` ${version} | ${verdict} | ${text} |`;
  });
  return ['| package | | what was exchanged |', '|---|---|---|', ...rows].join('\n');
}

const checks = await programsOfChecks();
const programs = [...checks.values()].join('\n');
/** A part installs only the packages that its checks name. */
const isNeeded = (dependency: string): boolean =>
  dependency === 'ws' || programs.includes(`'${dependency}'`) || programs.includes(`'${dependency}/`);

const outcomes = await inInstalledFolder(
  here,
  async (directory) => {
    await requireOnlyWs(directory, 'ws');
    const control = await runChecks(directory, 'ws', [...checks.keys()]);
    await replaceWs(directory);
    await requireOnlyWs(directory, 'pushwire');
    const tried = await runChecks(directory, 'pushwire', [...checks.keys()]);
    return await Promise.all(control.map((outcome, index) => compare(directory, outcome, tried[index]!)));
  },
  isNeeded,
);
for (const { name, version, text, failure, differences } of outcomes) {
  if (failure !== undefined) console.log(`FAILS  ${name} ${version}: ${failure}`);
  else
    console.log(
      `works  ${name} ${version}: ${[...differences.map((because) => `differs, ${because}`), text].join('; ')}`,
    );
}
const alike = outcomes.filter(isAlike).length;
console.log(`${alike} of ${outcomes.length} packages see the same with pushwire as with ws`);
if (outcomes.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
else if (values.write) {
  const document = new URL('../../docs/compatibility.md', import.meta.url);
  await writeGeneratedPart(document, 'npm run compatibility -- --write', tableOf(outcomes));
}
