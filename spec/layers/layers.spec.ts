import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYERS } from './layers.ts';
import { CLOCKS, HARMLESS_GLOBALS, REFUSED_FORMS, RUNNING_MODULES } from './refused-code.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), 'pushwire-layers-'));
afterAll(() => rmSync(SCRATCH, { recursive: true }));

interface Row {
  readonly path: string;
  readonly imports: readonly string[];
  readonly doesIO: boolean;
}

/** The table in docs/architecture.md. Each case of this spec is derived from it. */
const ROWS: readonly Row[] = [
  ...readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').matchAll(/^\| `(.+?)` \| .+ \| (.+) \| (yes|no) \|$/gm),
].map(([, path, imports, doesIO]) => ({
  path: path!,
  imports: [...imports!.matchAll(/`(.+?)`/g)].map(([, name]) => name!),
  doesIO: doesIO === 'yes',
}));

/** One file of each layer, and one in a subfolder if the layer has subfolders. */
const FILES: readonly { readonly row: Row; readonly file: string }[] = ROWS.flatMap((row) => {
  const { path } = row;
  if (path.endsWith('/*.ts')) return [{ row, file: path.replace('*', 'scratch') }];
  if (path.endsWith('.ts')) return [{ row, file: path }];
  return ['scratch.ts', 'deep/down/scratch.ts'].map((name) => ({ row, file: `${path}/${name}` }));
});
const PURE_FILES = FILES.filter(({ row }) => !row.doesIO).map(({ file }) => file);

/** Files that no layer may import. */
const FILES_OUTSIDE = [
  'src/other/topic.ts',
  'spec/support/sockets.ts',
  'fuzz/run.ts',
  'bench/run.ts',
  'examples/server.js',
  'build.ts',
  'dist/index.js',
  'tools/bin/pushwire.js',
  'tools/spec/main.spec.ts',
  'node_modules/ws/index.js',
];
/** Packages that no layer may import. */
const PACKAGES = ['pushwire-cli', 'vitest', 'ws', 'ws/lib/sender.js', 'undici', 'eventsource', '@fastify/websocket'];
const MODULE = ['pushwire', 'pushwire/wire', 'pushwire/sse', 'pushwire/websocket'];
/** Packages that tools/package.json lists in the scratch folder. */
const LIBRARIES = ['some-library', '@some/library'];
const BUILT_INS = builtinModules.flatMap((name) => [name, `node:${name}`]).filter((name) => isBuiltin(name));
const isPure = (builtIn: string): boolean => /^(node:)?(buffer|crypto|querystring|url|util|zlib)$/.test(builtIn);

const FORMS: Readonly<Record<string, (specifier: string, id: number) => string>> = {
  import: (specifier, id) => `import { a as a${id} } from '${specifier}';`,
  'import type': (specifier, id) => `import type { A as A${id} } from '${specifier}';`,
  'import { type }': (specifier, id) => `import { type A as A${id} } from '${specifier}';`,
  'import without names': (specifier) => `import '${specifier}';`,
  'export … from': (specifier, id) => `export { a as a${id} } from '${specifier}';`,
  'export type … from': (specifier, id) => `export type { A as A${id} } from '${specifier}';`,
  'export * from': (specifier) => `export * from '${specifier}';`,
  'import()': (specifier) => `await import('${specifier}');`,
};

const EXTENSIONS = ['tsx', 'jsx', 'js', 'mjs', 'cjs', 'mts', 'cts', 'd.ts'];

interface Candidate {
  readonly specifier: string;
  readonly isAllowed: boolean;
}

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function candidatesFor(row: Row, file: string): readonly Candidate[] {
  const allows = (path: string): boolean =>
    path === row.path || row.imports.some((name) => path === name || path.startsWith(`${name}/`));
  const candidate = (isAllowed: boolean) => (specifier: string) => ({ specifier, isAllowed });
  const toLayers = FILES.map((target) =>
    // A file that does not exist, because what the imported file imports may count too.
    candidate(allows(target.row.path))(relative(file, target.file.replace('scratch', 'target'))),
  );
  return [
    ...toLayers,
    ...toLayers.map(({ specifier, isAllowed }) => ({ specifier: `./${specifier}`, isAllowed })),
    ...FILES_OUTSIDE.map((target) => relative(file, target)).map(candidate(false)),
    ...PACKAGES.map(candidate(false)),
    ...MODULE.map(candidate(row.imports.includes('pushwire'))),
    ...LIBRARIES.map(candidate(row.path.startsWith('tools/'))),
    ...(row.doesIO ? ['net', 'node:net', 'node:timers/promises'].map(candidate(true)) : []),
    ...(row.doesIO ? [] : BUILT_INS.map((name) => candidate(isPure(name))(name))),
  ];
}

function write(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(join(SCRATCH, file)), { recursive: true });
  writeFileSync(join(SCRATCH, file), `${lines.join('\n')}\n`);
}

/** Runs a linter that must fail, and resolves with what it prints. */
function failingRun(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error?.code === 1) resolve(stdout + stderr);
      else reject(new Error(`The linter must end with status 1: ${stderr}`, { cause: error }));
    });
  });
}

it('docs/architecture.md has the same layers as spec/layers/layers.ts', () => {
  expect(ROWS).toEqual(LAYERS.map(({ path, imports, isPure }) => ({ path, imports, doesIO: isPure !== true })));
});

it('npm run lint runs Biome and the check of the layers', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const commands = scripts.lint.split(' && ');
  expect(commands).toContain('biome check --error-on-warnings');
  expect(commands).toContain('tsx spec/layers/check-layers.ts');
});

describe('the check of the layers', () => {
  /** What each line of the scratch files imports, by `file:line`. */
  const allowed = new Map<string, string>();
  const forbidden = new Map<string, string>();
  /** What the check reports, by `file:line`. */
  let reported: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const dependencies = Object.fromEntries(['pushwire', ...LIBRARIES].map((name) => [name, '*']));
    write('layers/tools/package.json', [JSON.stringify({ dependencies })]);
    for (const { row, file } of FILES) {
      const lines: string[] = [];
      for (const [form, importFrom] of Object.entries(FORMS)) {
        for (const { specifier, isAllowed } of candidatesFor(row, file)) {
          lines.push(importFrom(specifier, lines.length));
          (isAllowed ? allowed : forbidden).set(`${file}:${lines.length}`, `${file}: ${form} ${specifier}`);
        }
      }
      write(`layers/${file}`, lines);
    }
    write('layers/src/other/topic.ts', ['export const a = 1;']);
    write('layers/src/shared/socket.ts', ["export type { Socket } from 'node:net';"]);
    write('layers/src/shared/through.ts', ["export * from './socket.ts';"]);
    write('layers/src/sse/wire/messages.ts', ["import 'node:net';", "import '../../shared/through.ts';"]);
    for (const [index, { code }] of Object.values(CLOCKS).entries()) {
      write(`layers/src/sse/wire/clock-${index}.ts`, code.split('\n'));
      write(`layers/src/sse/client/clock-${index}.ts`, code.split('\n'));
    }
    write('layers/src/shared/timeout.ts', ['export const wait = () => setTimeout(() => {}, 1);']);
    write('layers/src/shared/through-timeout.ts', ["export { wait } from './timeout.ts';"]);
    write('layers/src/sse/wire/through-timeout.ts', ["import '../../shared/through-timeout.ts';"]);
    write('layers/src/sse/wire/harmless-globals.ts', HARMLESS_GLOBALS);
    write('layers/src/sse/wire/warning.ts', ["process.emitWarning('A mistake in the program');"]);
    for (const [index, name] of RUNNING_MODULES.entries()) {
      write(`layers/src/shared/running-${index}.ts`, [
        `import { a } from '${name}';`,
        `import type { A } from '${name}';`,
      ]);
      write(`layers/tools/src/commands/running-${index}.ts`, [`import { a } from '${name}';`]);
    }
    write('layers/src/sse/client/messages.ts', [
      "import '../server/event-stream.ts';",
      "import 'ws';",
      "import '../../shared/through.ts';",
    ]);
    for (const [index, { code }] of Object.values(REFUSED_FORMS).entries()) {
      write(`layers/src/shared/form-${index}.ts`, code.split('\n'));
    }
    for (const extension of EXTENSIONS) {
      write(`layers/src/sse/wire/extension.${extension}`, ["import '../server/event-stream.ts';"]);
    }
    write('layers/src/shared/harmless.ts', [
      '/** Not a reference path="../sse/index.ts", and an import of (nothing). See {@link Event}. */',
      'export const options: { readonly required: boolean; resolve(): void } = { required: true, resolve() {} };',
      '// import.meta.resolve() and require() are words here.',
      'export namespace Names {}',
    ]);
    write('layers/src/shared/rare-forms.ts', [
      'await import(`../websocket/wire/frame.ts`);',
      "await import('../websocket' + '/wire/frame.ts');",
      "export type Sent = import('./sent.ts').Sent;",
    ]);
    const output = await failingRun(['--import', 'tsx', 'spec/layers/check-layers.ts', join(SCRATCH, 'layers')], ROOT);
    reported = new Map(
      [...output.matchAll(/^(\S+:\d+): (.+)$/gm)].map(([, place, message]) => [place!, message!] as const),
    );
  }, 60_000);

  it('refuses each import that the table rules out', () => {
    expect(forbidden.size).toBeGreaterThan(10_000);
    expect([...forbidden].filter(([place]) => !reported.has(place)).map(([, text]) => text)).toEqual([]);
  });

  it('accepts each import that the table allows', () => {
    expect(allowed.size).toBeGreaterThan(2_000);
    expect([...allowed].filter(([place]) => reported.has(place)).map(([, text]) => text)).toEqual([]);
  });

  it.each(Object.entries(REFUSED_FORMS))(
    'refuses the form %s, whatever it imports',
    (_, { code, message, line = 1 }) => {
      const file = `src/shared/form-${Object.values(REFUSED_FORMS).findIndex((form) => form.code === code)}.ts`;
      expect(reported.get(`${file}:${line}`)).toContain(message);
    },
  );

  it.each(EXTENSIONS)('sees files that end in .%s', (extension) => {
    expect([...reported.keys()]).toContain(`src/sse/wire/extension.${extension}:1`);
  });

  it('accepts comments and names that only look like an import', () => {
    expect([...reported].filter(([place]) => place.startsWith('src/shared/harmless.ts'))).toEqual([]);
  });

  it('names what is imported and what is allowed', () => {
    expect(reported.get('src/sse/client/messages.ts:1')).toBe(
      'imports src/sse/server/event-stream.ts; src/sse/client may import src/sse/wire, src/shared',
    );
    expect(reported.get('src/sse/client/messages.ts:2')).toBe(
      'imports ws; src/sse/client may import src/sse/wire, src/shared',
    );
    expect(reported.get('src/sse/wire/messages.ts:1')).toBe(
      'imports node:net; of Node, src/sse/wire may import buffer, crypto, querystring, url, util, zlib',
    );
  });

  it('refuses a file that belongs to no layer', () => {
    expect(reported.get('src/other/topic.ts:1')).toBe('belongs to no layer');
  });

  it('refuses I/O by way of other files in a layer without I/O', () => {
    expect(reported.get('src/sse/wire/messages.ts:2')).toBe(
      'imports src/shared/through.ts, which imports src/shared/socket.ts, which imports node:net; src/sse/wire does no I/O',
    );
    expect(reported.get('src/sse/client/messages.ts:3')).toBeUndefined();
  });

  it.each(Object.entries(CLOCKS))('refuses %s in a layer without I/O', (_, { code, name }) => {
    const file = `clock-${Object.values(CLOCKS).findIndex((clock) => clock.code === code)}.ts:1`;
    expect(reported.get(`src/sse/wire/${file}`)).toBe(`uses ${name}; src/sse/wire does no I/O`);
    expect(reported.get(`src/sse/client/${file}`)).toBeUndefined();
  });

  it('refuses a clock by way of other files in a layer without I/O', () => {
    expect(reported.get('src/sse/wire/through-timeout.ts:1')).toBe(
      'imports src/shared/through-timeout.ts, which imports src/shared/timeout.ts, which uses setTimeout; src/sse/wire does no I/O',
    );
  });

  it('accepts members, types and variables with the name of a clock', () => {
    expect([...reported].filter(([place]) => place.startsWith('src/sse/wire/harmless-globals.ts'))).toEqual([]);
  });

  it('accepts a process warning in a layer without I/O', () => {
    expect(reported.get('src/sse/wire/warning.ts:1')).toBeUndefined();
  });

  it('refuses modules of Node that run programs in the module, but not their types, and not in the command', () => {
    for (const [index, name] of RUNNING_MODULES.entries()) {
      expect(reported.get(`src/shared/running-${index}.ts:1`)).toBe(`imports ${name}, which can load any file`);
      expect(reported.get(`src/shared/running-${index}.ts:2`)).toBeUndefined();
      expect(reported.get(`tools/src/commands/running-${index}.ts:1`)).toBeUndefined();
    }
  });

  it('sees the rarer forms of an import', () => {
    const messages = [1, 2, 3].map((line) => reported.get(`src/shared/rare-forms.ts:${line}`));
    const refused = 'imports src/websocket/wire/frame.ts; src/shared may import no other layer';
    expect(messages).toEqual([
      refused,
      'the imported module is computed; it must be a literal',
      "import('./sent.ts') in a type is refused; use an import declaration at the top of the file",
    ]);
  });
});

describe('Biome', () => {
  const CLOCK = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Date', 'process'];
  const IO = ['net', 'tls', 'http', 'https', 'http2', 'stream', 'stream/web', 'stream/promises', 'events', 'timers'];
  /** What Biome refuses, as `rule file:line`. */
  let refused: ReadonlySet<string>;
  const imports = Object.values(FORMS);

  beforeAll(async () => {
    for (const name of ['biome.json', '.gitignore']) cpSync(join(ROOT, name), join(SCRATCH, 'biome', name));
    for (const { file } of FILES) {
      for (const [index, importFrom] of imports.entries()) {
        const [one, other] = ['one', 'other'].map((name) => file.replace(/\.ts$/, `-${index}-${name}.ts`));
        write(`biome/${one}`, [importFrom(relative(one!, other!), 1)]);
        write(`biome/${other}`, [importFrom(relative(other!, one!), 1)]);
      }
    }
    for (const file of PURE_FILES) {
      write(`biome/${file}`, [
        ...CLOCK.map((name) => `${name};`),
        ...imports.flatMap((importFrom, form) =>
          IO.map((name, index) => importFrom(`node:${name}`, form * 100 + index)),
        ),
      ]);
    }
    const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
    const output = await failingRun(
      [biome, 'lint', '--reporter=github', '--max-diagnostics=none'],
      join(SCRATCH, 'biome'),
    );
    const places = output.matchAll(/title=lint\/\w+\/(\w+),file=.*?\/((?:tools\/)?src\/[^,]+),line=(\d+)/g);
    refused = new Set([...places].map(([, rule, file, line]) => `${rule} ${file}:${line}`));
  }, 60_000);

  it('refuses a circle of imports in each layer, also of types', () => {
    const circles = FILES.flatMap(({ file }) =>
      imports.flatMap((_, index) =>
        ['one', 'other'].map((name) => `noImportCycles ${file.replace(/\.ts$/, `-${index}-${name}.ts`)}:1`),
      ),
    );
    expect(circles.filter((circle) => !refused.has(circle))).toEqual([]);
  });

  it('refuses clocks and I/O in the layers without I/O', () => {
    const clocks = CLOCK.map((_, index) => `noRestrictedGlobals FILE:${index + 1}`);
    const modules = imports.flatMap((_, form) =>
      IO.map((_, index) => `noRestrictedImports FILE:${CLOCK.length + form * IO.length + index + 1}`),
    );
    const expected = PURE_FILES.flatMap((file) => [...clocks, ...modules].map((place) => place.replace('FILE', file)));
    expect(expected.filter((place) => !refused.has(place))).toEqual([]);
  });
});
