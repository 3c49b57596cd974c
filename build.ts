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
import { parseSync } from 'rolldown/utils';

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
 * of TypeScript resolves; the compiler leaves the `.ts` of the source there.
 */
function finishDeclarations(directory: string, entryPoints: readonly string[]): void {
  const reached = new Set<string>();
  function visit(file: string): void {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, , path] of text.matchAll(DECLARATION_IMPORT)) visit(resolve(file, '..', `${path}.d.ts`));
    writeFileSync(file, text.replaceAll(DECLARATION_IMPORT, "$1$2.js'"));
  }
  for (const entryPoint of entryPoints) visit(resolve(entryPoint));
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = resolve(directory, file);
    if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  }
}

/** Removes the comments of the JavaScript in a directory, except `@__PURE__`. */
function removeComments(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = resolve(directory, name);
    let text = readFileSync(file, 'utf8');
    for (const { start, end, value } of parseSync(file, text).comments.toReversed()) {
      if (value.trim() === '@__PURE__') continue;
      const before = text.slice(0, start).trimEnd();
      const after = text.slice(end).trimStart();
      const space = text.slice(end, text.length - after.length);
      // What separated the code before and after the comment: a line end and the indentation, if there was one.
      const separator = space.includes('\n') ? space.slice(space.lastIndexOf('\n')) : space;
      text = before === '' ? after : before + separator + after;
    }
    writeFileSync(file, text);
  }
}

/** Indents with tabs: the compiler writes four spaces, a tenth of the package. */
function indentWithTabs(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    const file = resolve(directory, name);
    const text = readFileSync(file, 'utf8');
    JSON.stringify(parseSync(file, text).program, (key, value) => {
      // `raw` is the source of a part of a template literal: its lines would change.
      if (key === 'raw' && String(value).includes('\n'))
        throw new Error(`Template literal of several lines in ${file}`);
      return value;
    });
    writeFileSync(
      file,
      text.replaceAll(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)),
    );
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
removeComments('dist');
finishDeclarations('dist', entryPoints);
indentWithTabs('dist');

// The command imports the module by its name, so it is compiled with the declarations made above.
await compile(join('tools', 'tsconfig.build.json'));
cpSync('tools/src', 'tools/dist', { recursive: true, filter: (path) => !/(\.ts|tsconfig\.json)$/.test(path) });
