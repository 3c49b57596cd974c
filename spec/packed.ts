/**
 * Packs both packages, installs the tarballs into an empty project, and uses them there as their users do: the module from
 * ESM, from CommonJS and from TypeScript, and the command. Run by `npm run package`, after a build.
 */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PACKAGES, writePackage } from '../release/packages.ts';

/** Of the module, unpacked: an ES module, a CommonJS module, and declarations; a quarter of it is the hub and its logs. */
const MAX_MODULE_BYTES = 700_000;

const root = process.cwd();
const project = mkdtempSync(join(tmpdir(), 'pushwire-packed-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd = project): string {
  // On Windows, npm is a script, which needs a shell.
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32' && program !== process.execPath,
  });
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}

interface Tarball {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs what was built, as it is published. Checks what publint says, and checks that only these files are in the tarball, and the required ones among them. */
function pack(name: keyof typeof PACKAGES, allowed: RegExp, required: readonly string[]): Tarball {
  const directory = join(project, 'published', name);
  writePackage(root, name, directory);
  run('npx', ['publint', '--strict', directory], root);
  const options = ['--json', '--ignore-scripts', '--pack-destination', project];
  const [tarball] = JSON.parse(run('npm', ['pack', ...options], directory)) as [Tarball];
  const paths = tarball.files.map(({ path }) => path);
  const unexpected = paths.filter((path) => !allowed.test(path));
  const missing = required.filter((path) => !paths.includes(path));
  deepStrictEqual({ unexpected, missing }, { unexpected: [], missing: [] });
  return tarball;
}

// Each tarball has what runs, its types, and nothing else.
const DOCUMENTS = ['LICENSE', 'README.md', 'package.json'];
const module = pack('pushwire', /^(dist\/.*\.(c?js|d\.c?ts)|(LICENSE|README\.md|package\.json))$/, [
  ...['index', 'websocket/index', 'sse/index', 'wire', 'hub/index', 'hub/redis/index', 'hub/nats/index'].flatMap(
    (name) => ['js', 'cjs', 'd.ts', 'd.cts'].map((extension) => `dist/${name}.${extension}`),
  ),
  ...DOCUMENTS,
]);
const command = pack(
  'pushwire-cli',
  /^(bin\/pushwire\.js|dist\/.*\.js|dist\/conformance\/results\.schema\.json|dist\/.*\/page\/.*\.(html|css)|(LICENSE|README\.md|package\.json))$/,
  ['bin/pushwire.js', 'dist/main.js', 'dist/conformance/results.schema.json', ...DOCUMENTS],
);
ok(
  module.unpackedSize <= MAX_MODULE_BYTES,
  `The module unpacks to ${module.unpackedSize} bytes (allowed: ${MAX_MODULE_BYTES})`,
);

// Installed, the command has the module of the same version, and the module has no dependencies.
write('package.json', '{ "private": true }');
const INSTALL = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
run('npm', [...INSTALL, join(project, module.filename), join(project, command.filename)]);
const installedModule = manifest(join(project, 'node_modules/pushwire'));
const installedCommand = manifest(join(project, 'node_modules/pushwire-cli'));
deepStrictEqual(installedModule.dependencies ?? {}, {});
strictEqual(installedCommand.version, installedModule.version);
strictEqual(installedCommand.dependencies?.pushwire, installedModule.version);
const installed: { dependencies: object } = JSON.parse(run('npm', ['ls', '--json']));
deepStrictEqual(Object.keys(installed.dependencies).sort(), ['pushwire', 'pushwire-cli']);

// From ESM and from CommonJS: an echo, an event, and the same classes from each entry point.
const USE = `
const server = createServer((request, response) => {
  const stream = EventStream.open(request, response);
  stream.send('from the stream');
  stream.close();
});
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (data) => socket.send('echo of ' + data));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  console.log(await (await fetch('http://127.0.0.1:' + port)).text());
  const socket = new WebSocket('ws://127.0.0.1:' + port);
  socket.on('open', () => socket.send('hello'));
  socket.on('message', (data) => {
    console.log(String(data));
    socket.close();
    server.close();
    server.closeAllConnections();
  });
});
`;
const PRINTS = 'data: from the stream\n\n\necho of hello\n';
write(
  'esm.mjs',
  `import { createServer } from 'node:http';
import Default, { EventStream, WebSocket, WebSocketServer } from 'pushwire';
import * as websocket from 'pushwire/websocket';
import * as sse from 'pushwire/sse';
import * as wire from 'pushwire/wire';
import assert from 'node:assert/strict';
assert.equal(Default, WebSocket);
assert.equal(websocket.WebSocketServer, WebSocketServer);
assert.equal(sse.EventStream, EventStream);
assert.equal(wire.encodeEvent({ data: 'a' }), 'data: a\\n\\n');
${USE}`,
);
strictEqual(run(process.execPath, ['esm.mjs']), PRINTS);
write(
  'commonjs.cjs',
  `const { createServer } = require('node:http');
const WebSocket = require('pushwire');
const { EventStream, Server, WebSocketServer } = WebSocket;
const assert = require('node:assert/strict');
assert.equal(Server, WebSocketServer);
assert.equal(WebSocket, WebSocket.WebSocket);
assert.equal(typeof require('pushwire/wire').EventParser, 'function');
${USE}`,
);
strictEqual(run(process.execPath, ['commonjs.cjs']), PRINTS);

// From TypeScript, as ESM and as CommonJS: the arguments of listeners are inferred.
const TYPED = `
const server: WebSocketServer = new WebSocketServer({ port: 0, maxPayload: 1024 });
server.on('connection', (socket, request) => {
  const url: string | undefined = request.url;
  socket.on('message', (data, isBinary) => {
    const binary: boolean = isBinary;
    if (Buffer.isBuffer(data)) socket.send(data, { binary }, (error) => console.log(url, error?.message));
  });
  socket.on('close', (code, reason) => console.log(code.toFixed(), reason.toString()));
  // @ts-expect-error: a close code is a number.
  socket.on('close', (code) => code.length);
});
const client = new WebSocket('ws://localhost', ['chat'], { headers: { Cookie: 'a=b' }, handshakeTimeout: 1000 });
client.addEventListener('message', ({ data }) => console.log(data));
client.onclose = ({ code, wasClean }) => console.log(code, wasClean);
// @ts-expect-error: the constructor is private; EventStream.open() creates a stream.
new EventStream();
`;
write('module.mts', `import { EventStream, WebSocket, WebSocketServer } from 'pushwire';\n${TYPED}`);
write(
  'script.cts',
  `import WebSocket = require('pushwire');
import { EventStream, WebSocketServer } from 'pushwire';
const typed: WebSocket = new WebSocket('ws://localhost');
const alias: WebSocketServer = new WebSocket.Server({ noServer: true });
console.log(typed.readyState, alias.clients.size);
${TYPED}`,
);
write(
  'tsconfig.json',
  JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] },
    files: ['module.mts', 'script.cts'],
  }),
);
run('npm', [...INSTALL, `@types/node@${manifest(root).devDependencies?.['@types/node']}`]);
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);

// The command, by its own name and by its package's, as npx finds it.
const pushwire = (...args: readonly string[]) => run('npm', ['exec', '--offline', '--', 'pushwire', ...args]);
strictEqual(pushwire('--version').trim(), installedCommand.version);
strictEqual(run('npm', ['exec', '--offline', '--', 'pushwire-cli', '--version']).trim(), installedCommand.version);
match(pushwire('conform', '--list'), /^1\.1\.1 /m);
match(pushwire('serve', '--help'), /^Usage: pushwire serve/);
// It starts files of its own as processes, and those import the module.
match(pushwire('compare', 'bytes', '--rounds', '1'), /16 B to the client +WebSocket +0 +18 /);

write(
  'echo.mjs',
  `import { WebSocketServer } from 'pushwire';
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
server.on('listening', () => console.log(server.address().port));
`,
);
const echo = spawn(process.execPath, ['echo.mjs'], { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [port] = (await once(echo.stdout, 'data')) as [Buffer];
  match(
    pushwire('conform', `ws://127.0.0.1:${Number(port)}`, '--only', '1.1.*', '--only', '7.1.1'),
    /^ +all +9( +0){4}$/m,
  );
} finally {
  echo.kill();
}

for (const [name, { files, unpackedSize }] of Object.entries({ pushwire: module, 'pushwire-cli': command })) {
  console.log(`${name}: ${files.length} files, ${Math.ceil(unpackedSize / 1000)} KB unpacked`);
}
console.log('The tarballs work: the module from ESM, CommonJS and TypeScript, and the command.');
