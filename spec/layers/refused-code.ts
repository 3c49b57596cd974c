/** Code that the check of the layers must refuse, and code that only looks like it. */

/** Forms that bring in another file and that no file needs: each is refused as such. */
export const REFUSED_FORMS: Readonly<Record<string, { code: string; message: string; line?: number }>> = {
  'require()': { code: "require('./own.ts');", message: 'require' },
  'require in other hands': { code: "const load = require; load('./own.ts');", message: 'require' },
  'require?.()': { code: "require?.('./own.ts');", message: 'require' },
  'require.resolve()': { code: "require.resolve('./own.ts');", message: 'require' },
  'module.require()': { code: "module.require('./own.ts');", message: 'require' },
  "module['require']()": { code: "module['require']('./own.ts');", message: 'require' },
  'module[`require`]()': { code: "module[`require`]('./own.ts');", message: 'require' },
  'globalThis.require()': { code: "globalThis.require('./own.ts');", message: 'require' },
  'import … = require()': { code: "import own = require('./own.ts');", message: 'import … = require()' },
  'createRequire()()': {
    code: "import { createRequire } from 'node:module';\ncreateRequire(import.meta.url)('./own.ts');",
    message: 'createRequire',
  },
  'createRequire under another name': {
    code: "import { createRequire as load } from 'node:module';\nload(import.meta.url)('./own.ts');",
    message: 'createRequire',
  },
  'import * of node:module': { code: "import * as own from 'node:module';", message: 'imports node:module' },
  'import() of node:module': { code: "await import('module');", message: 'imports module' },
  'process.getBuiltinModule()': {
    code: "process.getBuiltinModule('module');",
    message: 'getBuiltinModule',
  },
  'const { getBuiltinModule }': { code: 'const { getBuiltinModule } = process;', message: 'getBuiltinModule' },
  'import.meta.resolve()': { code: "import.meta.resolve('./own.ts');", message: 'import.meta.resolve' },
  "import.meta['resolve']()": { code: "import.meta['resolve']('./own.ts');", message: 'import.meta.resolve' },
  'const { resolve } = import.meta': { code: 'const { resolve } = import.meta;', message: 'import.meta' },
  'import.meta.glob()': { code: "import.meta.glob('./*.ts');", message: 'import.meta.glob' },
  'reference path': { code: '/// <reference path="./own.ts" />', message: '<reference>' },
  'reference types': { code: '/// <reference types="node" />', message: '<reference>' },
  'reference in the spelling of others': {
    code: "///<REFERENCE path='./own.ts'/>",
    message: '<reference>',
  },
  'a type in JSDoc': { code: "/** @type {import('./own.ts').Own} */\nexport let own;", message: 'comment' },
  'a type in a line of JSDoc': {
    code: "/**\n * Text.\n * @param {import('./own.ts').Own} own\n */\nexport function use(own) {}",
    message: 'comment',
    line: 3,
  },
  '@import in JSDoc': { code: "/** @import { Own } from './own.ts' */\nexport let own;", message: 'comment' },
  'declare module': { code: "declare module './own.ts' {}", message: 'declare module' },
  'declare module without a body': { code: "declare module 'ws';", message: 'declare module' },
  'declare global': { code: 'declare global {}\nexport {};', message: 'declare global' },
  'import() in a type': { code: "export type Own = import('./own.ts').Own;", message: 'in a type' },
  'typeof import()': { code: "export type Own = typeof import('./own.ts');", message: 'in a type' },
  '@jsxImportSource': { code: '/** @jsxImportSource ws */', message: 'comment' },
  'import() of a computed name': { code: 'await import(name);', message: 'computed' },
  'eval()': { code: 'eval(\'import("./own.ts")\');', message: 'eval' },
  'new Function()': { code: 'new Function(\'return import("./own.ts")\');', message: 'Function' },
};

/** Clocks, I/O and events that need no import. A layer without I/O uses none of them. */
export const CLOCKS: Readonly<Record<string, { code: string; name: string }>> = {
  'setTimeout()': { code: 'setTimeout(() => {}, 1);', name: 'setTimeout' },
  'a timer under another name': { code: 'const { setTimeout: wait } = globalThis;\nwait();', name: 'globalThis' },
  'globalThis.setTimeout()': { code: 'globalThis.setTimeout(() => {}, 1);', name: 'globalThis' },
  'global.Date': { code: 'new global.Date();', name: 'global' },
  'Date.now()': { code: 'Date.now();', name: 'Date' },
  'a Date in a default': { code: 'export function at(time = Date.now()) {}', name: 'Date' },
  'a Date in a cast': { code: 'export const at = (Date as any).now();', name: 'Date' },
  'a shorthand': { code: 'export const clock = { performance };', name: 'performance' },
  'a class that extends EventTarget': { code: 'export class Target extends EventTarget {}', name: 'EventTarget' },
  'AbortSignal.timeout()': { code: 'AbortSignal.timeout(1);', name: 'AbortSignal' },
  'fetch()': { code: "fetch('http://127.0.0.1');", name: 'fetch' },
  'new WebSocket()': { code: "new WebSocket('ws://127.0.0.1');", name: 'WebSocket' },
  'new MessageChannel()': { code: 'new MessageChannel();', name: 'MessageChannel' },
  'Atomics.wait()': {
    code: 'export const wait = (cells: Int32Array) => Atomics.wait(cells, 0, 0, 1);',
    name: 'Atomics',
  },
  'process.hrtime()': { code: 'process.hrtime();', name: 'process' },
  'a member of process by a computed name': { code: "process['emitWarning']('a');", name: 'process' },
  'console.log()': { code: 'console.log();', name: 'console' },
};
/** What looks like a clock, and is none: members, types, names that the file declares, and labels. */
export const HARMLESS_GLOBALS: readonly string[] = [
  "import process from 'node:util';",
  'export interface Timed { Date: Date; setTimeout(process: typeof globalThis): Performance }',
  'export const timed = { Date: 1, setTimeout() {}, [`performance`]: process };',
  'export const read = ({ console }: Timed, [fetch] = [timed.Date]): unknown => [console, fetch, timed.setTimeout];',
  'performance: for (const event of [] as Event[]) { if (event) break performance; }',
  'export class Clock { Date = 1; setInterval(): void {} }',
  'export { timed as setImmediate };',
  'try { read(); } catch (crypto) { throw crypto; }',
];
/** Modules of Node that can run a file or a text as a program. */
export const RUNNING_MODULES = ['child_process', 'cluster', 'vm', 'worker_threads'].flatMap((name) => [
  name,
  `node:${name}`,
]);
