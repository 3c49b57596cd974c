/** Builds `dist/`: the compiled sources, and the pages as they are. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const page of ['cli/page', 'compare/page']) {
  cpSync(`src/${page}`, `dist/${page}`, { recursive: true, filter: (path) => !path.endsWith('tsconfig.json') });
}
chmodSync('dist/cli/main.js', 0o755);
