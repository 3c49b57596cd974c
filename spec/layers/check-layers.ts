/**
 * Checks each import of `src` and `tools/src` against the table of layers: `import`, `import type`, `export … from` and
 * `import()`. Refuses every other form that brings in a file: `refused-forms.ts` lists them. Refuses I/O and clocks in the
 * layers without I/O, also by way of other files. Run by `npm run lint`; an argument names another root folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseSync } from 'rolldown/utils';
import { LAYERS, type Layer, PURE_BUILT_INS } from './layers.ts';
import { isNode, type Node, refusedComments, refusedForm, textOf } from './refused-forms.ts';
import { impureGlobals } from './used-globals.ts';

interface Import {
  readonly line: number;
  /** Undefined if it is computed, or if the form is refused. */
  readonly specifier: string | undefined;
  /** The form, if no file may use it. */
  readonly refusedForm?: string;
  /** Whether it imports types only. */
  readonly isOfTypes?: boolean;
}

interface UsedGlobal {
  readonly line: number;
  readonly name: string;
}

/** What the check needs of a file. */
interface Contents {
  readonly imports: readonly Import[];
  /** The globals that do more than compute. */
  readonly impureGlobals: readonly UsedGlobal[];
}

const root = process.argv[2] ?? '.';
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'tools/package.json'), 'utf8'));
/** What `tools` may import besides the module; `src` imports no package. */
const LIBRARIES = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== 'pushwire');
const contents = new Map<string, Contents>();

/** The expression or literal that names the imported module, if this node is an import. */
function sourceOf(node: Node): Node | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return isNode(node.source) ? node.source : undefined;
    default:
      return undefined;
  }
}

function contentsOf(file: string): Contents {
  const known = contents.get(file);
  if (known !== undefined) return known;
  const found: Import[] = [];
  const code = readFileSync(join(root, file), 'utf8');
  const { program, comments, errors } = parseSync(file, code, { sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const lineEnds = [...code.matchAll(/\n/g)].map(({ index }) => index);
  const lineOf = (start: number): number => {
    const end = lineEnds.findIndex((index) => index >= start);
    return (end === -1 ? lineEnds.length : end) + 1;
  };
  const add = (start: number, specifier: string | undefined, form?: string, isOfTypes = false): void => {
    found.push({ line: lineOf(start), specifier, isOfTypes, ...(form === undefined ? {} : { refusedForm: form }) });
  };
  const visit = (value: unknown, parent?: Node): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, parent);
    }
    if (!isNode(value)) return;
    const form = refusedForm(value, parent);
    if (form !== undefined) add(value.start, undefined, form);
    const source = sourceOf(value);
    if (source !== undefined) {
      add(source.start, textOf(source), undefined, value.importKind === 'type' || value.exportKind === 'type');
    }
    for (const child of Object.values(value)) visit(child, value);
  };
  visit(program);
  for (const { start, form } of refusedComments(comments)) add(start, undefined, form);
  const used = impureGlobals(program).map(({ name, start }) => ({ name, line: lineOf(start) }));
  const result = { imports: found, impureGlobals: used };
  contents.set(file, result);
  return result;
}

const MOST_SPECIFIC_FIRST = LAYERS.toSorted((one, other) => other.path.length - one.path.length);

function layerOf(file: string): Layer | undefined {
  const direct = file.endsWith('.ts') ? `${posix.dirname(file)}/*.ts` : undefined;
  return MOST_SPECIFIC_FIRST.find(({ path }) => path === file || path === direct || file.startsWith(`${path}/`));
}

function isPure(builtIn: string): boolean {
  return PURE_BUILT_INS.includes(builtIn.replace(/^node:/, ''));
}

/** Whether this module of Node can run a file or a text as a program. The command starts processes, and the module does not. */
function runsFiles(specifier: string): boolean {
  return /^(node:)?(child_process|cluster|inspector(\/promises)?|repl|test|vm|worker_threads)$/.test(specifier);
}

function isRelative(specifier: string): boolean {
  return /^\.\.?(\/|$)/.test(specifier);
}

/** What is wrong with an import; undefined if it is allowed. */
function problemOf(layer: Layer, file: string, { specifier, refusedForm, isOfTypes }: Import): string | undefined {
  if (refusedForm !== undefined) return `${refusedForm} is refused; use an import declaration at the top of the file`;
  if (specifier === undefined) return 'the imported module is computed; it must be a literal';
  if (/^(node:)?module$/.test(specifier) || (!isOfTypes && file.startsWith('src/') && runsFiles(specifier))) {
    return `imports ${specifier}, which can load any file`;
  }
  if (isBuiltin(specifier)) {
    return layer.isPure && !isPure(specifier)
      ? `imports ${specifier}; of Node, ${layer.path} may import ${PURE_BUILT_INS.join(', ')}`
      : undefined;
  }
  if (!isRelative(specifier)) {
    const [scopeOrName, name] = specifier.split('/');
    const imported = scopeOrName!.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName!;
    if (layer.imports.includes(imported) || (file.startsWith('tools/') && LIBRARIES.includes(imported))) return;
    return `imports ${specifier}; ${permissions(layer)}`;
  }
  const target = posix.join(posix.dirname(file), specifier);
  const targetLayer = layerOf(target);
  if (targetLayer === undefined || !mayImport(layer, targetLayer)) {
    return `imports ${target}; ${permissions(layer)}`;
  }
  if (!layer.isPure || targetLayer.isPure) return undefined;
  const path = pathToImpurity(target, new Set());
  return path === undefined ? undefined : `imports ${path.join(', which imports ')}; ${layer.path} does no I/O`;
}

function mayImport(layer: Layer, { path }: Layer): boolean {
  return path === layer.path || layer.imports.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
}

function permissions({ path, imports }: Layer): string {
  return `${path} may import ${imports.length === 0 ? 'no other layer' : imports.join(', ')}`;
}

/** The files from this one to a module of Node, or a global, that does more than compute. */
function pathToImpurity(file: string, seen: Set<string>): readonly string[] | undefined {
  if (seen.has(file) || !existsSync(join(root, file))) return undefined;
  seen.add(file);
  const { imports, impureGlobals } = contentsOf(file);
  const [impureGlobal] = impureGlobals;
  if (impureGlobal !== undefined) return [`${file}, which uses ${impureGlobal.name}`];
  for (const { specifier } of imports) {
    if (specifier === undefined) continue;
    if (isBuiltin(specifier) && !isPure(specifier)) return [file, specifier];
    if (!isRelative(specifier)) continue;
    const path = pathToImpurity(posix.join(posix.dirname(file), specifier), seen);
    if (path !== undefined) return [file, ...path];
  }
  return undefined;
}

function problemsOf(file: string): readonly string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file}:1: belongs to no layer`];
  const { imports, impureGlobals } = contentsOf(file);
  const ofImports = imports.flatMap((found) => {
    const problem = problemOf(layer, file, found);
    return problem === undefined ? [] : [`${file}:${found.line}: ${problem}`];
  });
  const ofGlobals = impureGlobals.map(({ line, name }) => `${file}:${line}: uses ${name}; ${layer.path} does no I/O`);
  return layer.isPure ? [...ofImports, ...ofGlobals] : ofImports;
}

const files = ['src', 'tools/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .toSorted(),
);
const emptyLayers = LAYERS.filter((layer) => !files.some((file) => layerOf(file) === layer));
const problems = [
  ...files.flatMap(problemsOf),
  ...emptyLayers.map(({ path }) => `spec/layers/layers.ts: there is no file of the layer ${path}`),
];
if (problems.length > 0) {
  console.error(problems.join('\n'));
  console.error(`${problems.length} violations of the table of layers (spec/layers/layers.ts)`);
  process.exitCode = 1;
}
