import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from './support/full-run.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The packages of frameworks are not installed. What a program adds to the objects of Node.js, it declares in TypeScript. */
const DECLARATIONS = `
declare module 'http' { interface IncomingMessage { user?: any; claims?: any; sessionID?: any } }
declare namespace NodeJS { interface ProcessEnv { PORT?: any } }
declare var news: any;
${[
  '@fastify/cors',
  '@hono/node-server',
  '@hono/node-server/utils/response',
  '@koa/cors',
  'compression',
  'cors',
  'express',
]
  .concat(['express-session', 'fastify', 'h3', 'h3/node', 'hono', 'hono/cors', 'jose', 'koa', 'next', 'passport'])
  .concat(['passport-local', 'prom-client'])
  .map((name) => `declare module '${name}';`)
  .join('\n')}
`;

/**
 * JavaScript has no types for the parameters of its own functions. Everything else is as strict as the compiler of a user may be: what
 * pushwire declares must fit what the sample does.
 */
const OPTIONS = {
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  allowJs: true,
  checkJs: true,
  // The messages of node:diagnostics_channel are unknown.
  strictFunctionTypes: false,
  // What is built, as users have it.
  paths: {},
  typeRoots: [join(ROOT, 'node_modules/@types')],
  noUnusedLocals: false,
  noUnusedParameters: false,
  noImplicitReturns: false,
  noUncheckedIndexedAccess: false,
  exactOptionalPropertyTypes: false,
  verbatimModuleSyntax: false,
  erasableSyntaxOnly: false,
};

/**
 * Declares what the types of Node.js leave open, as a program in TypeScript would: a server that listens to a port has an address with a
 * port, the request of a server has a URL, the program knows what JSON it fetches,
 * and a Promise of nothing is resolved without a value.
 */
function withTypesOfNode(code: string): string {
  return code
    .replace(/[\w.]+\.address\(\)(?=\.port)/g, "(/** @type {import('node:net').AddressInfo} */ ($&))")
    .replace(/(?<== )([\w.]+\.address\(\))(?=;)/g, "/** @type {import('node:net').AddressInfo} */ ($1)")
    .replace(/\(await fetch\([^()]*\)\)\.json\(\)/g, '(/** @type {Promise<any>} */ ($&))')
    .replaceAll(': resolve())', ': resolve(undefined))')
    .replace(/\brequest\.url\b(?! =)/g, "(request.url ?? '')");
}

/** A folder within the project, so that the names of packages are resolved. */
function makeFolder(options: object): string {
  const folder = mkdtempSync(join(ROOT, 'spec/ws-drop-in/compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'declarations.d.ts'), DECLARATIONS);
  const settings = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { ...OPTIONS, ...options },
    include: ['*.d.ts', '**/*.mjs', '**/*.js', '**/*.cjs'],
    // Programs of a browser, which do not use pushwire, and those whose JSON has no types.
    exclude: ['**/page.js', '**/chart.js', '**/language-model-chat'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  return folder;
}

/** Compiles a folder. Returns the errors. */
async function errorsIn(folder: string): Promise<string[]> {
  try {
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.split('\n').filter((line) => line !== '');
  }
}

// The compiler takes two seconds of both cores.
describe.runIf(isDue('compiled samples'))('The types of pushwire', () => {
  it('fit every sample of the documents, with all checks of null', async () => {
    const folder = makeFolder({});
    let samples = 0;
    for (const document of DOCUMENTS) {
      const blocks = readFileSync(join(ROOT, document), 'utf8').matchAll(/^```js(?: \w+)?\n(.*?)^```/gms);
      for (const [index, [, code]] of [...blocks].entries()) {
        const name = document.replace('.md', '').replaceAll('/', '-');
        writeFileSync(join(folder, `${name}-${index + 1}.mjs`), `${withTypesOfNode(code!)}\nexport {};\n`);
        samples++;
      }
    }
    expect(samples).toBeGreaterThan(40);
    expect(await errorsIn(folder)).toEqual([]);
  });

  it('fit every example', async () => {
    const folder = makeFolder({ strict: false, lib: ['es2023', 'dom', 'dom.iterable'] });
    cpSync(join(ROOT, 'examples'), join(folder, 'examples'), {
      recursive: true,
      filter: (path) => !/node_modules|nestjs/.test(path),
    });
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.c?js$/.test(entry)) continue;
      const file = join(folder, entry);
      writeFileSync(file, withTypesOfNode(readFileSync(file, 'utf8')));
    }
    expect(await errorsIn(folder)).toEqual([]);
  });
});

describe.runIf(isDue('names in samples'))('A sample of the documents that has imports', () => {
  it('imports or declares every name that it uses', async () => {
    const folder = makeFolder({ strict: false, lib: ['es2023', 'dom', 'dom.iterable'] });
    let samples = 0;
    for (const document of DOCUMENTS) {
      // A sample without an import is a part of a program, as its text says.
      const blocks = readFileSync(join(ROOT, document), 'utf8').matchAll(/^```javascript\n(import .*?)^```/gms);
      for (const [index, [, code]] of [...blocks].entries()) {
        const name = document.replace('.md', '').replaceAll('/', '-');
        writeFileSync(join(folder, `${name}-${index + 1}.mjs`), code!);
        samples++;
      }
    }
    expect(samples).toBeGreaterThan(8);
    const errors = await errorsIn(folder);
    expect(errors.filter((line) => / error TS(?:2304|2552|18004):/.test(line))).toEqual([]);
  });
});
