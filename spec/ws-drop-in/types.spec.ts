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

/** Compiles an application and returns the output of the compiler. Packages are imported by their names, as users do. */
async function compile(files: Record<string, string>, lib = ['es2023']): Promise<string> {
  // Within the project, so that the names of packages are resolved.
  const directory = await mkdtemp(join(root, 'spec/ws-drop-in/compiled-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const settings = { ...SETTINGS, compilerOptions: { ...SETTINGS.compilerOptions, lib } };
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

/** The application, as an ES module and in CommonJS, a list of forms, and applications that add members to the types. */
async function applications(module: string): Promise<Record<string, string>> {
  const files = ['application.ts', 'application.cts', 'forms.cts', 'augmented.ts', 'augmented.cts'].map(
    async (name) => {
      const text = await readFile(new URL(`${name}.txt`, import.meta.url), 'utf8');
      return [name, text.replaceAll("'MODULE'", `'${module}'`)];
    },
  );
  return Object.fromEntries(await Promise.all(files));
}

const INFERRED = `import { WebSocket, WebSocketServer } from 'pushwire';
  const socket = new WebSocket('ws://a');
  socket.once('close', (code, reason) => code.toFixed() + reason.toString('hex'));
  socket.addListener('message', function (data, isBinary) { this.send(data, { binary: isBinary }); });
  socket.prependListener('pong', (data) => data.readUInt8(0));
  socket.emit('pong', Buffer.alloc(1));
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

describe('the types', () => {
  // It depends on nothing of pushwire: the full run has it.
  if (isDue('types of ws')) {
    it('of @types/ws accept the application', async () => {
      expect(await compile(await applications('ws'))).toBe('');
    });
  }

  it('of pushwire accept it with only the import changed, infer the arguments of events, and fit those of fetch()', async () => {
    const { 'application.ts': application, 'augmented.ts': augmented } = await applications('pushwire');
    const files = { 'inferred.ts': INFERRED, 'members.ts': MEMBERS, 'with-fetch.ts': WITH_FETCH };
    expect(await compile({ 'application.ts': application!, 'augmented.ts': augmented!, ...files })).toBe('');
  });

  // On its own: the compiler confuses members that are added to an ES module and to the same CommonJS module.
  it('of pushwire accept it in CommonJS', async () => {
    const { 'application.ts': _, 'augmented.ts': __, ...files } = await applications('pushwire');
    expect(await compile({ ...files, 'required.cts': REQUIRED })).toBe('');
  });

  it('of pushwire refuse wrong arguments of events, and fit the types of browsers', async () => {
    const lib = ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'];
    const errors = await compile({ 'wrong.ts': WRONG, 'with-fetch.ts': WITH_FETCH }, lib);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(/wrong\.ts\(2,.*Property 'length' does not exist on type 'number'/),
    ]);
  });
});
