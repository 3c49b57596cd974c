/**
 * Packages that sit on `ws`, with pushwire put in its place: installed by npm's `overrides` into a folder of their own,
 * and each given real traffic by a program of `checks/`. `--write` writes the result to docs/compatibility.md.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { CHROMIUM_ARGUMENTS, findChromium } from '../support/external-programs.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const TIME_LIMIT = 120_000;

interface Result {
  readonly name: string;
  readonly version: string;
  /** What was exchanged, or what went wrong. */
  readonly text: string;
  readonly works: boolean;
}

/** The packages of the folder, with pushwire as `ws`. */
async function install(directory: string): Promise<void> {
  await cp(here, directory, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: root });
  await rename(join(directory, stdout.trim()), join(directory, 'pushwire.tgz'));
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: directory });
  const { name } = JSON.parse(await readFile(join(directory, 'node_modules/ws/package.json'), 'utf8'));
  if (name !== 'pushwire') throw new Error(`The override did not take place: ws is ${name}`);
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

/** Between two marks of the document, which is otherwise written by hand. */
async function write(results: readonly Result[]): Promise<void> {
  const file = join(root, 'docs/compatibility.md');
  const rows = results.map(
    ({ name, version, text, works }) => `| \`${name}\` ${version} | ${works ? 'works' : '**fails**'} | ${text} |`,
  );
  const table = ['| package | | what was exchanged |', '|---|---|---|', ...rows].join('\n');
  const document = await readFile(file, 'utf8');
  const mark = (name: string): string => `<!-- ${name} of \`npm run compatibility -- --write\` -->`;
  const [before] = document.split(mark('begin'));
  const [, after] = document.split(mark('end'));
  await writeFile(file, `${before}${mark('begin')}\n\n${table}\n\n${mark('end')}${after}`);
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const directory = await mkdtemp(join(tmpdir(), 'pushwire-compatibility-'));
try {
  await install(directory);
  const chromium = findChromium();
  if (chromium === null) {
    console.log('puppeteer-core is left out: it wants a Chromium on the path');
    if (process.env.CI === 'true') process.exitCode = 1;
  }
  const names = (await readdir(join(here, 'checks'))).map((file) => file.replace(/\.js$/, '')).sort();
  const results: Result[] = [];
  for (const name of names.filter((name) => chromium !== null || name !== 'puppeteer-core')) {
    const environment = { CHROMIUM_PATH: chromium ?? '', CHROMIUM_ARGUMENTS: JSON.stringify(CHROMIUM_ARGUMENTS) };
    const result = await check(directory, name, environment);
    console.log(`${result.works ? 'works' : 'FAILS'}  ${result.name} ${result.version}: ${result.text}`);
    results.push(result);
  }
  if (results.some(({ works }) => !works)) process.exitCode = 1;
  if (values.write) await write(results);
} finally {
  await rm(directory, { recursive: true, force: true });
}
