import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an agent is. */
export const KINDS = ['server', 'client', 'stream-server', 'stream-client'] as const;
export type Kind = (typeof KINDS)[number];

/** One agent: a file `NAME-KIND.EXTENSION` in `agents`. Browsers have no file. */
export interface Agent {
  readonly name: string;
  readonly kind: Kind;
  readonly extension: string;
}

/** An agent that can run. */
export interface InstalledAgent extends Agent {
  readonly version: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

export const BROWSERS = ['chromium', 'firefox'] as const;

/** The agents whose files are in the folder, and the browsers. */
export async function listAgents(folder: string): Promise<Agent[]> {
  const files = await readdir(folder);
  const agents = files.sort().flatMap((file): Agent[] => {
    const match = file.match(/^(.+?)-((?:stream-)?(?:server|client))\.(js|py|go|c|cpp|pl)$/);
    if (match === null) return [];
    const [, name, kind, extension] = match as unknown as [string, string, Kind, string];
    return [{ name, kind, extension }];
  });
  const browsers = BROWSERS.flatMap((name): Agent[] => [
    { name, kind: 'client', extension: 'browser' },
    { name, kind: 'stream-client', extension: 'browser' },
  ]);
  return [...agents, ...browsers];
}

export function fullNameOf({ name, kind }: Agent): string {
  return `${name}-${kind}`;
}

/**
 * Compiles an agent if it must be, and finds its version. Throws if what it needs is not installed.
 *
 * @param directory the installed folder
 */
export async function install(agent: Agent, directory: string): Promise<InstalledAgent> {
  const file = join('agents', `${fullNameOf(agent)}.${agent.extension}`);
  const built = join(directory, 'built', fullNameOf(agent));
  await mkdir(join(directory, 'built'), { recursive: true });
  const inFolder = { cwd: directory };
  switch (agent.extension) {
    case 'js':
      return { ...agent, ...(await installScript(agent, directory, file)) };
    case 'py':
    case 'pl': {
      // Debian's packages for Python belong to Debian's Python.
      const program = agent.extension === 'py' ? '/usr/bin/python3' : 'perl';
      const { stdout } = await run(program, [file, '--version'], inFolder);
      return { ...agent, version: stdout.trim(), program, arguments: [file] };
    }
    case 'go': {
      const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' };
      await run('go', ['build', '-o', built, file], { ...inFolder, env });
      const source = await readFile(join(directory, file), 'utf8');
      return { ...agent, version: await versionOfGo(source), program: built, arguments: [] };
    }
    case 'c':
    case 'cpp': {
      await compile(agent, directory, file, built);
      const { stdout } = await run(built, ['--version']);
      return { ...agent, version: stdout.trim().replaceAll('_', '.').replace(/-$/, ''), program: built, arguments: [] };
    }
    default: {
      const program = agent.name === 'firefox' ? 'firefox-esr' : agent.name;
      const { stdout } = await run(program, ['--version']);
      return { ...agent, version: stdout.match(/\d[\d.]*/)![0], program, arguments: [] };
    }
  }
}

async function installScript({ name }: Agent, directory: string, file: string) {
  const bin = join(directory, 'node_modules/.bin', name);
  if (name === 'node') return { version: process.versions.node, program: process.execPath, arguments: [file] };
  const manifest = await readFile(join(directory, 'node_modules', name, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  if (name === 'bun') return { version, program: bin, arguments: [file] };
  if (name === 'deno') return { version, program: bin, arguments: ['run', '--allow-all', file] };
  return { version, program: process.execPath, arguments: [file] };
}

/** The version of the Debian package that a Go program imports. */
async function versionOfGo(source: string): Promise<string> {
  const [, path] = source.match(/"((?:github\.com|nhooyr\.io)\/[^"]+)"/)!;
  const { stdout } = await run('dpkg-query', ['--search', `/usr/share/gocode/src/${path}`]);
  const [name] = stdout.split(':');
  const { stdout: line } = await run('dpkg-query', ['--show', name!]);
  const [, version = ''] = line.trim().split('\t');
  return version.replace(/-[^-]*$/, '').replace(/^0\.0~/, '');
}

async function compile({ name, extension }: Agent, directory: string, file: string, built: string): Promise<void> {
  const modules: Readonly<Record<string, readonly string[]>> = {
    libwebsockets: ['libwebsockets'],
    qtwebsockets: ['Qt6WebSockets', 'Qt6Network', 'Qt6Core'],
  };
  const needed = modules[name];
  const { stdout } = needed === undefined ? { stdout: '' } : await run('pkg-config', ['--cflags', '--libs', ...needed]);
  const options = stdout.trim().split(/\s+/).filter(Boolean);
  const [compiler, standard] = extension === 'c' ? ['cc', '-std=gnu11'] : ['c++', '-std=c++17'];
  await run(compiler, ['-O1', '-fPIC', standard, '-pthread', '-o', built, file, ...options], { cwd: directory });
}

/** Starts an agent. */
export function start({ program, arguments: own }: InstalledAgent, directory: string, more: readonly string[] = []) {
  return spawn(program, [...own, ...more], { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
}
