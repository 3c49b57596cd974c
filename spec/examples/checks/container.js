import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { EventSource, WebSocket } from 'pushwire';

const execute = promisify(execFile);
/** Connections of each protocol. */
const COUNT = 20;
/** What the server promises: it spreads the end over 2 s. A busy machine needs more. */
const MAX_TIME = 8000;

/** The instructions of the last stage, with continued lines joined. */
const dockerfile = readFileSync('container/Dockerfile', 'utf8').replaceAll('\\\n', ' ');
const stage = dockerfile.split(/^(?=FROM )/m).at(-1);
const instructions = [...stage.matchAll(/^([A-Z]+) +(.*)$/gm)].map(([, name, value]) => ({ name, value }));
const instruction = (name) => instructions.findLast((found) => found.name === name)?.value;

// What the image contains is copied from the folder, and is not ignored.
const copied = instructions.filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from'));
const files = copied.flatMap(({ value }) => value.split(' ').slice(0, -1));
const kept = readFileSync('container/.dockerignore', 'utf8').match(/(?<=^!).*/gm);
for (const file of files) assert.ok(existsSync(`container/${file}`) && kept.includes(file), file);
assert.notEqual(instruction('USER') ?? 'root', 'root');
const signal = instruction('STOPSIGNAL') ?? 'SIGTERM';
/** A list of JSON is run as it is, without a shell. */
const [command, ...args] = JSON.parse(instruction('CMD'));
const [healthCommand, ...healthArgs] = JSON.parse(instruction('HEALTHCHECK').replace(/^.*?CMD +/, ''));

const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child'];
/** Whether this user may start the first process of a namespace, as a container does. */
const isFirst = process.platform === 'linux' && spawnSync('unshare', [...namespace, 'true']).status === 0;
const fixed = Object.fromEntries((instruction('ENV') ?? '').split(' ').map((pair) => pair.split('=')));
const options = { cwd: 'container', env: { ...process.env, ...fixed, HOST: '127.0.0.1', PORT: '0' } };
const server = isFirst ? spawn('unshare', [...namespace, command, ...args], options) : spawn(command, args, options);
process.once('exit', () => server.kill('SIGKILL'));
server.stderr.pipe(process.stderr);
const [line] = await once(server.stdout.setEncoding('utf8'), 'data', { signal: AbortSignal.timeout(10_000) });
const { port } = new URL(line.trim());

/** The process of the server, which unshare has started. */
const pid = isFirst
  ? Number(readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim())
  : server.pid;
if (isFirst) assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^NSpid:\t\d+\t1$/m);

/** The exit status of the health check. */
const health = async () => {
  const run = execute(healthCommand, healthArgs, { env: { ...options.env, PORT: port } });
  return run.then(
    () => 0,
    ({ code }) => code,
  );
};
assert.equal(await health(), 0);

const sockets = Array.from({ length: COUNT }, () => new WebSocket(`ws://127.0.0.1:${port}/socket`));
const url = `http://127.0.0.1:${port}/events`;
const sources = Array.from({ length: COUNT }, () => new EventSource(url, { reconnect: false }));
await Promise.all([...sockets, ...sources].map((connection) => once(connection, 'open')));
const stream = (await fetch(url)).text();

const started = performance.now();
const deadline = AbortSignal.timeout(MAX_TIME);
setMaxListeners(0, deadline);
const ends = [];
const closed = sockets.map((socket) => once(socket, 'close', { signal: deadline }));
const ended = sources.map((source) => once(source, 'error', { signal: deadline }));
for (const end of [...closed, ...ended]) end.then(() => ends.push(performance.now() - started));
const exited = once(server, 'close', { signal: deadline });
process.kill(pid, signal);
// Nobody is accepted any more.
await Promise.race([...closed, ...ended]);
assert.notEqual(await health(), 0);

assert.deepEqual(
  (await Promise.all(closed)).map(([code]) => code),
  Array(COUNT).fill(1001),
);
await Promise.all(ended);
assert.match(await stream, /^retry: 1000$/m);
const [status] = await exited;
assert.equal(status, 0);
const spread = Math.max(...ends) - Math.min(...ends);
assert.ok(spread > 500, `All connections ended within ${Math.round(spread)} ms`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const who = isFirst ? 'process 1 of a namespace' : 'an ordinary process: unshare is not permitted';
console.log(
  `${signal} to "${command} ${args.join(' ')}" as ${who}: ${COUNT} sockets with 1001 and ${COUNT} streams, status 0, ${seconds} s`,
);
