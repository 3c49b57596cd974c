import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../../spec/support/http-server.ts';
import { RawPeer, upgradeRequest } from '../../../spec/support/raw-peer.ts';
import { startEchoServer, startServer } from '../../../spec/support/sockets.ts';
import { EventStream } from '../../../src/sse/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { serveCases } from '../../src/conformance/serve-cases.ts';
import type { LogEntry } from '../../src/conformance/wire-log.ts';
import { refusalOf, runWarm } from '../support/command.ts';
import { WarmCommand } from '../support/warm-command.ts';

const conform = (...args: string[]) => new WarmCommand(['conform', ...args]);
const run = (...args: string[]) => runWarm('conform', ...args);

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-conform-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('pushwire conform', () => {
  it('tests a server, prints a table, and exits with 0 if no case fails', async () => {
    const { url } = await startEchoServer();
    const { status, output } = await run(url, '--only', '1', '--only', '7.13', '--exclude', '1.2.8');
    expect(status).toBe(0);
    expect(output).toMatch(/^1 {2}Framing +15 +- +- +- +-$/m);
    expect(output).toMatch(/^7 {2}Closing handshake +- +- +2 +- +-$/m);
    expect(output).toMatch(/^ +all +15 +0 +2 +0 +0$/m);
    expect(output).toMatch(/^7\.13\.1 {2}INFORMATIONAL {2}Close code 5000/m);
    // Without a terminal, there is no progress bar.
    expect(output).not.toContain('\r');
  });

  it('exits with 1 if a case fails, and writes reports that include earlier runs', async () => {
    const path = await directory();
    const good = await startEchoServer();
    const json = join(path, 'good.json');
    expect((await run(good.url, '--agent', 'good', '--only', '2.1', '--json', json)).status).toBe(0);
    const bad = await startServer({ autoPong: false });
    const files = ['--json', join(path, 'bad.json'), '--html', join(path, 'a.html'), '--junit', join(path, 'a.xml')];
    const options = ['--agent', 'bad <b>', '--only', '2.1', '--time-limit', '100', '--with', json];
    const { status, output } = await run(bad.url, ...options, ...files);
    expect(status).toBe(1);
    expect(output).toContain(`pushwire: Wrote ${files[1]}, ${files[3]}, ${files[5]}\n`);
    expect(output).toMatch(
      /^2\.1 {2}FAILED {2}A ping without a payload: The ping was not answered; expected pong of 0 bytes; received nothing \(RFC 6455 §5\.5\.2: ".*"\)$/m,
    );
    const report = JSON.parse(await readFile(join(path, 'bad.json'), 'utf8'));
    expect(report['bad <b>']['2.1']).toMatchObject({
      behavior: 'FAILED',
      behaviorClose: 'OK',
      remoteCloseCode: 1000,
      section: 'RFC 6455 §5.5.2',
    });
    const log = report['bad <b>']['2.1'].log.map(({ who, what }: LogEntry) => `${who} ${what}`);
    expect(log).toEqual([
      expect.stringMatching(/^tester "GET \/ HTTP\/1\.1\\r\\n/),
      expect.stringMatching(/^agent "HTTP\/1\.1 101 /),
      'tester FIN masked ping, 0 bytes: ',
      'tester FIN masked Close, 2 bytes: 1000',
      'agent FIN Close, 2 bytes: 1000',
      'agent ends TCP',
    ]);
    const html = await readFile(join(path, 'a.html'), 'utf8');
    expect(html).toContain('bad &lt;b&gt;');
    expect(html).not.toContain('bad <b>');
    expect(html).toContain('data-agent="good" data-id="2.1">OK<');
    const xml = await readFile(join(path, 'a.xml'), 'utf8');
    expect(xml).toContain('<testsuite name="bad &lt;b&gt;" tests="1" failures="1" skipped="0">');
  });

  it('lists the cases', async () => {
    const { status, output } = await run('--list', '--only', '6.4');
    expect(status).toBe(0);
    expect((await run('--list', '--only', '6.4.1, 6.4.2', '--only', '6.4.3,6.4.4')).output).toBe(output);
    expect(output.trim().split('\n')).toHaveLength(4);
    expect(output).toMatch(/^6\.4\.1 {3}Text that becomes invalid/);
  });

  it('serves the cases to clients, and writes the reports when a client requests it', async () => {
    const json = join(await directory(), 'clients.json');
    const program = conform('--serve', '0', '--only', '1.1.1', '--json', json);
    await program.printed('Press Ctrl+C to stop.');
    const url = /ws:\/\/[^\s:]+:\d+/.exec(program.output)![0];
    for (const path of ['/runCase?case=1&agent=mine', '/updateReports?agent=mine']) {
      const socket = new WebSocket(url + path);
      socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
      await new Promise((resolve) => socket.on('close', resolve));
      if (path.startsWith('/run')) await program.printed('event stream cases');
    }
    await program.printed('Framing');
    await expect.poll(() => readFile(json, 'utf8').catch(() => '')).toContain('"mine"');
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
    // The results have been printed already.
    expect(program.output.match(/Framing/g)).toHaveLength(1);
  });

  it('prints the results of clients that have not requested them when it is interrupted', async () => {
    const program = conform('--serve', '0', '--only', '1.1.1,31.1.1');
    await program.printed('Press Ctrl+C to stop.');
    const [, address] = /ws:\/\/([\d.:]+)/.exec(program.output)!;
    const socket = new WebSocket(`ws://${address}/runCase?case=1&agent=one`);
    socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
    await new Promise((resolve) => socket.on('close', resolve));
    const stream = `http://${address}/reportEventStream?case=1&agent=two`;
    await fetch(stream.replace('/report', '/run')).then((response) => response.text());
    expect((await fetch(stream, { method: 'POST', body: '[]' })).status).toBe(200);
    await fetch(`http://${address}/updateReports?agent=nobody`);
    // A case that is still running has no verdict yet.
    await expect.poll(() => fetch(`http://${address}/report`).then((response) => response.text())).toContain('"one"');
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
    expect(program.output).toMatch(/^one\n[\s\S]*^1 {2}Framing +1 [\s\S]*^two\n[\s\S]*^31\.1\.1 {2}FAILED/m);
    expect(program.output).toContain('nobody has no results\n');
    expect(program.output.match(/^one$/gm)).toHaveLength(1);
  });

  it('prints an error and continues to serve if a report cannot be written, and escapes the name of the agent', async () => {
    const path = await directory();
    const [json, html] = [join(path, 'file', 'x.json'), join(path, 'new', 'x.html')];
    await writeFile(join(path, 'file'), '');
    const program = conform('--serve', '0', '--only', '1.1.1', '--json', json, '--html', html, '--junit', '/dev/full');
    await program.printed('Press Ctrl+C');
    const [, address] = /ws:\/\/([\d.:]+)/.exec(program.output)!;
    const agent = 'agent=%1B%5B2J%C2%9Bevil%E2%80%AE';
    const update = (): Promise<Response> => fetch(`http://${address}/updateReports?${agent}`);
    for (const path of ['/runCase', '/getCaseStatus']) {
      const socket = new WebSocket(`ws://${address}${path}?case=1&${agent}`);
      socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }));
      await new Promise((resolve) => socket.on('close', resolve));
    }
    expect((await update()).status).toBe(204);
    await program.printed(`pushwire: Could not write ${json}: ENOTDIR`);
    // The other reports are written. The error message of the system may not name the file.
    if (process.platform === 'linux') await program.printed('pushwire: Could not write /dev/full: ENOSPC');
    await expect.poll(() => readFile(html, 'utf8').catch(() => '')).toContain('</html>');
    expect((await update()).status).toBe(204);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
    expect(program.output).not.toMatch(/[\x1b\x9b\u202e]/);
    expect(program.output).toContain('\\x1b[2J\\x9bevil\\u202e');
    program.kill('SIGINT');
    expect(await program.ended()).toBe(1);
  });

  it('serves the page and the reports only for known host names, and the cases for any', async () => {
    const program = conform('--serve', '0', '--only', '1.1.1', '--only', '31.1.1', '--allow-host', 'My.example');
    await program.printed('Press Ctrl+C to stop.');
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(program.output)![1]);
    const statusOf = async (path: string, host: string): Promise<number> => {
      const peer = await RawPeer.connect(port);
      const isSocket = path.startsWith('ws:');
      const fields = { Host: host, Origin: 'http://evil.example' };
      const line = `GET ${path.replace('ws:', '')} HTTP/1.1`;
      peer.write(
        isSocket ? upgradeRequest(fields, line) : `${line}\r\nHost: ${host}\r\nOrigin: ${fields.Origin}\r\n\r\n`,
      );
      return Number((await peer.readHead()).split(' ')[1]);
    };
    for (const path of ['/', '/report', '/updateReports?agent=a']) {
      for (const host of ['evil.example', `evil.example:${port}`]) expect(await statusOf(path, host)).toBe(403);
      for (const host of ['localhost:1', '127.0.0.1', '[::1]', 'my.example']) {
        expect(await statusOf(path, host)).toBeLessThan(300);
      }
    }
    for (const path of ['/eventStreamCases', '/runEventStream?case=1&agent=a']) {
      expect(await statusOf(path, 'any.example')).toBe(200);
    }
    for (const path of ['/getCaseCount', '/runCase?case=1&agent=a', '/updateReports?agent=a']) {
      expect(await statusOf(`ws:${path}`, 'any.example')).toBe(101);
    }
  });

  it('limits the number of agents whose results it keeps', async () => {
    const server = await serveCases([], [], { port: 0, host: '127.0.0.1', maxAgents: 3 });
    onTestFinished(() => server.close());
    const update = (agent: string): Promise<Response> => fetch(`http://${server.address}/updateReports?agent=${agent}`);
    expect((await update('a'.repeat(501))).status).toBe(400);
    for (const agent of ['0', '1', '2']) expect((await update(agent)).status).toBe(204);
    const refused = await update('one-more');
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('Too many agents (limit 3)')]);
    expect((await update('0')).status).toBe(204);
  });

  it('tests an event stream server if the URL has the scheme http:', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      for (let number = 0; number < 10; number++) stream.send({ id: `${number}`, data: 'a' });
    });
    const options = ['--only', '20.1', '--only', '22.1.1', '--exclude', '20.1.9', '--time-limit', '20000'];
    const { status, output } = await run(url, ...options);
    expect(status).toBe(0);
    expect(output).toMatch(/^20 {2}Event stream: response +8 +- +- +- +-$/m);
    // The server ignores Last-Event-ID.
    expect(output).toMatch(
      /^22\.1\.1 {2}UNIMPLEMENTED {2}The stream resumes after the first event: The server starts again with its first event; expected "1" after "0"; received "0"$/m,
    );
  });

  it('serves the cases for event stream clients', async () => {
    const program = conform('--serve', '0', '--only', '31.1.1');
    await program.printed('Press Ctrl+C to stop.');
    const url = /http:\/\/[^\s:]+:\d+/.exec(program.output)![0];
    const [test, ...more] = (await (await fetch(`${url}/eventStreamCases`)).json()) as { number: number; id: string }[];
    expect([test, more]).toMatchObject([{ number: 1, id: '31.1.1', needsClient: false }, []]);
    const query = 'case=1&agent=mine';
    expect(await (await fetch(`${url}/runEventStream?${query}`)).text()).toBe('retry: 1\n\ndata: a\n\n');
    const report = async (body: unknown): Promise<unknown> => {
      const response = await fetch(`${url}/reportEventStream?${query}`, { method: 'POST', body: JSON.stringify(body) });
      return response.headers.get('content-type') === 'application/json' ? response.json() : response.status;
    };
    for (const wrong of [null, {}, [1], [{ type: 1 }], [{ type: 'a', data: 1 }]]) expect(await report(wrong)).toBe(400);
    expect(await report([{ type: 'message', data: 'b', lastEventId: '' }])).toEqual({
      behavior: 'FAILED',
      text: 'Event 1 is wrong; expected "message" with "a" and the id ""; received "message" with "b" and the id ""',
    });
    // The client starts the case and does not report its events.
    await fetch(`${url}/runEventStream?case=1&agent=silent`).then((response) => response.text());
    for (const agent of ['mine', 'silent']) await fetch(`${url}/updateReports?agent=${agent}`);
    await program.printed('The agent did not report');
    expect((await fetch(`${url}/runEventStream?case=2&agent=mine`)).status).toBe(404);
    // An interrupted driver has begun a case. One that runs again starts anew, and does not disturb another agent.
    for (const agent of ['again', 'other']) await fetch(`${url}/runEventStream?case=1&agent=${agent}`);
    await fetch(`${url}/eventStreamCases?agent=again`);
    expect((await fetch(`${url}/runEventStream?case=1&agent=again`)).status).toBe(200);
    expect((await fetch(`${url}/runEventStream?case=1&agent=other`)).status).toBe(204);
    expect((await fetch(`${url}/other`)).status).toBe(426);
    expect(await (await fetch(`${url}/report`)).text()).toContain('data-agent="silent" data-id="31.1.1">FAILED<');
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
  });

  for (const [title, args, message] of [
    ['no URL', [], 'Expected one URL; received none'],
    ['two URLs', ['ws://a', 'ws://b'], 'Expected one URL; received 2'],
    ['a URL of another scheme', ['ftp://a'], 'The URL must begin with ws:, wss:, http: or https:; received "ftp://a"'],
    ['a URL that is none', ['a b'], 'The URL must begin with ws:, wss:, http: or https:; received "a b"'],
    ['a pattern without a case', ['ws://a', '--only', '1', '--only', '99'], '--only "99" matches no case (--list'],
    ['an exclusion without a case', ['ws://a', '--exclude', '1,6.44'], '--exclude "6.44" matches no case (--list'],
    ['patterns that exclude all', ['--list', '--only', '1', '--exclude', '1'], 'No case matches --only and --exclude'],
    [
      'cases of event stream servers for a WebSocket server',
      ['ws://a', '--only', '20'],
      'No case for WebSocket servers matches --only and --exclude',
    ],
    [
      'cases of WebSocket servers for a server of event streams',
      ['http://a', '--only', '14'],
      'No case for event stream servers matches --only and --exclude',
    ],
    ['cases of servers for clients', ['--serve', '0', '--only', '14'], 'No case for clients matches --only'],
    ['a URL and --serve', ['ws://a', '--serve', '0'], '--serve cannot be used with a URL; received "ws://a"'],
    ['an option of --serve without it', ['ws://a', '--tls'], '--tls requires --serve'],
    [
      'a host to show the reports to, without --serve',
      ['ws://a', '--allow-host', 'b'],
      '--allow-host requires --serve',
    ],
    [
      'an option for servers with --serve',
      ['--serve', '0', '--header', 'A: 1'],
      '--header cannot be used with --serve',
    ],
    [
      'a number at once that is none',
      ['ws://a', '--concurrency', '0'],
      '--concurrency must be a whole number of at least 1; received "0"',
    ],
    [
      'a time limit that is none',
      ['ws://a', '--time-limit', 'x'],
      '--time-limit must be a whole number from 1 to 2147483647; received "x"',
    ],
    ['a port that is none', ['--serve', '70000'], '--serve must be a whole number from 0 to 65535; received "70000"'],
    ['an invalid --quiet-limit', ['http://a', '--quiet-limit', '0'], '--quiet-limit must be a whole number'],
    ['a file that does not exist', ['ws://a', '--with', '/nowhere.json'], '--with /nowhere.json: ENOENT'],
    ['an unknown option', ['--olny', '1'], 'Unknown option "--olny"'],
    ['an option without its value', ['ws://a', '--html'], '--html must have a value; received none'],
    [
      'an option in place of a value',
      ['ws://a', '--html', '--list'],
      'A value of --html that begins with a dash must be written as --html=VALUE',
    ],
    ['a value that an option does not take', ['--list=yes'], '--list takes no value'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const refusal = await refusalOf('conform', ...args);
      expect(refusal).toContain(message);
      // The message stays in sight: the whole help would be longer than a terminal.
      expect(refusal.split('\n').length).toBeLessThan(12);
      if (refusal.includes('Usage:')) expect(refusal).toContain('Run "pushwire conform --help" to see the options.');
    });
  }
});
