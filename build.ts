/**
 * Builds both packages: `dist/`, the module, and `tools/dist/`, the command.
 *
 * The compiler removes comments from everything or from nothing. Declarations keep them, since editors show them. JavaScript
 * keeps only `@__PURE__`, by which bundlers know what they may drop.
 */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';

const run = promisify(execFile);

async function compile(project: string, ...options: readonly string[]): Promise<void> {
  try {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project, ...options]);
  } catch (error) {
    // The compiler writes its messages to standard output.
    const { stdout, message } = error as { stdout?: string; message: string };
    process.stderr.write(stdout || `${message}\n`);
    process.exit(1);
  }
}

const DECLARATIONS = ['--declaration', '--emitDeclarationOnly', '--isolatedDeclarations', '--removeComments', 'false'];
const DECLARATION_IMPORT = /(from '|import\(')(\.[^']*)\.ts'/g;

/**
 * Keeps the declarations that an entry point reaches, and deletes the others. Their imports end in `.js`, which every version
 * of TypeScript resolves; the compiler leaves the `.ts` of the source there. Tabs instead of spaces make them smaller.
 */
function finishDeclarations(directory: string, entryPoints: readonly string[]): void {
  const reached = new Set<string>();
  function visit(file: string): void {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, , path] of text.matchAll(DECLARATION_IMPORT)) visit(resolve(file, '..', `${path}.d.ts`));
    const indented = text.replaceAll(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
    writeFileSync(file, indented.replaceAll(DECLARATION_IMPORT, "$1$2.js'"));
  }
  for (const entryPoint of entryPoints) visit(resolve(entryPoint));
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = resolve(directory, file);
    if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  }
}

const PURE = '/* @__PURE__ */ ';

/**
 * Prints the JavaScript of a directory without comments and without the white space that the compiler adds: a tenth of the
 * package. Names stay, and lines stay short enough for stack traces.
 *
 * `@__PURE__` has to stay, too, and esbuild would remove it. While esbuild prints, an operator is in its place that the source
 * does not use.
 */
function printCompactly(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = resolve(directory, name);
    const source = readFileSync(file, 'utf8');
    const { code } = transformSync(source.replaceAll(PURE, 'delete '), {
      format: 'esm',
      minifyWhitespace: true,
      minifySyntax: true,
      lineLimit: 120,
      legalComments: 'none',
    });
    const pieces = code.split(/\bdelete\s/);
    if (pieces.length !== source.split(PURE).length) throw new Error(`${file} uses the operator delete`);
    writeFileSync(file, pieces.join(PURE.trimEnd()));
  }
}

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { types?: string }> };
const entryPoints = Object.values(exports).flatMap(({ types }) => types ?? []);

rmSync('dist', { recursive: true, force: true });
rmSync('tools/dist', { recursive: true, force: true });
await Promise.all([
  compile('tsconfig.build.json', '--removeComments', 'false'),
  compile('tsconfig.build.json', ...DECLARATIONS),
]);
printCompactly('dist');
finishDeclarations('dist', entryPoints);

// The command imports the module by its name, so it is compiled with the declarations made above.
await compile(join('tools', 'tsconfig.build.json'));
cpSync('tools/src', 'tools/dist', { recursive: true, filter: (path) => !/(\.ts|tsconfig\.json)$/.test(path) });
