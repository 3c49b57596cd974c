import { execFile } from 'node:child_process';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Copies a folder to a temporary folder, installs the packages of its package.json there, and passes the path to `use`. The
 * dependency `file:pushwire.tgz` is this project.
 */
export async function inInstalledFolder<T>(folder: string, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'pushwire-installed-'));
  try {
    await cp(folder, directory, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: root });
    await rename(join(directory, stdout.trim()), join(directory, 'pushwire.tgz'));
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: directory });
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
