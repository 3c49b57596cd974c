/** A process that ends in the turn of the event loop in which it has sent something. */
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { everyNth } from '../../support/full-run.ts';
import type { Implementation } from '../implementations.ts';
import { portOf, startServer, type Twin, twins } from './twin.ts';

/** What a client does in its own process when its connection is open. */
const LAST_WORDS: Readonly<Record<string, string>> = {
  'send() and process.exit()': "socket.send('last'); process.exit()",
  'three messages and process.exit()': "for (const text of 'abc') socket.send(text); process.exit()",
  'ping() and process.exit()': "socket.ping('last'); process.exit()",
  'send() and an uncaught exception': "socket.send('last'); throw new Error('on purpose')",
  'two connections that send, and process.exit()':
    "const other = new WebSocket(socket.url); other.on('open', () => { socket.send('a'); other.send('b'); process.exit() })",
  "send() in a listener of 'exit'": "process.on('exit', () => socket.send('last')); process.exit()",
  "send() in a listener of 'SIGTERM' that ends the process":
    "process.on('SIGTERM', () => { socket.send('last'); process.exit() }); process.kill(process.pid, 'SIGTERM')",
};

/** What a client does in a turn that does not end, or that takes long. `URL` is that of its server. */
const SAME_TURN: Readonly<Record<string, { words: string; here: readonly string[] }>> = {
  'a signal that ends the process': { words: "socket.send('first'); process.kill(process.pid, 'SIGTERM')", here: [] },
  'a process for which the program waits': {
    words: "socket.send('first'); execFileSync(process.execPath, ['-e', OTHER]); process.exit()",
    here: ['second', 'first'],
  },
};

const OTHER_PROGRAM =
  "const other = new (require('ws').WebSocket)(URL); other.on('open', () => { other.send('second'); other.close() })";

/** Runs a program whose client is open; returns what the server has received, in order. */
async function received(library: Implementation, words: string): Promise<string[]> {
  const server = await startServer(library);
  const messages: string[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data) => messages.push(String(data)));
    socket.on('ping', (data) => messages.push(`ping ${data}`));
  });
  const url = `'ws://127.0.0.1:${portOf(server)}'`;
  const program =
    `const { WebSocket } = require('${library.name}'); const { execFileSync } = require('node:child_process'); ` +
    `const OTHER = ${JSON.stringify(OTHER_PROGRAM.replace('URL', url))}; ` +
    `const socket = new WebSocket(${url}); socket.on('open', () => { ${words} })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  await new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => server.close(resolve));
  return messages;
}

twins('the end of a process', [
  ...everyNth(3, Object.entries(LAST_WORDS), ([title]) => title).map(
    ([title, words]): Twin => ({ title, record: async (library) => (await received(library, words)).sort() }),
  ),
  ...Object.entries(SAME_TURN).map(
    ([title, { words, here }]): Twin => ({
      title: `send() and ${title}`,
      record: (library) => received(library, words),
      differs: '`send()`, and then a signal that ends the process, or a long computation, in the same turn',
      here,
    }),
  ),
]);
