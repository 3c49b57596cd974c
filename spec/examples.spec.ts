import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EventSource } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { findCurl } from './support/external-programs.ts';
import { Program } from './support/program.ts';

const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
const TIME = /^\d{1,2}:\d\d:\d\d/;

describe("examples/websocket-server.cjs, the article's server with only the module's name changed", () => {
  it('greets a client of ws, and prints what it says', async () => {
    const { program, port } = await Program.listening(example('websocket-server.cjs'));
    const client = new WebSocket(`ws://localhost:${port}`);
    onTestFinished(() => client.terminate());
    const [message, isBinary] = await once(client, 'message');
    expect([String(message), isBinary]).toEqual(['hello', false]);
    client.send('text');
    client.send(Buffer.from('bytes'));
    await program.printed('received: text\nreceived: bytes\n');
  });
});

describe("examples/eventsource-server.js, the article's server with EventStream", () => {
  it.runIf(findCurl() !== null)('gives curl the bytes of an event stream, as they come', async () => {
    const { port } = await Program.listening(example('eventsource-server.js'));
    const url = `http://localhost:${port}/eventsource`;
    // It ends by the time limit, with the status 28, as the stream has no end.
    const { stdout, status } = spawnSync('curl', ['-sN', '-D', '-', '--max-time', '1.5', url], { encoding: 'utf8' });
    expect(status).toBe(28);
    const [head = '', body = ''] = stdout.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r$/m);
    expect(head).toMatch(/^Content-Type: text\/event-stream\r$/m);
    const events = body.split('\n\n');
    expect(events.length).toBeGreaterThanOrEqual(3);
    expect(events.pop()).toBe('');
    for (const event of events) expect(event.replace('data: ', '')).toMatch(TIME);
  });

  it('gives an EventSource the time, once a second', async () => {
    const { port } = await Program.listening(example('eventsource-server.js'));
    const source = new EventSource(`http://localhost:${port}/eventsource`);
    onTestFinished(() => source.close());
    const times: string[] = [];
    await new Promise<void>((resolve) => {
      source.addEventListener('message', ({ data }) => times.push(data) === 2 && resolve());
    });
    for (const time of times) expect(time).toMatch(TIME);
    expect(new Set(times).size).toBe(2);
  });
});
