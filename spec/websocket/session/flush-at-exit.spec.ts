import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from '../../../src/websocket/index.ts';

/** A server that ends with its first client. */
const program = (ending: string): string => `
const { WebSocketServer } = require('pushwire');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => console.log(server.address().port));
server.on('connection', (socket) => {
  const send = () => {
    for (const text of ['a', 'b', 'c']) server.broadcast(text);
    socket.send('d');
    server.broadcast('e');
  };
  console.error(process.listenerCount('exit'));
  ${ending}
});`;

describe('process.exit() of a server', () => {
  it.each([
    ['the same turn', 'send(); process.exit();'],
    ["a listener of 'exit' that was added after the first connection", "process.on('exit', send); process.exit();"],
    [
      'the same turn and of a later listener',
      "server.broadcast('0'); send(); process.on('exit', send); process.exit();",
      '0abcde',
    ],
  ])('sends the broadcasts and messages of %s', async (_, ending, before = '') => {
    const child = spawn(process.execPath, ['-e', program(ending)], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill());
    const [port] = await once(child.stdout, 'data');
    const socket = new WebSocket(`ws://127.0.0.1:${String(port).trim()}`);
    let received = '';
    socket.on('message', (data) => {
      received += String(data);
    });
    const listeners = once(child.stderr, 'data');
    await once(socket, 'close');
    expect(received).toBe(`${before}abcde`);
    expect(String(await listeners)).toBe('1\n');
  });
});
