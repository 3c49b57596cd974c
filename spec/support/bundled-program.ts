import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Within the project, so that the program finds its packages.
const directory = join(root, 'node_modules/.cache/pushwire-spec');

/**
 * Bundles a TypeScript program into one JavaScript file, which starts ten times as fast as with a loader. Returns the path of
 * the file. Each call replaces the file.
 */
export function bundleProgram(source: URL): string {
  const file = fileURLToPath(source);
  const outfile = join(directory, basename(file).replace(/\.ts$/, '.mjs'));
  const { outputFiles } = buildSync({
    entryPoints: [file],
    outfile,
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  mkdirSync(directory, { recursive: true });
  // Renamed when it is complete, because another process may start the same program at this moment.
  const temporary = `${outfile}.${process.pid}`;
  writeFileSync(temporary, outputFiles[0]!.contents);
  renameSync(temporary, outfile);
  return outfile;
}
