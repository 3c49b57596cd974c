/**
 * Checks each import of `src` and `tools/src` against the table of layers: `import`, `import type`, `export … from` and
 * `import()`. Refuses every other form that brings in a file: `refused-forms.ts` lists them. Run by `npm run lint`; an
 * argument names another root folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseSync } from 'rolldown/utils';
import { LAYERS, type Layer, PURE_BUILT_INS } from './layers.ts';
import { isNode, type Node, refusedComments, refusedForm, textOf } from './refused-forms.ts';

interface Import {
  readonly line: number;
  /** Undefined if it is computed, or if the form is refused. */
  readonly specifier: string | undefined;
  /** The form, if no file may use it. */
  readonly refusedForm?: string;
}

const root = process.argv[2] ?? '.';
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'tools/package.json'), 'utf8'));
/** What `tools` may import besides the module; `src` imports no package. */
const LIBRARIES = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== 'pushwire');
const imports = new Map<string, readonly Import[]>();

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

function importsOf(file: string): readonly Import[] {
  const known = imports.get(file);
  if (known !== undefined) return known;
  const found: Import[] = [];
  imports.set(file, found);
  const code = readFileSync(join(root, file), 'utf8');
  const { program, comments, errors } = parseSync(file, code, { sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const lineEnds = [...code.matchAll(/\n/g)].map(({ index }) => index);
  const add = (start: number, specifier: string | undefined, form?: string): void => {
    const end = lineEnds.findIndex((index) => index >= start);
    const line = (end === -1 ? lineEnds.length : end) + 1;
    found.push({ line, specifier, ...(form === undefined ? {} : { refusedForm: form }) });
  };
  const visit = (value: unknown, parent?: Node): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, parent);
    }
    if (!isNode(value)) return;
    const form = refusedForm(value, parent);
    if (form !== undefined) add(value.start, undefined, form);
    const source = sourceOf(value);
    if (source !== undefined) add(source.start, textOf(source));
    for (const child of Object.values(value)) visit(child, value);
  };
  visit(program);
  for (const { start, form } of refusedComments(comments)) add(start, undefined, form);
  return found;
}

const MOST_SPECIFIC_FIRST = LAYERS.toSorted((one, other) => other.path.length - one.path.length);

function layerOf(file: string): Layer | undefined {
  const direct = file.endsWith('.ts') ? `${posix.dirname(file)}/*.ts` : undefined;
  return MOST_SPECIFIC_FIRST.find(({ path }) => path === file || path === direct || file.startsWith(`${path}/`));
}

function isPure(builtIn: string): boolean {
  return PURE_BUILT_INS.includes(builtIn.replace(/^node:/, ''));
}

function isRelative(specifier: string): boolean {
  return /^\.\.?(\/|$)/.test(specifier);
}

/** What is wrong with an import; undefined if it is allowed. */
function problemOf(layer: Layer, file: string, { specifier, refusedForm }: Import): string | undefined {
  if (refusedForm !== undefined) return `${refusedForm} is refused; use an import declaration at the top of the file`;
  if (specifier === undefined) return 'the imported module is computed; it must be a literal';
  if (/^(node:)?module$/.test(specifier)) return `imports ${specifier}, which can load any file`;
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

/** The files from this one to a module of Node that does more than compute. */
function pathToImpurity(file: string, seen: Set<string>): readonly string[] | undefined {
  if (seen.has(file) || !existsSync(join(root, file))) return undefined;
  seen.add(file);
  for (const { specifier } of importsOf(file)) {
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
  return importsOf(file).flatMap((found) => {
    const problem = problemOf(layer, file, found);
    return problem === undefined ? [] : [`${file}:${found.line}: ${problem}`];
  });
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
