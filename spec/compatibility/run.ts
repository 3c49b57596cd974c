/**
 * Packages that sit on `ws`, with pushwire put in its place: installed by npm's `overrides` into a folder of their own,
 * and each given real traffic by a program of `checks/`. `--write` writes the result to docs/compatibility.md.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { CHROMIUM_ARGUMENTS, findChromium } from '../support/external-programs.ts';
import { writeGeneratedPart } from '../support/generated-part.ts';
import { inInstalledFolder } from '../support/installed-folder.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const TIME_LIMIT = 120_000;

interface Result {
  readonly name: string;
  readonly version: string;
  /** What was exchanged, or what went wrong. */
  readonly text: string;
  readonly works: boolean;
}

async function check(directory: string, name: string, environment: NodeJS.ProcessEnv): Promise<Result> {
  const { version } = JSON.parse(
    await readFile(join(directory, 'node_modules', packageOf(name), 'package.json'), 'utf8'),
  );
  const options = { cwd: directory, timeout: TIME_LIMIT, env: { ...process.env, ...environment } };
  try {
    const { stdout } = await run(process.execPath, [join('checks', `${name}.js`)], options);
    const text = stdout.trim();
    return { name: packageOf(name), version, text: text || 'ended without a result', works: text !== '' };
  } catch (error) {
    const { killed, stderr } = error as { killed?: boolean; stderr?: string };
    const text = killed ? `took longer than ${TIME_LIMIT / 1000} s` : (stderr ?? String(error));
    return { name: packageOf(name), version, text, works: false };
  }
}

/** What a file of `checks/` is about, where its name cannot be one. */
const SCOPED: Readonly<Record<string, string>> = {
  'fastify-websocket': '@fastify/websocket',
  hocuspocus: '@hocuspocus/server',
};

function packageOf(name: string): string {
  return SCOPED[name] ?? name;
}

function tableOf(results: readonly Result[]): string {
  const rows = results.map(
    ({ name, version, text, works }) => `| \`${name}\` ${version} | ${works ? 'works' : '**fails**'} | ${text} |`,
  );
  return ['| package | | what was exchanged |', '|---|---|---|', ...rows].join('\n');
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const chromium = findChromium();
if (chromium === null) {
  console.log('puppeteer-core is left out: it wants a Chromium on the path');
  if (process.env.CI === 'true') process.exitCode = 1;
}
const names = (await readdir(join(here, 'checks'))).map((file) => file.replace(/\.js$/, '')).sort();
const results = await inInstalledFolder(here, async (directory) => {
  const { name } = JSON.parse(await readFile(join(directory, 'node_modules/ws/package.json'), 'utf8'));
  if (name !== 'pushwire') throw new Error(`The override did not take place: ws is ${name}`);
  const all: Result[] = [];
  for (const name of names.filter((name) => chromium !== null || name !== 'puppeteer-core')) {
    const environment = { CHROMIUM_PATH: chromium ?? '', CHROMIUM_ARGUMENTS: JSON.stringify(CHROMIUM_ARGUMENTS) };
    const result = await check(directory, name, environment);
    console.log(`${result.works ? 'works' : 'FAILS'}  ${result.name} ${result.version}: ${result.text}`);
    all.push(result);
  }
  return all;
});
if (results.some(({ works }) => !works)) process.exitCode = 1;
if (values.write) {
  const document = new URL('../../docs/compatibility.md', import.meta.url);
  await writeGeneratedPart(document, 'npm run compatibility -- --write', tableOf(results));
}
