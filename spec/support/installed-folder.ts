import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writePackage } from '../../release/packages.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Installs the packages of package.json. */
export async function installPackages(directory: string): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'], { cwd: directory });
}

async function keepDependencies(directory: string, isNeeded: (name: string) => boolean): Promise<void> {
  const file = join(directory, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  manifest.dependencies = Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => isNeeded(name)));
  await writeFile(file, JSON.stringify(manifest));
}

/** Builds and packs the module as it is published: pushwire.tgz in the folder. */
async function packModule(directory: string): Promise<void> {
  const published = join(directory, 'published');
  await run('npm', ['run', '--silent', 'build'], { cwd: root });
  writePackage(root, 'pushwire', published);
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: published });
  await rename(join(directory, stdout.trim()), join(directory, 'pushwire.tgz'));
  await rm(published, { recursive: true });
}

/**
 * Copies a folder to a temporary folder, installs the packages of its package.json there, and passes the path to `use`. The
 * file pushwire.tgz there is this project, packed. `isNeeded` chooses among the dependencies.
 */
export async function inInstalledFolder<T>(
  folder: string,
  use: (directory: string) => Promise<T>,
  isNeeded?: (dependency: string) => boolean,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'pushwire-installed-'));
  try {
    await cp(folder, directory, { recursive: true });
    await packModule(directory);
    if (isNeeded !== undefined) await keepDependencies(directory, isNeeded);
    await installPackages(directory);
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
