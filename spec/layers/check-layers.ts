/**
 * Checks each import of `src` and `tools/src` against the table of layers. Every form counts: `import`, `import type`,
 * `export … from`, `import()` and `require()`. Run by `npm run lint`; an argument names another root folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';
import { LAYERS, type Layer, PURE_BUILT_INS } from './layers.ts';

interface Import {
  readonly line: number;
  /** Undefined if it is computed. */
  readonly specifier: string | undefined;
  /** `import('…').Name` in a type: Biome does not see a circle through it. */
  readonly isInType: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly value?: unknown;
  readonly [property: string]: unknown;
}

const root = process.argv[2] ?? '.';
const { dependencies } = JSON.parse(readFileSync(join(root, 'tools/package.json'), 'utf8'));
/** What `tools` may import besides the module; `src` imports no package. */
const LIBRARIES = Object.keys(dependencies).filter((name) => name !== 'pushwire');
const imports = new Map<string, readonly Import[]>();

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The expression or literal that names the imported module, if this node is an import. */
function sourceOf(node: Node): Node | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return isNode(node.source) ? node.source : undefined;
    case 'TSExternalModuleReference':
      return node.expression as Node;
    case 'CallExpression':
      return (node.callee as Node).name === 'require' ? (node.arguments as Node[])[0] : undefined;
    default:
      return undefined;
  }
}

function textOf(source: Node): string | undefined {
  if (typeof source.value === 'string') return source.value;
  if (source.type !== 'TemplateLiteral' || (source.expressions as Node[]).length > 0) return undefined;
  return (source.quasis as { value: { cooked: string } }[])[0]!.value.cooked;
}

function importsOf(file: string): readonly Import[] {
  const known = imports.get(file);
  if (known !== undefined) return known;
  const found: Import[] = [];
  imports.set(file, found);
  const code = readFileSync(join(root, file), 'utf8');
  const lineEnds = [...code.matchAll(/\n/g)].map(({ index }) => index);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isNode(value)) return;
    const source = sourceOf(value);
    if (source !== undefined) {
      const end = lineEnds.findIndex((index) => index > source.start);
      const line = (end === -1 ? lineEnds.length : end) + 1;
      found.push({ line, specifier: textOf(source), isInType: value.type === 'TSImportType' });
    }
    Object.values(value).forEach(visit);
  };
  visit(parseAst(code, { lang: /\.[cm]?ts$/.test(file) ? 'ts' : 'js' }, file));
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
function problemOf(layer: Layer, file: string, { specifier, isInType }: Import): string | undefined {
  if (specifier === undefined) return 'the imported module is computed; it must be a literal';
  if (isInType) return `import('${specifier}') in a type; use an import declaration at the top of the file`;
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
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
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
