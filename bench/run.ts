/** Runs one scene, or all: `npm run bench -- deflate --quick`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCENES = ['deflate'];

const named = process.argv.slice(2).filter((argument) => SCENES.includes(argument));
const options = process.argv.slice(2).filter((argument) => !SCENES.includes(argument));
for (const scene of named.length > 0 ? named : SCENES) {
  console.log(`\n${scene}`);
  const file = fileURLToPath(new URL(`./${scene}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
