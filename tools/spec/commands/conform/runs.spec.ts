import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isDue } from '../../../../spec/support/full-run.ts';
import { listen } from '../../../../spec/support/http-server.ts';
import { EventStream } from '../../../../src/sse/index.ts';
import type { Report } from '../../../src/conformance/report.ts';
import { STANDARD } from '../../../src/conformance/self-test/echo-behaviour.ts';
import { agentServer } from '../../../src/conformance/self-test/probing.ts';
import { pushwire, refusalOf, runWarm } from '../../support/command.ts';

type Behavior = 'echoes' | 'refuses' | 'hangs' | 'resets';

/** A server whose behavior changes during a run. */
interface Changing {
  readonly url: string;
  /** The connections so far. */
  readonly connections: number;
  become(behavior: Behavior): void;
}

/** @param next returns what the server does from this connection on */
async function startServer(
  next: (connections: number) => Behavior = () => 'echoes',
  http = agentServer(STANDARD),
): Promise<Changing> {
  const open = new Set<Socket>();
  let behavior: Behavior = 'echoes';
  let connections = 0;
  const become = (now: Behavior): void => {
    if (now === behavior) return;
    behavior = now;
    if (now === 'echoes') return;
    if (now === 'refuses') front.close();
    // A hanging process also stops serving the connections that it has.
    for (const socket of open) now === 'hangs' ? socket.pause() : socket.resetAndDestroy();
  };
  const front: Server = createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    become(next(++connections));
    if (behavior === 'hangs') return;
    if (behavior !== 'echoes') return void socket.resetAndDestroy();
    http.emit('connection', socket);
    socket.resume();
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
  });
  const url = `ws://127.0.0.1:${await listen(front)}/`;
  return {
    url,
    become,
    get connections() {
      return connections;
    },
  };
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-runs-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const conform = (...args: string[]) => pushwire('conform', ...args);
const run = (...args: string[]) => runWarm('conform', ...args);
const readJson = async (file: string): Promise<Report> => JSON.parse(await readFile(file, 'utf8'));
const QUICK = ['--only', '1', '--only', '2', '--only', '5', '--only', '7'];

/** Why a server does not answer, by its behavior. It has 300 ms. */
const REASONS = [
  ['refuses', 'connect ECONNREFUSED'],
  ['hangs', 'no response within 300 ms'],
  ['resets', '(\\w+ ECONNRESET|write EPIPE|the connection ended)'],
] as const;
/** What `npm test` has of the server's behaviors: one from the start, and another one in the middle. */
const FROM_THE_START = REASONS.filter(([behavior]) => behavior === 'refuses' || isDue(`${behavior} from the start`));
const IN_THE_MIDDLE = REASONS.filter(([behavior]) => behavior !== 'refuses' || isDue(`${behavior} in the middle`));

describe('pushwire conform, if the server', () => {
  it.each(FROM_THE_START)('%s from the start, runs no case and says why', async (behavior, reason) => {
    const server = await startServer(() => behavior);
    const url = behavior === 'refuses' ? 'ws://127.0.0.1:1/' : server.url;
    const json = join(await directory(), 'earlier.json');
    await writeFile(json, '{"earlier":{}}');
    const { status, output } = await run(url, '--time-limit', '300', '--json', json);
    expect(status).toBe(1);
    // The results of an earlier run are not replaced by none.
    expect(await readFile(json, 'utf8')).toBe('{"earlier":{}}');
    expect(output).toMatch(
      new RegExp(`^pushwire: ${url} does not answer \\(${reason}.*\\)\\.( [^.]+\\.)? None of its cases was run\n$`),
    );
  });

  it('does not speak TLS, says so for wss:', async () => {
    const server = await startServer(() => 'echoes');
    const { status, output } = await run(server.url.replace('ws:', 'wss:'), '--time-limit', '300');
    expect(status).toBe(1);
    expect(output).toMatch(
      /^pushwire: wss:\S+ does not answer \(TLS: [\w ]+\)\. .* must begin with ws:\. None of its cases was run\n$/,
    );
  });

  it('is still starting, waits for it', async () => {
    const server = await startServer((connections) => (connections === 1 ? 'resets' : 'echoes'));
    const { status, output } = await run(server.url, '--only', '1.1.1');
    expect([status, output]).toEqual([0, expect.stringMatching(/^1 {2}Framing +1 /m)]);
  });

  it.each(IN_THE_MIDDLE)('%s in the middle, ends early with the results so far', async (behavior, reason) => {
    const server = await startServer((connections) => (connections > 20 ? behavior : 'echoes'));
    const path = await directory();
    const json = join(path, 'a.json');
    const files = ['html', 'junit', 'markdown', 'badge'].map((name) => join(path, name));
    const options = ['--agent', 'it', '--time-limit', '300', '--json', json, ...QUICK];
    for (const file of files) options.push(`--${basename(file)}`, file);
    const { status, output } = await run(server.url, ...options);
    expect(status).toBe(1);
    expect(output).toMatch(
      new RegExp(
        `^pushwire: it no longer answers \\(${reason}.*\\)( while these cases ran: [\\d., ]+)?\\. \\d+ of \\d+ cases`,
        'm',
      ),
    );
    expect(output).toMatch(/^1 {2}Framing/m);
    const results = (await readJson(json)).it!;
    // The first connections were the look at the server, and its check.
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(10);
    expect(Object.keys(results).length).toBeLessThanOrEqual(20);
    // A case that found the server dead says nothing.
    expect(Object.values(results).filter(({ log }) => !log.some(({ who }) => who === 'agent'))).toEqual([]);
    const [page, xml, summary, badge] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(page).toContain('</html>');
    // No report may show that all is well.
    const count = `${Object.keys(results).length} of \\d+ cases have a result\\.`;
    expect(page).toMatch(
      new RegExp(`<strong>it was not tested completely\\.</strong> The server no longer answers \\(.*\\. ${count}`),
    );
    expect(xml).toMatch(new RegExp(`<error message="The server no longer answers \\(.*\\. ${count}"/>`));
    expect(summary).toMatch(new RegExp(`#### Not tested completely\n\n.*\n.*\n\\| \`it\` \\| .* ${count}`));
    expect(summary).not.toContain('No case failed');
    expect(badge).toContain('1 server not tested completely');
    expect(server.connections).toBeLessThan(60);
  });

  // Without a full run, one of three behaviors: event streams end early by the same code.
  const withStreams = (['hangs', 'refuses', 'resets'] as const).filter(
    (one) => one === 'hangs' || isDue(`event streams, ${one}`),
  );
  it.each(withStreams)('sends event streams and %s, ends early', async (behavior) => {
    const streams = createHttpServer((request, response) => {
      const stream = EventStream.open(request, response);
      for (let number = 0; number < 10; number++) stream.send('a');
    });
    const server = await startServer((connections) => (connections > 7 ? behavior : 'echoes'), streams);
    const json = join(await directory(), 'a.json');
    const options = ['--agent', 'it', '--time-limit', '400', '--quiet-limit', '400', '--json', json];
    const { status, output } = await run(server.url.replace('ws:', 'http:'), ...options);
    expect(status).toBe(1);
    expect(output).toMatch(/^pushwire: it no longer answers \(/m);
    expect(Object.keys((await readJson(json)).it!).length).toBeGreaterThan(2);
    // Without a full run, a WebSocket server tests this.
    if (!isDue(`event streams, ${behavior}`)) return;
    const silent = await startServer(() => behavior);
    expect((await run(silent.url.replace('ws:', 'http:'), '--time-limit', '300')).output).toContain(
      'does not answer (',
    );
  });

  it('hangs in a case that has a minute, does not wait for that', async () => {
    const server = await startServer((connections) => (connections > 1 ? 'hangs' : 'echoes'));
    const { status, output } = await run(server.url, '--time-limit', '300', '--only', '9.1.1', '--only', '9.1.2');
    expect(status).toBe(1);
    expect(output).toMatch(
      /no longer answers \(no response within 300 ms\) while these cases ran: 9\.1\.1, 9\.1\.2\. 0 of 2/,
    );
  });

  it('exits in a case that runs alone, has a verdict for that case', async () => {
    const server = await startServer((connections) => (connections > 7 ? 'refuses' : 'echoes'));
    const json = join(await directory(), 'a.json');
    const { output } = await run(
      server.url,
      '--concurrency',
      '1',
      '--json',
      json,
      '--agent',
      'it',
      '--only',
      '15.1.16',
    );
    expect(output).toMatch(/^pushwire: it no longer answers \(connect ECONNREFUSED .*\)\. 1 of 1 cases have a result/m);
    expect((await readJson(json)).it!['15.1.16']).toMatchObject({ behavior: 'FAILED' });
  });

  it('restarts within a second, goes on', async () => {
    let isDown = false;
    const server = await startServer((connections) => {
      if (connections === 10) {
        isDown = true;
        setTimeout(() => {
          isDown = false;
          server.become('echoes');
        }, 500);
      }
      return isDown ? 'resets' : 'echoes';
    });
    const { output } = await run(server.url, '--time-limit', '2000', ...QUICK);
    expect(output).not.toContain('no longer answers');
    expect(output).toMatch(/^7 {2}Closing handshake/m);
  });
});

/** All signals have one handler, which knows the exit status of each. Without a full run, one of them. */
const SIGNALS = (
  [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const
).filter(([signal]) => signal === 'SIGINT' || isDue(`interrupted by ${signal}`));

describe('pushwire conform, interrupted', () => {
  it.each(SIGNALS)('by %s, completes the reports and exits with %i; --resume runs the rest', async (signal, status) => {
    const server = await startServer();
    const path = await directory();
    const [json, html, junit] = ['json', 'html', 'xml'].map((name) => join(path, `a.${name}`)) as [
      string,
      string,
      string,
    ];
    const options = [server.url, '--agent', 'it', '--json', json, '--html', html, '--junit', junit];
    // Only SIGINT stops the server, so that its cases cannot all end before.
    const [only, total] = signal === 'SIGINT' ? ['1,2,5', 47] : ['1,2,6', 172];
    const program = conform(...options, '--only', only);
    await expect.poll(() => server.connections, { interval: 1, timeout: 20_000 }).toBeGreaterThan(20);
    // In the middle of a case that will not end; in the others, results follow while the reports are written.
    if (signal === 'SIGINT') server.become('hangs');
    program.process.kill(signal);
    expect(await program.ended()).toBe(status);
    const count = Object.keys((await readJson(json)).it!).length;
    expect(count).toBeGreaterThan(2);
    expect(program.output).toContain(
      `pushwire: Interrupted. ${count} of ${total} cases have a result. Run again with --resume to run the other cases`,
    );
    expect(program.output).toMatch(new RegExp(`^ +all +${count} `, 'm'));
    expect(await readFile(html, 'utf8')).toContain('</html>');
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain(`tests="${count}"`);
    expect(xml).toContain(`<error message="The run was interrupted. ${count} of ${total} cases have a result."/>`);

    server.become('echoes');
    const before = server.connections;
    const resumed = await run(...options, '--resume', '--only', only);
    expect(resumed.status).toBe(0);
    expect(resumed.output).toMatch(new RegExp(`^ +all +${total} `, 'm'));
    const results = (await readJson(json)).it!;
    expect(Object.keys(results)).toHaveLength(total);
    expect(Object.keys(results).slice(0, 3)).toEqual(['1.1.1', '1.1.2', '1.1.3']);
    expect(await readFile(junit, 'utf8')).not.toContain('<error');
    // One look at the server, two connections for its check, and the cases without a result.
    expect(server.connections - before).toBe(3 + total - count);
  });

  it('by SIGKILL, leaves a report that can be resumed, and a summary that says that the run has not ended', async () => {
    const server = await startServer((connections) => (connections > 10 ? 'hangs' : 'echoes'));
    const path = await directory();
    const [json, markdown] = [join(path, 'a.json'), join(path, 'a.md')];
    const options = ['--json', json, '--markdown', markdown, '--only', '1', '--time-limit', '60000'];
    const program = conform(server.url, '--agent', 'it', ...options);
    for (const [file, text] of [
      [json, '"1.1.3"'],
      [markdown, 'The run has not ended.'],
    ] as const) {
      await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).toContain(text);
    }
    program.process.kill('SIGKILL');
    await program.ended();
    expect(Object.keys((await readJson(json)).it!).length).toBeGreaterThan(2);
  });
});

describe('pushwire conform --resume', () => {
  it('starts without a file, and runs nothing if all cases have a result', async () => {
    const server = await startServer();
    const json = join(await directory(), 'a.json');
    const options = [server.url, '--json', json, '--resume', '--only', '1.1'];
    expect((await run(...options)).status).toBe(0);
    const before = server.connections;
    const { status, output } = await run(...options);
    expect(status).toBe(0);
    expect(output).toMatch(/^ +all +8 /m);
    expect(server.connections).toBe(before);
  });

  it.each([
    ['{', '--resume'],
    ['[]', 'must be a report that --json has written, for --resume; received other JSON'],
    ['{"a":{"1.1.1":1}}', 'must be a report that --json has written, for --resume; received other JSON'],
  ])('refuses the file %s', async (content, message) => {
    const json = join(await directory(), 'a.json');
    await writeFile(json, content);
    expect(await refusalOf('conform', 'ws://127.0.0.1:1', '--json', json, '--resume')).toContain(message);
    expect(await readFile(json, 'utf8')).toBe(content);
  });

  it('requires --json', async () => {
    expect(await refusalOf('conform', 'ws://127.0.0.1:1', '--resume')).toContain('--resume requires --json');
  });
});
