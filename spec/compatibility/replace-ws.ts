import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from '../support/installed-folder.ts';

/** Installs pushwire as `ws`, in the way that docs/compatibility.md describes. */
export async function replaceWs(directory: string): Promise<void> {
  const file = join(directory, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  manifest.dependencies.ws = 'file:pushwire.tgz';
  await writeFile(file, JSON.stringify(manifest));
  await installPackages(directory);
}

/** Throws unless `expected` is installed as `ws`, and no package has a copy of its own. */
export async function requireOnlyWs(directory: string, expected: string): Promise<void> {
  const root = join(directory, 'node_modules');
  const copies = (await readdir(root, { recursive: true })).filter((path) => `/${path}`.endsWith('node_modules/ws'));
  const nested = copies.filter((path) => path !== 'ws');
  if (nested.length > 0) throw new Error(`There are other copies of ws: ${nested.join(', ')}`);
  const { name } = JSON.parse(await readFile(join(root, 'ws/package.json'), 'utf8'));
  if (name !== expected) throw new Error(`The package installed as ws is ${name}; expected ${expected}`);
}
