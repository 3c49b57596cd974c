#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const root = new URL('../../', import.meta.url);

// In a clone that has not been built yet, the command builds both packages first. Standard output stays the command's.
const isClone = existsSync(new URL('build.ts', root)) && existsSync(new URL('tools/package.json', root));
const isBuilt = existsSync(main) && existsSync(new URL('dist/index.js', root));
if (isClone && !isBuilt) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(1);
}

await import(main.href);
