/**
 * Builds both packages: `dist/`, the module, and `tools/dist/`, the command. The JavaScript of the module is bundled, and its
 * declarations are compiled.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

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

const DECLARATIONS = ['--declaration', '--emitDeclarationOnly', '--isolatedDeclarations'];
const DECLARATION_IMPORT = /(from '|import\(')(\.[^']*)\.ts'/g;

/**
 * Keeps the declarations that an entry point reaches, and deletes the others. They become `.d.cts`: an ES module may import a
 * CommonJS module, but not the other way round, so these serve both formats. Each entry point has a `.d.ts` besides, which
 * exports the same. Tabs instead of spaces make them smaller. The compiler leaves out what is `@internal`, so that no file is
 * reached that only the module itself needs.
 */
function finishDeclarations(directory: string, entryPoints: readonly string[]): void {
  const reached = new Set<string>();
  function visit(file: string): void {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, , path] of text.matchAll(DECLARATION_IMPORT)) visit(resolve(file, '..', `${path}.d.ts`));
    const indented = openDeclarations(text, basename(file, '.d.ts')).replaceAll(/^(?: {4})+/gm, (spaces) =>
      '\t'.repeat(spaces.length / 4),
    );
    writeFileSync(commonJs(file), indented.replaceAll(DECLARATION_IMPORT, "$1$2.cjs'"));
  }
  for (const entryPoint of entryPoints) visit(resolve(entryPoint));
  const root = resolve(directory, 'index.d.ts');
  const websocket = exportedNames(resolve(directory, 'websocket/index.d.ts'));
  const sse = exportedNames(resolve(directory, 'sse/index.d.ts'));
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts')) rmSync(resolve(directory, file));
  }
  for (const entryPoint of entryPoints) {
    writeFileSync(entryPoint, `export * from './${basename(entryPoint, '.d.ts')}.cjs';\n`);
  }
  // The root has a default export as an ES module. As a CommonJS module, it is that export.
  renameSync(commonJs(root), root);
  writeFileSync(commonJs(root), "import { pushwire } from './default-export.cjs';\nexport = pushwire;\n");
  writeFileSync(resolve(directory, 'default-export.d.cts'), declareDefaultExport(websocket, sse));
  appendFileSync(resolve(directory, 'websocket/websocket.d.cts'), declareTypesOfClass());
}

const commonJs = (file: string): string => file.replace(/\.d\.ts$/, '.d.cts');

/** With it, no object of a test could have the type of a class. The types of `ws` allow that. */
const PRIVATE_MEMBERS = /^ +#private;\n/gm;

/** The compiler does not let a namespace export again what was exported with `type`. */
const EXPORT_LIST = /^export (type )?\{[^}]*\}/gm;

/**
 * What `webInterface()` returns: for the compiler, a constant and an alias, which a program cannot augment. It is the class itself,
 * so that is exported in their place.
 */
const COMPLETED_CLASS = /declare const (\w+)Interface: typeof \1;\ntype \1Interface(<.*>)? = \1(<.*>)?;\n/g;
const EXPORT_OF_COMPLETED_CLASS = /\b(\w+)Interface as \1\b/g;

/** The classes that `ws` has, too, from the first line to the closing brace. */
const CLASS_OF_WS =
  /^(export )?declare (?:abstract )?class (EventTargetEmitter|WebSocket|WebSocketServer)(<.*?>)? extends (?:Event|Emit).*\n(?:[^}].*\n)*}\n/gm;

/** An accessor, with its comment. */
const ACCESSOR = /^( +\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?: +get (\w+)\(\): (.*;\n)( +set \2\(.*\n)?)/gm;

/**
 * Moves the accessors of a class to an interface. As in the types of `ws`, a subclass may have a field in place of one, such as
 * `onmessage`. The compiler refuses that for an accessor of a class.
 */
function moveAccessors(declaration: string, exported = '', name: string, parameters = ''): string {
  const members: string[] = [];
  const rest = declaration.replaceAll(ACCESSOR, (_, comment = '', member, type, setter) => {
    members.push(`${comment}    ${setter === undefined ? 'readonly ' : ''}${member}: ${type}`);
    return '';
  });
  return `${rest}${exported}${exported === '' ? 'declare ' : ''}interface ${name}${parameters} {\n${members.join('')}}\n`;
}

/** The names of type parameters in the types of `ws`: a program that augments these interfaces has to repeat them. */
const TYPE_PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'server-options': { Socket: 'U', Request: 'V' },
  'websocket-server': { Socket: 'T', Request: 'U' },
};

/** Makes declarations as open as those of `ws`: a program may augment classes, and make objects of their types. */
function openDeclarations(declarations: string, file: string): string {
  const names = TYPE_PARAMETERS[file] ?? {};
  return declarations
    .replaceAll(/\b(Socket|Request)\b/g, (name) => names[name] ?? name)
    .replaceAll(CLASS_OF_WS, moveAccessors)
    .replaceAll(BASE_OF_CLASS, '$1, WebSocketEventMap>')
    .replaceAll(PRIVATE_MEMBERS, '')
    .replaceAll(EXPORT_LIST, (list) => list.replaceAll('type ', ''))
    .replaceAll(COMPLETED_CLASS, '')
    .replaceAll(EXPORT_OF_COMPLETED_CLASS, '$1');
}

/** The names that a declaration file exports, other than 'default'. */
function exportedNames(file: string): string[] {
  const { body } = parseAst(readFileSync(file, 'utf8'), { lang: 'dts' });
  return body.flatMap((node): string[] => {
    if (node.type === 'ExportAllDeclaration') {
      return exportedNames(resolve(file, '..', node.source.value.replace(/ts$/, 'd.ts')));
    }
    if (node.type !== 'ExportNamedDeclaration') return [];
    const { declaration, specifiers } = node;
    if (declaration !== null && 'id' in declaration && declaration.id?.type === 'Identifier')
      return [declaration.id.name];
    return specifiers.flatMap(({ exported }) => (exported.type === 'Identifier' ? exported.name : []));
  });
}

/** The events that handlers such as `onmessage` receive are those that a program can augment and name. */
const BASE_OF_CLASS = /(class WebSocket extends EventTargetEmitter<WebSocket)>/g;

/** The types that are members of the class in the types of `ws`, such as `WebSocket.RawData`. */
const TYPES_OF_CLASS =
  'AddressInfo CertMeta CloseEvent Data ErrorEvent Event EventListenerOptions FinishRequestCallback MessageEvent ' +
  'PerMessageDeflateOptions RawData ServerOptions VerifyClientCallbackAsync VerifyClientCallbackSync WebSocketEventMap';

/** The source cannot express this without a circle: some of these types depend on the class. */
function declareTypesOfClass(): string {
  const names = TYPES_OF_CLASS.replaceAll(' ', ', ');
  return `import type { ${names} } from './index.cjs';
declare namespace WebSocket {
	export { ClientOptions, ${names} };
}
`;
}

/**
 * The members that programs augment in CommonJS, such as `interface Server {…}`. They are declared as in the types of `ws`, rather than
 * exported again, because the compiler loses what an exported name stands for when it is augmented.
 */
const DECLARED_MEMBERS: readonly string[] = ['WebSocket', 'Server', 'WebSocketServer'];

/**
 * The class with every other export as a member: classes, functions and types. The source cannot express it: there, the default
 * export is a constant, and a constant has no types as members.
 */
function declareDefaultExport(websocket: readonly string[], sse: readonly string[]): string {
  const members = websocket.filter((name) => !DECLARED_MEMBERS.includes(name)).join(', ');
  const eventStreams = sse.join(', ');
  const parameters = 'T extends typeof Class = typeof Class, U extends typeof IncomingMessage = typeof IncomingMessage';
  return `import type { IncomingMessage } from 'node:http';
import { WebSocket as Class, WebSocketServer as ServerClass, ${members} } from './websocket/index.cjs';
import { ${eventStreams} } from './sse/index.cjs';
/** The WebSocket class with every other export as a member: the default export, and what \`require('pushwire')\` returns. */
declare class WebSocket extends Class {}
declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}
declare namespace WebSocket {
	export const WebSocket: typeof WebSocketAlias;
	export interface WebSocket extends WebSocketAlias {}
	export class Server<${parameters}> extends ServerClass<T, U> {}
	export const WebSocketServer: typeof Server;
	export interface WebSocketServer<${parameters}> extends Server<T, U> {}
	export { ${members}, ${eventStreams} };
}
export { WebSocket as pushwire };
`;
}

const SUBPATHS: readonly string[] = ['websocket/index', 'sse/index', 'hub/index', 'hub/redis/index', 'hub/nats/index'];

/** The parts of the module, from the lowest layer on: what imports one of them loads no other, except those that it is built on. */
const PARTS: readonly (readonly [name: string, files: RegExp])[] = [
  ['shared', /src\/shared\//],
  ['websocket-wire', /src\/websocket\/(wire|handshake)\//],
  ['sse-wire', /src\/sse\/wire\//],
  ['websocket', /src\/websocket\//],
  ['sse', /src\/sse\//],
  ['hub', /src\/hub\/(?!redis|nats)/],
];

/**
 * Puts the files of each part into one. Measured: a process imports ten files in half of the time that a hundred take, and
 * the parser of event streams is a twentieth faster, because V8 reads a variable of the same file faster.
 */
async function bundle(format: 'esm' | 'cjs', index: string, extension: string): Promise<void> {
  const { output } = await build({
    input: { index, wire: 'src/wire.ts', ...Object.fromEntries(SUBPATHS.map((path) => [path, `src/${path}.ts`])) },
    platform: 'node',
    output: {
      dir: 'dist',
      format,
      entryFileNames: `[name].${extension}`,
      // Programs see the names of classes, such as `error.name`. Those of functions and variables are short.
      keepNames: true,
      // V8 checks at each use whether a `const` of another function's scope is initialized.
      topLevelVar: true,
      chunkFileNames: `[name].${extension}`,
      // `@__PURE__` stays: by it, bundlers know what they may drop.
      comments: { legal: false, jsdoc: false, annotation: true },
      // Compressed functions have less bytecode, so that V8 inlines more of them: `pipelined` takes a tenth less CPU time.
      minify: {
        compress: true,
        mangle: { keepNames: { class: true, function: false } },
        codegen: { removeWhitespace: true },
      },
      codeSplitting: { groups: PARTS.map(([name, test], index) => ({ name, test, priority: PARTS.length - index })) },
    },
  });
  for (const file of output) {
    if (file.type === 'chunk')
      writeFileSync(join('dist', file.fileName), inLines(file.code.replace(UNUSED_IMPORT, '')));
  }
}

/** What compression leaves of an import that is not used. It has no effect, and bundlers warn of it. */
const UNUSED_IMPORT = /import"\.[^"]*";/g;

/** Characters after which a line ends, as soon as it can. */
const LINE_LENGTH = 200;
const STARTS_LINE = /Statement$|Declaration$|Definition$|^(Import|Export)Specifier$|^Property$/;

/**
 * Breaks minified code into lines, for stack traces: Node.js prints the line of an uncaught error. A line may start where a
 * statement, a member or a property starts.
 */
function inLines(code: string): string {
  const starts = new Set<number>();
  function visit(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    const { type, start } = node as { type?: unknown; start?: unknown };
    if (typeof type === 'string' && type !== 'BlockStatement' && STARTS_LINE.test(type)) starts.add(start as number);
    for (const child of Object.values(node)) visit(child);
  }
  visit(parseAst(code));
  let result = '';
  let lineStart = 0;
  for (const start of [...starts].sort((a, b) => a - b)) {
    if (start - lineStart < LINE_LENGTH) continue;
    result += `${code.slice(lineStart, start)}\n`;
    lineStart = start;
  }
  return result + code.slice(lineStart);
}

/** Files of the command that processes start, or that specs load: they keep their paths. */
const COMMAND_FILES: readonly string[] = [
  'main',
  'own-files',
  'compare/browser/browser-scenes',
  'compare/browser/browser-test-bed',
  'compare/exchange-terms',
  'compare/processes/client-process',
  'compare/processes/server-process',
  'compare/run-scenes',
  'compare/scenes/exchange',
  'compare/scenes/latency',
  'compare/self-signed-certificate',
  'compare/technique',
  'compare/test-bed',
];

/**
 * Puts the files of the command into few. Measured: `pushwire conform` starts in two thirds of the CPU time that 150 files take. It
 * imports the module by its name.
 */
async function bundleCommand(): Promise<void> {
  await build({
    input: Object.fromEntries(COMMAND_FILES.map((path) => [path, `tools/src/${path}.ts`])),
    platform: 'node',
    external: /^(pushwire|redis|@nats-io)(\/|$)/,
    output: {
      dir: 'tools/dist',
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      comments: { legal: false, jsdoc: false, annotation: false },
    },
  });
}

interface EntryPoint {
  readonly import?: { readonly types: string };
}
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, EntryPoint> };
const entryPoints = Object.values(exports).flatMap((entryPoint) => entryPoint.import?.types ?? []);

rmSync('dist', { recursive: true, force: true });
rmSync('tools/dist', { recursive: true, force: true });
await Promise.all([
  bundle('esm', 'src/index.ts', 'js'),
  bundle('cjs', 'src/commonjs.ts', 'cjs'),
  compile('tsconfig.build.json', ...DECLARATIONS),
]);
finishDeclarations('dist', entryPoints);

await bundleCommand();
cpSync('tools/src', 'tools/dist', { recursive: true, filter: (path) => !/(\.ts|tsconfig\.json)$/.test(path) });
