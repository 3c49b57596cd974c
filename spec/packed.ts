/**
 * Packs the project, installs the tarball into an empty project, and uses it there as its users do: from ESM, from
 * CommonJS, from TypeScript, and from the command line. Run by `npm run package`.
 */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = mkdtempSync(join(tmpdir(), 'pushwire-packed-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd = project): string {
  // On Windows, npm is a script, which wants a shell.
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32' && program === 'npm',
  });
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

// What is in it.
const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(
  run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], process.cwd()),
);
const ALLOWED = /^(dist\/|src\/.*\.ts$|(README\.md|LICENSE|CHANGELOG\.md|package\.json)$)/;
deepStrictEqual(
  packed!.files.map(({ path }) => path).filter((path) => !ALLOWED.test(path)),
  [],
);
const { dependencies = {}, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
deepStrictEqual(dependencies, {});

write('package.json', '{ "private": true }');
run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(project, packed!.filename)]);
deepStrictEqual(Object.keys(JSON.parse(run('npm', ['ls', '--json'])).dependencies), ['pushwire']);

// From ESM and from CommonJS: an echo and an event, and the same classes whatever the way.
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

// From TypeScript, as ESM and as CommonJS: the events' arguments are inferred.
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
// @ts-expect-error: a stream is opened, not made.
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
run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `@types/node@${devDependencies['@types/node']}`]);
run(process.execPath, [join(process.cwd(), 'node_modules/typescript/bin/tsc'), '-p', project]);

// From the command line.
const command = ['exec', '--offline', '--', 'pushwire'];
match(run('npm', [...command, '--version']), /^\d+\.\d+\.\d+/);
// Its processes are files of their own.
const compared = run('npm', [...command, 'compare', 'bytes', '--rounds', '1']);
match(compared, /16 B to the client +WebSocket +0 +18 /);
console.log(`The tarball of ${packed!.files.length} files works from ESM, CommonJS, TypeScript and the command line.`);
