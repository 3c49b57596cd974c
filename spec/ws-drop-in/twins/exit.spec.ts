/** A process that ends in the turn of the event loop in which it has sent something. */
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
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
};

twins(
  'the end of a process',
  Object.entries(LAST_WORDS).map(
    ([title, words]): Twin => ({
      title,
      record: async (library) => {
        const server = await startServer(library);
        const received: string[] = [];
        server.on('connection', (socket) => {
          socket.on('message', (data) => received.push(String(data)));
          socket.on('ping', (data) => received.push(`ping ${data}`));
        });
        const program =
          `const { WebSocket } = require('${library.name}'); ` +
          `const socket = new WebSocket('ws://127.0.0.1:${portOf(server)}'); socket.on('open', () => { ${words} })`;
        const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
        onTestFinished(() => void child.kill());
        await new Promise((resolve) => child.once('close', resolve));
        await new Promise((resolve) => server.close(resolve));
        return received.sort();
      },
    }),
  ),
);
