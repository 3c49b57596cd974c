/** Builds both packages: `dist/`, the module, and `tools/dist/`, the command, with its pages as they are. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

function compile(directory: string): void {
  rmSync(`${directory}/dist`, { recursive: true, force: true });
  const compiler = 'node_modules/typescript/bin/tsc';
  execFileSync(process.execPath, [compiler, '-p', `${directory}/tsconfig.build.json`], { stdio: 'inherit' });
}

compile('.');
compile('tools');
for (const page of ['commands/serve/page', 'compare/browser/page']) {
  cpSync(`tools/src/${page}`, `tools/dist/${page}`, {
    recursive: true,
    filter: (path) => !path.endsWith('tsconfig.json'),
  });
}
