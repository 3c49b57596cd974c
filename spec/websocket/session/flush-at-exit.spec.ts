import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from '../../../src/websocket/index.ts';

/** A server that ends with its first client. */
const PROGRAM = `
const { WebSocketServer } = require('pushwire');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => console.log(server.address().port));
server.on('connection', (socket) => {
  for (const text of ['a', 'b', 'c']) server.broadcast(text);
  socket.send('d');
  console.error(process.listenerCount('exit'));
  process.exit();
});`;

describe('process.exit() of a server', () => {
  it('sends the broadcasts and messages of the same turn first', async () => {
    const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill());
    const [port] = await once(child.stdout, 'data');
    const socket = new WebSocket(`ws://127.0.0.1:${String(port).trim()}`);
    const received: string[] = [];
    socket.on('message', (data) => received.push(String(data)));
    const listeners = once(child.stderr, 'data');
    await once(socket, 'close');
    expect(received).toEqual(['a', 'b', 'c', 'd']);
    expect(String(await listeners)).toBe('1\n');
  });
});
