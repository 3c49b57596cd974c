import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from '../support/full-run.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

const SETTINGS = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noUnusedLocals: false,
    // The declarations themselves have no errors.
    skipLibCheck: false,
    erasableSyntaxOnly: false,
    // What is built, as users have it: the source has no declarations for CommonJS.
    paths: {},
    verbatimModuleSyntax: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  },
  include: ['*.ts', '*.cts'],
  exclude: [],
};

/**
 * Compiles an application and returns the output of the compiler. Packages are imported by their names, as users do.
 *
 * @param options further options of the compiler
 */
async function compile(files: Record<string, string>, options: object = {}): Promise<string> {
  // Within the project, so that the names of packages are resolved.
  const directory = await mkdtemp(join(root, 'spec/ws-drop-in/compiled-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const settings = { ...SETTINGS, compilerOptions: { ...SETTINGS.compilerOptions, ...options } };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(settings));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [compiler, '-p', directory]);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** The files of applications with this name, `.ts` for an ES module and `.cts` for CommonJS. */
async function applications(module: string, ...names: string[]): Promise<Record<string, string>> {
  const files = names.map(async (name) => {
    const text = await readFile(new URL(`${name}.txt`, import.meta.url), 'utf8');
    return [name, text.replaceAll("'MODULE'", `'${module}'`)];
  });
  return Object.fromEntries(await Promise.all(files));
}

const MODULES = ['application.ts', 'augmented.ts', 'overriding.ts', 'exporting.ts'];
/** A program cannot add members to a type with and without type parameters: so this one is on its own. */
const GENERICS = 'augmented-generics.ts';
const COMMON_JS = ['application.cts', 'forms.cts', 'augmented.cts', 'generics.cts'];

/** Another test has checked the declarations themselves, which takes most of the time. */
const WITHOUT_LIBRARIES = { skipLibCheck: true };

/** As in an installed package: otherwise, the declarations could refer to any file of pushwire. */
const WITH_DECLARATIONS = {
  ...WITHOUT_LIBRARIES,
  preserveSymlinks: true,
  declaration: true,
  noEmit: false,
  emitDeclarationOnly: true,
  outDir: 'out',
};

const INFERRED = `import { createSecureServer } from 'node:http2';
  import { WebSocket, WebSocketServer } from 'pushwire';
  const socket = new WebSocket('ws://a');
  socket.once('close', (code, reason) => code.toFixed() + reason.toString('hex'));
  socket.addListener('message', function (data, isBinary) { this.send(data, { binary: isBinary }); });
  socket.prependListener('pong', (data) => data.readUInt8(0));
  socket.emit('pong', Buffer.alloc(1));
  socket.on('error', ({ code, option, limit, reason, status }) => [code?.length, option?.length, limit?.toFixed(), reason, status]);
  new WebSocketServer({ port: 0, verifyClient: async ({ req, origin }) => req.url === origin });
  new WebSocketServer({ port: 0, verifyClient: ({ secure }) => secure });
  new WebSocketServer({ port: 0, verifyClient: ({ req }, callback) => callback(req.url === '/', 401) });
  new WebSocketServer({ port: 0, verifyClient: async ({ req }, callback) => callback(await Promise.resolve(req.url === '/')) });
  new WebSocketServer({ server: createSecureServer({ allowHTTP1: true }) });
  new WebSocketServer({ port: 0 }).once('connection', (peer, request) => peer.send(request.url ?? ''));`;

const WRONG = `import { WebSocket } from 'pushwire';
  new WebSocket('ws://a').once('close', (code) => code.length);`;

/** The class has every other export as a member, also the types that `ws` does not have. */
const MEMBERS = `import pushwire, * as all from 'pushwire';
  const members: Omit<typeof all, 'default' | 'module.exports'> = pushwire;
  const code: pushwire.CloseCode = pushwire.CloseCode.NORMAL_CLOSURE;
  const error: pushwire.LimitError = {} as all.LimitError;
  const channel: pushwire.EventChannel<number, Date> = new all.EventChannel<number, Date>();
  const options: pushwire.EventStreamOptions = {};
  const shared: Set<all.WebSocket> = new Set<pushwire>();
  console.log(members, code, error, channel, options, shared);`;

const REQUIRED = `import WebSocket = require('pushwire');
  import { type EventStreamOptions, LimitError } from 'pushwire';
  const options: EventStreamOptions = {};
  console.log(options, LimitError.name);`;

const WITH_FETCH = `import { EventParserStream, EventSource } from 'pushwire';
  const { body } = await fetch('http://a');
  for await (const { data } of body!.pipeThrough(new EventParserStream())) console.log(data.length);
  const source = new EventSource('http://a', { fetch, signal: AbortSignal.timeout(1) });
  source.onmessage = ({ data, lastEventId }) => console.log(data, lastEventId.length);`;

/*
 * What @types/ws accepts, and the types of pushwire refuse on purpose:
 *
 * - An event as an object of three members, such as `{ type, data, target }`. An event of pushwire is an Event, so it also has the
 *   other members, and its target is an EventTarget for the compiler. A program can write `as WebSocket.MessageEvent`.
 * - `event.data = …`: the attributes of an event have no setters, in `ws` neither.
 * - `const headers: { [name: string]: string } = options.headers`, and the same of `agent` and `host`. ClientOptions accepts every
 *   option of `https.request`, such as arrays of values, `agent: false` and `host: null`, so it may also contain them.
 * - `const isVerified: boolean = verifyClient(information)`: the function may return a Promise.
 * - Type parameters with `typeof` the default export, or in CommonJS, when a program augments ServerOptions or Server. The compiler
 *   demands identical constraints, and the default export has more members than the class.
 */
describe('the types', () => {
  // It depends on nothing of pushwire: the full run has it.
  if (isDue('types of ws')) {
    it('of @types/ws accept the application', async () => {
      expect(await compile(await applications('ws', ...MODULES, ...COMMON_JS))).toBe('');
      expect(await compile(await applications('ws', GENERICS))).toBe('');
    });
  }

  it('of pushwire accept it with only the import changed, infer the arguments of events, and fit those of fetch()', async () => {
    const files: Record<string, string> = { 'inferred.ts': INFERRED, 'with-fetch.ts': WITH_FETCH };
    // In an ES module, the default export of `ws` has no such members. That of pushwire has them.
    const { 'generics.cts': generics } = await applications('pushwire', 'generics.cts');
    files['generics.ts'] = generics!.replace(
      "import WebSocket = require('pushwire')",
      "import WebSocket from 'pushwire'",
    );
    expect(await compile({ ...(await applications('pushwire', ...MODULES)), ...files })).toBe('');
    const others = { ...(await applications('pushwire', GENERICS)), 'members.ts': MEMBERS };
    expect(await compile(others, WITHOUT_LIBRARIES)).toBe('');
  });

  // On its own: the compiler confuses members that are added to an ES module and to the same CommonJS module.
  it('of pushwire accept it in CommonJS', async () => {
    expect(await compile({ ...(await applications('pushwire', ...COMMON_JS)), 'required.cts': REQUIRED })).toBe('');
  });

  // As above, those of ws are for the full run.
  it.each(isDue('types of ws') ? ['ws', 'pushwire'] : ['pushwire'])(
    'of %s have names in the declarations of an application that exports them',
    async (module) => {
      expect(await compile(await applications(module, 'exporting.ts'), WITH_DECLARATIONS)).toBe('');
    },
  );

  it('of pushwire refuse wrong arguments of events, and fit the types of browsers', async () => {
    const lib = ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'];
    const errors = await compile({ 'wrong.ts': WRONG, 'with-fetch.ts': WITH_FETCH }, { lib });
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(/wrong\.ts\(2,.*Property 'length' does not exist on type 'number'/),
    ]);
  });
});
