import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runTwoAtATime } from '../support/checks.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../support/external-programs.ts';

const run = promisify(execFile);
const TIME_LIMIT = 60_000;

/** What a check shows about one package. */
export interface Outcome {
  readonly name: string;
  readonly version: string;
  /** What was exchanged. */
  readonly text: string;
  /** Where pushwire differs on purpose. */
  readonly differences: readonly string[];
  /** Why the check failed, or undefined. */
  readonly failure?: string;
}

export function isAlike({ failure, differences }: Outcome): boolean {
  return failure === undefined && differences.length === 0;
}

function transcriptOf(installed: string, name: string): string {
  return join('transcripts', installed, `${fileOf(name)}.txt`);
}

function fileOf(name: string): string {
  return name.replace('/', '+');
}

/** The rest of each line that starts with the word. */
function linesAfter(word: string, transcript: string): string[] {
  return transcript
    .split('\n')
    .filter((line) => line.startsWith(word))
    .map((line) => line.slice(word.length));
}

async function versionOf(directory: string, name: string): Promise<string | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

async function runCheck(directory: string, installed: string, name: string): Promise<Outcome> {
  const version = await versionOf(directory, name);
  if (version === undefined) {
    return {
      name,
      version: '',
      text: '',
      differences: [],
      failure: 'is not a dependency in spec/compatibility/package.json',
    };
  }
  const transcript = transcriptOf(installed, name);
  const env = {
    ...process.env,
    // The packages of a check behave as in an application.
    NODE_ENV: 'production',
    TRANSCRIPT: transcript,
    CHROMIUM_PATH: findChromium() ?? '',
    CHROMIUM_ARGUMENTS: JSON.stringify(CHROMIUM_ARGUMENTS),
  };
  let failure: string | undefined;
  try {
    await run(process.execPath, [join('checks', `${fileOf(name)}.js`)], { cwd: directory, timeout: TIME_LIMIT, env });
  } catch (error) {
    const { killed, stderr } = error as { killed?: boolean; stderr?: string };
    failure = killed ? `took longer than ${TIME_LIMIT / 1000} s` : (stderr ?? String(error));
  }
  const said = await readFile(join(directory, transcript), 'utf8').catch(() => '');
  const text = linesAfter('exchanged: ', said).at(-1);
  if (text === undefined) failure ??= 'ended without a result';
  const differences = linesAfter('difference: ', said);
  const outcome = { name, version, text: text ?? '', differences };
  return failure === undefined ? outcome : { ...outcome, failure: `with ${installed}: ${failure}\n${said}` };
}

/** Runs the checks, two at a time. */
export async function runChecks(directory: string, installed: string, names: readonly string[]): Promise<Outcome[]> {
  await mkdir(join(directory, 'transcripts', installed), { recursive: true });
  return await runTwoAtATime(names, (name) => runCheck(directory, installed, name));
}

/** The outcome with pushwire. It is a failure if the control fails or the transcripts differ. */
export async function compare(directory: string, control: Outcome, tried: Outcome): Promise<Outcome> {
  if (control.failure !== undefined) return control;
  const files = [transcriptOf('ws', tried.name), transcriptOf('pushwire', tried.name)];
  const difference = await run('diff', ['-U', '3', ...files], { cwd: directory }).then(
    () => undefined,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout || stderr,
  );
  if (tried.failure !== undefined) return { ...tried, failure: `${tried.failure}\n${difference ?? ''}` };
  return difference === undefined ? tried : { ...tried, failure: `the transcripts differ\n${difference}` };
}
