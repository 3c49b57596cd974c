import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles a TypeScript program into one JavaScript file, which starts in a tenth of the time that a loader takes. Returns
 * the path of the file; it is removed at the end of this process.
 */
export function bundleProgram(source: URL): string {
  // Within the project, so that the program finds its packages.
  const directory = mkdtempSync(join(root, 'node_modules/.bundled-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'program.mjs');
  buildSync({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  return outfile;
}
