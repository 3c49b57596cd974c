/**
 * Loads the packed module with each runtime, test runner, bundler and compiler that people use, as an ES module and as a
 * CommonJS module: `npm run module-formats`. They are installed into a folder of their own.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inInstalledFolder } from '../support/installed-folder.ts';

const run = promisify(execFile);
const project = fileURLToPath(new URL('project', import.meta.url));
const TIME_LIMIT = 60_000;

const EXCHANGED = 'data: an event, echo of hello';

/** Runs a program in the folder with the packages, and returns what it prints. */
type Execute = (program: string, ...args: readonly string[]) => Promise<string>;
type Check = (execute: Execute, directory: string) => Promise<void>;

function expectOutput(output: string, expected: string): void {
  if (output.trim() !== expected) throw new Error(`It printed ${JSON.stringify(output)}; expected ${expected}`);
}

/** What `execute()` prints is what was exchanged. */
const prints =
  (program: string, ...args: readonly string[]): Check =>
  async (execute) =>
    expectOutput(await execute(program, ...args), EXCHANGED);

/** Bundles a program, and runs the bundle. `text` is a program that writes `bundle.cjs` or `bundle.mjs`. */
const bundles =
  (text: string, bundle: string): Check =>
  async (execute, directory) => {
    const name = `${bundle.replace('.', '-')}-${text.length}`;
    await writeFile(join(directory, `${name}.mjs`), text);
    await execute('node', `${name}.mjs`);
    expectOutput(await execute('node', join('bundles', bundle)), EXCHANGED);
  };

const jest =
  (test: string, transform: object): Check =>
  async (execute, directory) => {
    const config = `${test}.json`;
    const matches = [`<rootDir>/programs/${test}`];
    await writeFile(join(directory, config), JSON.stringify({ testMatch: matches, transform }));
    await execute('jest', '--config', config);
  };

const BABEL = { '\\.js$': ['babel-jest', { presets: [['@babel/preset-env', { targets: { node: '20' } }]] }] };
const CLASSIC = { module: 'commonjs', moduleResolution: 'node10', target: 'es2022', types: ['node'] };

/** Compiles the programs with the declarations that are installed: they are checked, too. */
const compiles =
  (version: string, options: object, programs: Readonly<Record<string, string>>): Check =>
  async (execute, directory) => {
    const folder = join(directory, `typescript-${Object.values(options).join('-')}-${version}`.replace(/[^\w-]/g, '_'));
    await mkdir(folder);
    for (const [file, program] of Object.entries(programs)) {
      await cp(join(directory, 'programs', `${program}.ts`), join(folder, file));
    }
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
      ...options,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(programs) }));
    await execute('node', join('node_modules', version, 'bin', 'tsc'), '-p', folder);
  };

/** `node10` ended with TypeScript 6. */
const OLD_COMPILERS = ['typescript-5.4', 'typescript-5.7'];
const COMPILERS = [...OLD_COMPILERS, 'typescript-7'];

/** The checks, by name. Names of compilers are those of package.json. */
const CHECKS: Readonly<Record<string, Check>> = {
  'Node.js: require()': prints('node', 'programs/echo.cjs'),
  'Node.js: import': prints('node', 'programs/echo.mjs'),
  'Node.js: both in one process': async (execute) =>
    expectOutput(await execute('node', 'programs/both.mjs'), 'both builds'),
  'Bun: require()': prints('bun', 'programs/echo.cjs'),
  'Bun: import': prints('bun', 'programs/echo.mjs'),
  'Deno: require()': prints('deno', 'run', '--allow-all', 'programs/echo.cjs'),
  'Deno: import': prints('deno', 'run', '--allow-all', 'programs/echo.mjs'),
  'tsx: require()': prints('tsx', 'programs/echo.cjs'),
  'ts-node: require()': async (execute, directory) => {
    await writeFile(join(directory, 'ts-node.ts'), "import exchange = require('./programs/echo.cjs');\nexchange();\n");
    const options = JSON.stringify({ ...CLASSIC, allowJs: true, strict: false });
    expectOutput(await execute('ts-node', '--transpile-only', '--compiler-options', options, 'ts-node.ts'), EXCHANGED);
  },
  'Jest: CommonJS': jest('commonjs.test.cjs', {}),
  'Jest: Babel': jest('babel.test.js', BABEL),
  'Jest: ts-jest': jest('typescript.test.ts', {
    '\\.ts$': ['ts-jest', { tsconfig: { ...CLASSIC, esModuleInterop: true } }],
  }),
  'esbuild: require()': bundles(
    `import { build } from 'esbuild';
    await build({ entryPoints: ['programs/echo.cjs'], bundle: true, platform: 'node', outfile: 'bundles/esbuild.cjs' });`,
    'esbuild.cjs',
  ),
  'esbuild: import': bundles(
    `import { build } from 'esbuild';
    await build({ entryPoints: ['programs/echo.mjs'], bundle: true, platform: 'node', format: 'esm', outfile: 'bundles/esbuild.mjs' });`,
    'esbuild.mjs',
  ),
  'webpack: require()': bundles(webpack('cjs'), 'webpack.cjs'),
  'webpack: import': bundles(webpack('mjs'), 'webpack.mjs.cjs'),
  'Rollup: require()': bundles(rollup('cjs'), 'rollup.cjs'),
  'Rollup: import': bundles(rollup('mjs'), 'rollup.mjs'),
  'Vite: import': bundles(
    `import { build } from 'vite';
    const output = { entryFileNames: 'vite.mjs' };
    await build({
      logLevel: 'error',
      ssr: { noExternal: true },
      build: { ssr: 'programs/echo.mjs', outDir: 'bundles', emptyOutDir: false, rollupOptions: { output } },
    });`,
    'vite.mjs',
  ),
  'are the types wrong?': async (execute) => void (await execute('attw', 'pushwire.tgz')),
  ...Object.fromEntries([
    ...OLD_COMPILERS.map((compiler) => [
      `${compiler}: commonjs`,
      compiles(
        compiler,
        { module: 'commonjs', moduleResolution: 'node10' },
        { 'a.ts': 'import-equals', 'b.ts': 'import-star' },
      ),
    ]),
    ...OLD_COMPILERS.map((compiler) => [
      `${compiler}: commonjs with esModuleInterop`,
      compiles(
        compiler,
        { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true },
        { 'a.ts': 'import-equals', 'b.ts': 'import-default' },
      ),
    ]),
    ...COMPILERS.map((compiler) => [
      `${compiler}: nodenext`,
      compiles(
        compiler,
        { module: 'nodenext' },
        { 'a.cts': 'import-equals', 'b.cts': 'import-default', 'c.mts': 'import-default' },
      ),
    ]),
    ...COMPILERS.map((compiler) => [
      `${compiler}: bundler, with the DOM`,
      compiles(
        compiler,
        { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
        { 'a.ts': 'import-default' },
      ),
    ]),
    ...['typescript-5.7', 'typescript-7'].map((compiler) => [
      `${compiler}: preserve`,
      compiles(compiler, { module: 'preserve' }, { 'a.ts': 'import-default' }),
    ]),
  ]),
};

function webpack(format: 'cjs' | 'mjs'): string {
  const filename = format === 'cjs' ? 'webpack.cjs' : 'webpack.mjs.cjs';
  return `import { resolve } from 'node:path';
    import webpack from 'webpack';
    webpack({
      mode: 'production',
      target: 'node',
      entry: './programs/echo.${format}',
      output: { path: resolve('bundles'), filename: '${filename}' },
    }, (error, stats) => {
      if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
    });`;
}

function rollup(format: 'cjs' | 'mjs'): string {
  return `import commonjs from '@rollup/plugin-commonjs';
    import { nodeResolve } from '@rollup/plugin-node-resolve';
    import { rollup } from 'rollup';
    const bundle = await rollup({
      input: 'programs/echo.${format}',
      plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs()],
      external: [/^node:/],
    });
    await bundle.write({ file: 'bundles/rollup.${format}', format: '${format === 'cjs' ? 'cjs' : 'es'}' });`;
}

/** Runs the checks, two at a time. Resolves with the names of those that failed. */
async function runAll(directory: string): Promise<string[]> {
  const path = `${join(directory, 'node_modules', '.bin')}:${process.env.PATH}`;
  const options = { cwd: directory, timeout: TIME_LIMIT, env: { ...process.env, PATH: path, PRINT: 'yes' } };
  const execute: Execute = async (program, ...args) => (await run(program, args, options)).stdout;
  const failed: string[] = [];
  const left = Object.entries(CHECKS);
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, check] = next;
      try {
        await check(execute, directory);
        console.log(`works  ${name}`);
      } catch (error) {
        const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
        console.log(`FAILS  ${name}\n${message}\n${stdout}${stderr}`);
        failed.push(name);
      }
    }
  }
  await Promise.all([work(), work()]);
  return failed;
}

const failed = await inInstalledFolder(project, runAll);
const count = Object.keys(CHECKS).length;
console.log(
  `${count - failed.length} of ${count} module formats work${failed.length > 0 ? `; not: ${failed.join(', ')}` : ''}`,
);
if (failed.length > 0) process.exitCode = 1;
