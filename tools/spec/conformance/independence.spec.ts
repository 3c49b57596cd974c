import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TOOLS = join(ROOT, 'tools', 'src');
const TESTER = join(TOOLS, 'conformance');

/** Static imports, `export … from`, `import()`, `import x = require()`, `require()` and `require.resolve()`. */
const IMPORT = /(?:\bfrom\s*(?!`)|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\s*\(\s*)(['"`])([^'"`\n]+)\1/g;
/** An import whose specifier is computed. */
const COMPUTED_IMPORT = /\b(?:import|require(?:\.resolve)?)\s*\(\s*([^\s'"`)][^)]*)\)/g;

/** Returns the specifiers of all imports in a source text, including comments, so that nothing can hide an import. */
function importsOf(source: string): string[] {
  const literal = [...source.matchAll(IMPORT)].map(([, , specifier]) => specifier!);
  return [...literal, ...[...source.matchAll(COMPUTED_IMPORT)].map(([, expression]) => expression!)];
}

/** Returns why a file of the tester must not import the specifier; undefined if it may. */
function violation(specifier: string, file: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) return `${shown(file)} imports "${specifier}"`;
  const target = resolve(dirname(file), specifier);
  return isInside(target, TOOLS) ? undefined : `${shown(file)} imports "${specifier}", outside tools/src`;
}

/** Returns all forbidden imports of the files, and of the files that they import within tools/src. */
function violationsIn(files: readonly string[], read: (file: string) => string): string[] {
  const seen = new Set(files);
  const found: string[] = [];
  // The loop adds files to the set while it iterates over it.
  for (const file of seen) {
    for (const specifier of importsOf(read(file))) {
      const wrong = violation(specifier, file);
      if (wrong !== undefined) found.push(wrong);
      else if (specifier.startsWith('.')) seen.add(resolve(dirname(file), specifier));
    }
  }
  return found;
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder + sep);
}

function shown(file: string): string {
  return relative(ROOT, file);
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.filter((entry) => entry.endsWith('.ts')).map((entry) => join(folder, entry));
}

const readSource = (file: string): string => readFileSync(file, 'utf8');

describe('the conformance tester', () => {
  it('imports neither the module under test nor any package, directly or indirectly', () => {
    const files = filesOf(TESTER);
    expect(files.length).toBeGreaterThan(30);
    expect(violationsIn(files, readSource)).toEqual([]);
  });

  it('imports nothing from outside its folder', () => {
    const outside = filesOf(TESTER).flatMap((file) =>
      importsOf(readSource(file))
        .filter((specifier) => specifier.startsWith('.') && !isInside(resolve(dirname(file), specifier), TESTER))
        .map((specifier) => `${shown(file)} imports "${specifier}"`),
    );
    expect(outside).toEqual([]);
  });
});

describe('the import check', () => {
  const start = join(TESTER, 'start.ts');
  const check = (source: string): string[] =>
    violationsIn([start], (file) => (file === start ? source : "import { x } from 'pushwire';"));

  it.each([
    ["import { WebSocket } from 'pushwire';"],
    ["import type { WebSocket } from 'pushwire/websocket';"],
    ["import 'pushwire';"],
    ["export * from 'pushwire/wire';"],
    ["import {\n  acceptKey,\n  Opcode,\n} from 'pushwire/wire';"],
    ["const { WebSocket } = await import('pushwire');"],
    ['const module = await import(`pushwire`);'],
    ["const module = import(\n  'pushwire'\n);"],
    ["const module = require('pushwire');"],
    ["const file = require.resolve('pushwire/wire');"],
    ["import module = require('pushwire');"],
    ['const module = await import(name);'],
    ["const module = require(name + '/wire');"],
    ["type Socket = import('pushwire').WebSocket;"],
    ["import { Opcode } from '../../../src/websocket/wire/opcode.ts';"],
    ["export { Opcode } from '../../../src/wire.ts';"],
    ["import '../../../dist/index.js';"],
  ])('rejects %s', (source) => {
    expect(check(source)).toHaveLength(1);
  });

  it('follows the imports within tools/src', () => {
    expect(check("import { x } from '../report/other.ts';")).toEqual(['tools/src/report/other.ts imports "pushwire"']);
  });

  it('accepts modules of Node.js', () => {
    expect(check("import { createHash } from 'node:crypto';\nconst { name } = import.meta;\n")).toEqual([]);
  });
});
