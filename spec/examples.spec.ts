import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EventSource } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ChildProgram } from './support/child-program.ts';
import { findCurl } from './support/external-programs.ts';
import { connectSilently, sendStrangeRequests } from './support/strange-requests.ts';

const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
/** The examples that end in an orderly way. */
const ENDING = ['hub/server.js', 'ticket/server.js', 'container/server.js'];
const TIME = /^\d{1,2}:\d\d:\d\d/;

describe("examples/websocket-server.cjs, the article's server with only the module's name changed", () => {
  it('greets a client of ws, and prints its messages', async () => {
    const { program, port } = await ChildProgram.listening(example('websocket-server.cjs'));
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
  it.runIf(findCurl() !== null)('sends curl the bytes of an event stream as they are written', async () => {
    const { port } = await ChildProgram.listening(example('eventsource-server.js'));
    const url = `http://localhost:${port}/eventsource`;
    const curl = spawn('curl', ['-sN', '-D', '-', url]);
    onTestFinished(() => void curl.kill());
    let output = '';
    // The stream has no end. Three events are enough, and each ends with an empty line.
    for await (const chunk of curl.stdout.setEncoding('utf8')) {
      output += chunk;
      if (output.split('\n\n').length > 3) break;
    }
    const [head = '', body = ''] = output.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r$/m);
    expect(head).toMatch(/^Content-Type: text\/event-stream\r$/m);
    const events = body.split('\n\n');
    expect(events.pop()).toBe('');
    expect(events).toHaveLength(3);
    for (const event of events) expect(event.replace('data: ', '')).toMatch(TIME);
  });

  it('sends an EventSource the time once a second', async () => {
    const { port } = await ChildProgram.listening(example('eventsource-server.js'));
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

describe.for([
  ...readdirSync(example('.')).filter((name) => /\.c?js$/.test(name)),
  'hub/server.js',
  'chat/server.js',
  'language-model-chat/server.js',
  'dashboard/server.js',
  'ticket/server.js',
  'container/server.js',
])('examples/%s', (name) => {
  it(`is ended by no request${ENDING.includes(name) ? ', but by SIGTERM, whatever is connected' : ''}`, async () => {
    const { program, port } = await ChildProgram.listening(example(name));
    await sendStrangeRequests(port);
    expect({ status: program.process.exitCode, output: program.output }).toMatchObject({ status: null });
    if (!ENDING.includes(name) || process.platform === 'win32') return;
    await connectSilently(port);
    program.process.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
  });
});

it('examples/README.md names every example', () => {
  const text = readFileSync(example('README.md'), 'utf8');
  const unnamed = readdirSync(example('.')).filter((name) => !text.includes(`](${name}`));
  expect(unnamed).toEqual(['README.md', 'package.json']);
});
