import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen, serve } from '../../../../spec/support/http-server.ts';
import { startEchoServer } from '../../../../spec/support/sockets.ts';
import { EventStream } from '../../../../src/sse/index.ts';
import { configOf } from '../../../src/commands/conform/config-file.ts';
import { fillPlaceholders } from '../../../src/conformance/raw-connection.ts';
import { refusalOf, runWarm } from '../../support/command.ts';

const run = (...args: string[]) => runWarm('conform', ...args);

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-servers-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('the header fields towards a server under test', () => {
  it('are sent with each request, except those that a case has itself', async () => {
    const { url, server } = await startEchoServer({
      perMessageDeflate: true,
      handleProtocols: (offered) => offered.has('mine') && 'mine',
    });
    // The bytes of each connection.
    const seen: string[] = [];
    const front = createServer((socket) => {
      const back = server.address() as { port: number };
      const onward = connect(back.port, '127.0.0.1');
      const index = seen.push('') - 1;
      socket.on('data', (chunk: Buffer) => {
        seen[index] += chunk.toString('latin1');
      });
      socket.on('error', () => {}).on('close', () => onward.destroy());
      onward.on('error', () => {}).on('close', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const port = await listen(front);
    const fields = ['--header', 'Authorization: Bearer 1', '--origin', 'https://a.example', '--protocol', 'mine'];
    const cases = ['1.1.1', '12.1.1', '14.1.1', '14.2.1', '14.4.4', '15.1.1', '15.1.3'].flatMap((id) => ['--only', id]);
    const { output } = await run(url.replace(/:\d+/, `:${port}`), ...fields, ...cases);
    expect(output).not.toContain('FAILED  The opening');
    const requests = seen.flatMap((bytes) => bytes.match(/^(GET|HEAD) [\s\S]*?\r\n\r\n/gm) ?? []);
    expect(requests.length).toBeGreaterThanOrEqual(8);
    for (const request of requests) {
      expect(request).toMatch(/^authorization: Bearer 1\r$/im);
      expect(request.match(/^origin: /gim)).toHaveLength(1);
      expect(request.match(/^sec-websocket-protocol: /gim)).not.toBeNull();
    }
    expect(output).toMatch(/^14 {2}Opening handshake +3 /m);
  });

  it('are sent to servers of event streams', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers['x-token']);
      EventStream.open(request, response).send('a');
    });
    await run(url, '--header', 'X-Token: 1', '--only', '20.1.1', '--only', '24.1.1', '--time-limit', '300');
    expect(seen.length).toBeGreaterThan(2);
    expect(new Set(seen)).toEqual(new Set(['1']));
  });

  it.each([
    ['GET PATH HTTP/1.1\r\nHost: HOST\r\n\r\n', 'GET /x HTTP/1.1\r\nA: 1\r\nHost: a\r\n\r\n'],
    ['GET PATH HTTP/1.1\r\nHost: HOST\r\na: 2\r\n\r\n', 'GET /x HTTP/1.1\r\nHost: a\r\na: 2\r\n\r\n'],
    ['GET PATH HTTP/1.1\r\nHost: HOST\r\nX: ', 'GET /x HTTP/1.1\r\nA: 1\r\nHost: a\r\nX: '],
    [
      'HEAD PATH HTTP/1.1\r\nA: 2\r\n\r\nGET PATH HTTP/1.0\r\n\r\n',
      'HEAD /x HTTP/1.1\r\nA: 2\r\n\r\nGET /x HTTP/1.0\r\nA: 1\r\n\r\n',
    ],
    ['no request', 'no request'],
  ])('are added to %j', (text, expected) => {
    expect(fillPlaceholders(text, 'ws://a/x', { A: '1' })).toBe(expected);
  });

  it('replace the host', () => {
    expect(fillPlaceholders('GET PATH HTTP/1.1\r\nHost: HOST\r\n\r\n', 'ws://a/x', { host: 'b' })).toBe(
      'GET /x HTTP/1.1\r\nHost: b\r\n\r\n',
    );
  });

  it.each([
    ['--header', 'a b: 1', '--header must have the form "Name: value"; received "a b: 1"'],
    ['--header', 'ä: 1', 'Invalid header field name: "ä"'],
    ['--header', 'a: \u20ac', 'Invalid value of the header field a: "\u20ac"'],
    ['--origin', 'a\nb', 'Invalid value of the header field Origin: "a\\nb"'],
  ])('must be valid: %s %j', async (option, value, message) => {
    expect(await refusalOf('conform', 'ws://127.0.0.1:1', option, value)).toContain(message);
  });
});

describe('a configuration file', () => {
  const AUTOBAHN = {
    options: { failByDrop: false },
    outdir: './reports/servers',
    servers: [
      { agent: 'One', url: 'ws://127.0.0.1:9001', options: { version: 18 } },
      { agent: 'Two', url: 'ws://127.0.0.1:9002' },
    ],
    cases: ['1.*', '2.1'],
    'exclude-cases': ['1.2.*'],
    'exclude-agent-cases': { 'T*': ['2.1'] },
  };

  it('may be that of Autobahn', () => {
    const agent = { headers: {}, only: [], exclude: [] };
    expect(configOf(AUTOBAHN)).toMatchObject({
      agents: [
        { name: 'One', url: 'ws://127.0.0.1:9001', ...agent },
        { name: 'Two', url: 'ws://127.0.0.1:9002', ...agent },
      ],
      only: ['1.*', '2.1'],
      exclude: ['1.2.*'],
      excludeFor: [['T*', ['2.1']]],
      json: join('reports', 'servers', 'index.json'),
      html: join('reports', 'servers', 'index.html'),
    });
    expect(configOf({ url: 'wss://127.0.0.1:9001', cert: 'a', key: 'b', webport: 8080, cases: ['*'] })).toMatchObject({
      agents: [],
      serve: '9001',
      host: '127.0.0.1',
      tls: true,
      cert: 'a',
      key: 'b',
    });
  });

  it('may have the same settings under our names', () => {
    const { agents, ...others } = configOf({
      agents: [
        { name: 'a', url: 'http://a', headers: { A: '1' }, origin: 'o', protocol: 'p', only: '1', exclude: ['2'] },
      ],
      only: '6',
      'time-limit': 5,
      thorough: true,
    });
    expect(agents).toEqual([
      {
        name: 'a',
        url: 'http://a',
        headers: { A: '1', Origin: 'o', 'Sec-WebSocket-Protocol': 'p' },
        only: ['1'],
        exclude: ['2'],
      },
    ]);
    expect(others).toMatchObject({ only: ['6'], timeLimit: '5', thorough: true });
  });

  it.each([
    [[], 'The configuration must be an object; received []'],
    [{ agnets: [] }, 'Unknown field "agnets" (allowed: agents, servers, '],
    [{ agents: {} }, 'agents must be an array; received {}'],
    [{ agents: [1] }, 'agents[0] must be an object; received 1'],
    [{ servers: [{ url: 'ws://a', ulr: 1 }] }, 'Unknown field "ulr" in servers[0] (allowed: name, agent, url, '],
    [{ servers: [{}] }, 'servers[0].url must be a string; received nothing'],
    [{ agents: [{ url: 5 }] }, 'agents[0].url must be a string; received 5'],
    [
      { agents: [{ url: 'ftp://a' }] },
      'agents[0].url: The URL must begin with ws:, wss:, http: or https:; received "ftp://a"',
    ],
    [
      { agents: [{ url: 'ws://a', headers: { a: 1 } }] },
      'agents[0].headers must be an object of strings; received {"a":1}',
    ],
    [{ agents: [{ url: 'ws://a', headers: { 'a b': '' } }] }, 'Invalid header field name: "a b"'],
    [{ agents: [{ url: 'ws://a' }, { url: 'ws://a' }] }, 'Two agents have the name "ws://a"'],
    [{ cases: ['1'], only: ['2'] }, 'only and cases are the same setting: use one of them'],
    [{ cases: [1] }, 'cases must be an array of strings; received [1]'],
    [
      { 'exclude-agent-cases': { a: '1' } },
      'exclude-agent-cases must be an object of arrays of strings; received {"a":"1"}',
    ],
    [{ thorough: 'yes' }, 'thorough must be true or false; received "yes"'],
    [{ concurrency: '4' }, 'concurrency must be a number; received "4"'],
    [{ url: 'x' }, 'url: The URL must begin with ws:, wss:, http: or https:; received "x"'],
  ])('must be valid: %j', (value, message) => {
    expect(() => configOf(value)).toThrow(message);
  });

  it('names several servers, which run one after the other, with exclusions for each', async () => {
    const [one, two] = [await startEchoServer(), await startEchoServer()];
    const path = await directory();
    const config = join(path, 'config.json');
    const servers = [
      { agent: 'One', url: one.url },
      { agent: 'Dead', url: 'ws://127.0.0.1:1' },
      { agent: 'Two', url: two.url, exclude: ['1.1.2'] },
    ];
    const outdir = join(path, 'a', 'b');
    await writeFile(
      config,
      JSON.stringify({ servers, outdir, cases: ['1.1.*'], 'exclude-agent-cases': { 'T?*': [], 'T*': ['1.1.1'] } }),
    );
    const { status, output } = await run('--config', config);
    expect(status).toBe(1);
    expect(output).toMatch(/^One\n[\s\S]*^ +all +8 [\s\S]*^Two\n[\s\S]*^ +all +6 /m);
    expect(output).toContain(
      'pushwire: Dead does not answer (connect ECONNREFUSED 127.0.0.1:1). Check the port, and whether the server is running. None of its cases was run',
    );
    const report = JSON.parse(await readFile(join(outdir, 'index.json'), 'utf8'));
    expect(Object.keys(report)).toEqual(['One', 'Two']);
    expect(Object.keys(report.Two)).toEqual(['1.1.3', '1.1.4', '1.1.5', '1.1.6', '1.1.7', '1.1.8']);
    expect(await readFile(join(outdir, 'index.html'), 'utf8')).toContain('</html>');
  });

  it.each([
    ['{', /--config \S+ must be a configuration, .*JSON/],
    ['{"servers":[]}', /Expected one URL; received none/],
    ['{"concurrency":0,"servers":[{"url":"ws://a"}]}', /--concurrency must be a whole number of at least 1/],
    ['{"servers":[{"url":"ws://a","only":["99"]}]}', /No case for WebSocket servers matches --only and --exclude/],
  ])('is refused: %s', async (content, message) => {
    const config = join(await directory(), 'config.json');
    await writeFile(config, content);
    expect(await refusalOf('conform', '--config', config)).toMatch(message);
  });
});
