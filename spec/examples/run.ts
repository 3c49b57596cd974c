/**
 * Runs the examples of frameworks and packages, `examples/NAME/server.js`, each with the real package and the packed module. The
 * program `checks/NAME.js` starts the example, and prints one line with what it has checked. Options:
 *
 * - `--only NAME`: only the checks whose names start with NAME. It may be given more than once.
 * - `--except NAME`: not the check NAME. It may be given more than once.
 * - `--part K/N`: one part of the checks, for CI.
 */
import { execFile } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { chooseChecks, runTwoAtATime } from '../support/checks.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../support/external-programs.ts';
import { inInstalledFolder } from '../support/installed-folder.ts';

const execute = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const TIME_LIMIT = 90_000;

/** Packages that no program names, and the one that needs each. */
const COMPANIONS: Readonly<Record<string, string>> = { 'react-dom': 'next', '@types/node': 'typescript' };

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    except: { type: 'string', multiple: true, default: [] },
    part: { type: 'string', default: '1/1' },
  },
});

/** All programs of a check: its own, and those of the example with its name. */
async function programsOf(name: string): Promise<string> {
  const folder = join(examples, name);
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.[cm]?[jt]sx?$/.test(file));
  const paths = [join(here, 'checks', `${name}.js`), ...files.map((file) => join(folder, file))];
  return (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n');
}

/** Runs a check. Returns whether it has passed. */
async function runCheck(directory: string, name: string): Promise<boolean> {
  const started = performance.now();
  const env = {
    ...process.env,
    // The packages of an example behave as in an application.
    NODE_ENV: 'production',
    CHROMIUM_PATH: findChromium() ?? '',
    CHROMIUM_ARGUMENTS: JSON.stringify(CHROMIUM_ARGUMENTS),
  };
  try {
    const program = join('checks', 'checks', `${name}.js`);
    const { stdout } = await execute(process.execPath, [program], { cwd: directory, timeout: TIME_LIMIT, env });
    if (stdout === '') throw new Error('The check printed nothing');
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`works  ${name}: ${stdout.trim()} (${seconds} s)`);
    return true;
  } catch (error) {
    const { killed, stderr, stdout } = error as { killed?: boolean; stderr?: string; stdout?: string };
    const reason = killed ? `took longer than ${TIME_LIMIT / 1000} s` : stderr || String(error);
    console.log(`FAILS  ${name}: ${reason}\n${stdout ?? ''}`);
    return false;
  }
}

const names = (await readdir(join(here, 'checks')))
  .sort()
  .map((file) => file.replace(/\.js$/, ''))
  .filter((name) => !values.except.includes(name));
const chosen = chooseChecks(new Map(names.map((name) => [name, name])), { part: values.part, starts: values.only });
const programs = (await Promise.all([...chosen.keys()].map(programsOf))).join('\n');
const isNamed = (dependency: string): boolean =>
  [`'${dependency}'`, `'${dependency}/`, `node_modules/${dependency}/`].some((text) => programs.includes(text));
/** A part installs only the packages that its programs name, and those that they need beside them. */
const isNeeded = (dependency: string): boolean =>
  dependency === 'pushwire' || isNamed(dependency) || isNamed(COMPANIONS[dependency] ?? dependency);

const passed = await inInstalledFolder(
  examples,
  async (directory) => {
    await cp(here, join(directory, 'checks'), { recursive: true });
    return await runTwoAtATime([...chosen.keys()], (name) => runCheck(directory, name));
  },
  isNeeded,
);
console.log(`${passed.filter(Boolean).length} of ${passed.length} examples work`);
if (passed.includes(false)) process.exitCode = 1;
