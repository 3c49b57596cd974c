import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EventSource } from '../src/sse/index.ts';
import { ChildProgram } from './support/child-program.ts';
import { listen } from './support/http-server.ts';

const SERVER = fileURLToPath(new URL('../examples/language-model-chat/server.js', import.meta.url));

async function start(...args: string[]): Promise<{ program: ChildProgram; url: string }> {
  const program = new ChildProgram(SERVER, { args: ['--port', '0', ...args] });
  return { program, url: await urlOf(program) };
}

async function urlOf(program: ChildProgram): Promise<string> {
  await program.printed('Open ');
  return /http:\S+(?=\/)/.exec(program.output)![0];
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(`${url}/messages`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

/** Starts an answer, and resolves with its URL. */
async function ask(url: string, content: string): Promise<string> {
  const response = await post(url, { messages: [{ role: 'user', content }] });
  expect(response.status).toBe(201);
  return url + response.headers.get('location');
}

interface Reading {
  readonly tokens: string[];
  readonly ids: string[];
  /** The name of the last event, and its data. */
  readonly end: Promise<[name: string, data: string]>;
}

/** Reads an answer. The function receives each token, and may do something to the EventSource. */
function read(address: string, onToken: (source: EventSource, count: number) => void = () => {}): Reading {
  const source = new EventSource(address, { reconnectionTime: 1 });
  onTestFinished(() => source.close());
  const [tokens, ids]: [string[], string[]] = [[], []];
  source.addEventListener('token', ({ data, lastEventId }) => {
    tokens.push(data);
    ids.push(lastEventId);
    onToken(source, tokens.length);
  });
  const end = new Promise<[string, string]>((resolve) => {
    for (const name of ['done', 'stopped', 'failed', 'reset']) {
      source.addEventListener(name, ({ data }) => {
        source.close();
        resolve([name, data]);
      });
    }
  });
  return { tokens, ids, end };
}

const hasNoGap = (ids: readonly string[]): boolean => {
  const numbers = ids.map((id) => Number(id.split('-').at(-1)));
  return numbers.every((number, index) => number === numbers[0]! + index);
};

describe('examples/language-model-chat', () => {
  /** The server of the tests that leave it as it was. */
  let shared: ChildProgram;
  beforeAll(() => {
    shared = new ChildProgram(SERVER, { args: ['--port', '0'], onTestFinished: () => {} });
  });
  afterAll(() => void shared.process.kill('SIGKILL'));

  it('streams an answer to each client that reads it, with no gap when the connection is lost', async () => {
    const url = await urlOf(shared);
    const address = await ask(url, 'Hello');
    const whole = read(address);
    const cut = read(address, (source, count) => count % 10 === 5 && source.reconnect());
    expect(await Promise.all([whole.end, cut.end])).toEqual(Array(2).fill(['done', '']));
    expect(whole.tokens.join('')).toMatch(/^You wrote \*Hello\*[\s\S]+too\.$/);
    expect(cut.tokens).toEqual(whole.tokens);
    expect(hasNoGap(cut.ids)).toBe(true);
    // Who comes later receives all of it at once.
    const later = read(address);
    await later.end;
    expect(later.tokens).toEqual(whole.tokens);
  });

  it('stops the provider when no client reads the answer any more, and not before', async () => {
    // On a busy machine, a client takes longer than some milliseconds to connect.
    const { program, url } = await start('--grace', '1000');
    const address = await ask(url, 'Hello');
    const [first, second] = [read(address, (source) => source.close()), read(address)];
    await Promise.race([second.end, program.printed('nobody reads')]).then((end) => expect(end?.[0]).toBe('done'));
    expect(first.tokens).toHaveLength(1);
    await ask(url, 'An answer that is never read');
    await program.printed('nobody reads');
  });

  it('keeps the beginning of an answer while long ones are written', async () => {
    const lengths = [3, 12_000];
    const provider = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const token = JSON.stringify({ choices: [{ delta: { content: 'a ' } }] });
      response.end(`${`data: ${token}\n\n`.repeat(lengths.shift()!)}data: [DONE]\n\n`);
    });
    const { url } = await start('--provider', `http://127.0.0.1:${await listen(provider)}/`);
    const [short, long] = [await ask(url, 'short'), await ask(url, 'long')];
    const reading = read(long);
    expect(await reading.end).toEqual(['done', '']);
    expect(reading.tokens).toHaveLength(12_000);
    const first = read(short);
    expect([await first.end, first.tokens]).toEqual([
      ['done', ''],
      ['a ', 'a ', 'a '],
    ]);
  });

  it('stops an answer on request', async () => {
    const { program, url } = await start();
    const address = await ask(url, 'Hello');
    const { end, tokens } = read(address, (_, count) => count === 2 && fetch(address, { method: 'DELETE' }));
    expect(await end).toEqual(['stopped', '']);
    expect(tokens.length).toBeGreaterThan(1);
    await program.printed('nobody reads');
  });

  it('reports what goes wrong at the provider', async () => {
    const { program, url } = await start();
    const failures = {
      '/fail': 'The model is overloaded',
      '/cut': 'The provider cannot be reached, or its answer cannot be read',
    };
    for (const [prompt, message] of Object.entries(failures)) {
      const { end, tokens } = read(await ask(url, prompt));
      expect([await end, tokens.length]).toEqual([['failed', message], 6]);
    }
    const { end, tokens } = read(await ask(url, '/busy'));
    expect([await end, tokens]).toEqual([['failed', 'The provider has answered with status 429'], []]);
    program.process.kill('SIGTERM');
    await program.ended();
    // That is what the provider logs when somebody else has ended the answer.
    expect(program.output).not.toContain('nobody reads');
  });

  it('reports an answer of the provider that has no end or no sense', async () => {
    const bodies = ['data: {"choices":[{"delta":{"content":"a"}}]}\n\n', 'data: x\n\n', ''];
    const answers = [...bodies];
    const provider = createServer((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(answers.shift()),
    );
    const { url } = await start('--provider', `http://127.0.0.1:${await listen(provider)}/`);
    for (const _body of bodies) expect((await read(await ask(url, 'Hello')).end)[0]).toBe('failed');
    expect(answers).toEqual([]);
  });

  it('refuses a request that is no list of messages, or too long', async () => {
    const url = await urlOf(shared);
    const wrong = ['', 'x', '{}', '[]', 'null', { messages: [] }, { messages: [null] }, { messages: 'user' }];
    const messages = [{ role: 'system', content: '' }, { role: 'user' }, { role: 'user', content: 1 }];
    for (const body of [...wrong, ...messages.map((message) => ({ messages: [message] }))]) {
      expect((await post(url, body)).status).toBe(400);
    }
    expect((await post(url, 'x'.repeat(65_537))).status).toBe(413);
    expect((await fetch(`${url}/__proto__`)).status).toBe(404);
    expect((await fetch(`${url}/answers/${randomUUID()}`)).status).toBe(404);
  });

  it('refuses a page of another origin, and more than fifty answers at a time', async () => {
    const { url } = await start();
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] });
    const postFrom = async (origin: string): Promise<number> =>
      (await fetch(`${url}/messages`, { method: 'POST', body, headers: { Origin: origin } })).status;
    expect(await postFrom('https://evil.example')).toBe(403);
    expect(await postFrom('null')).toBe(403);
    expect(await postFrom(url)).toBe(201);
    const statuses = await Promise.all(Array.from({ length: 55 }, () => postFrom(url)));
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(6);
  });

  it('ends at SIGTERM while an answer is read', async () => {
    const { program, url } = await start();
    const { end } = read(await ask(url, 'Hello'), (_, count) => count === 1 && program.process.kill('SIGTERM'));
    expect((await end)[0]).toBe('stopped');
    expect(await program.ended()).toBe(0);
  });
});
