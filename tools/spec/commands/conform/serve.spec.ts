import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from '../../../../src/websocket/index.ts';
import { selfSignedCertificate } from '../../../src/compare/self-signed-certificate.ts';
import { refusalOf } from '../../support/command.ts';
import { WarmCommand } from '../../support/warm-command.ts';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-serve-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Starts the command. Resolves with it and its address, such as `ws://127.0.0.1:9001`. */
async function start(...args: string[]): Promise<{ program: WarmCommand; url: string }> {
  const program = new WarmCommand(['conform', '--serve', '0', '--time-limit', '1000', ...args]);
  await program.printed('Press Ctrl+C to stop.');
  return { program, url: /wss?:\/\/[^\s:]+:\d+/.exec(program.output)![0] };
}

interface Visit {
  readonly messages: string[];
  /** The close code, or the message of the error. */
  readonly end: number | string;
}

/** Opens a path and echoes, unless it is one with an answer. */
function visit(url: string, options: { readonly origin?: string } = {}): Promise<Visit> {
  const socket = new WebSocket(url, [], { rejectUnauthorized: false, ...options });
  const messages: string[] = [];
  return new Promise((resolve) => {
    socket.on('message', (data, isBinary) => {
      messages.push(String(data));
      if (url.includes('/runCase')) socket.send(data, { binary: isBinary });
    });
    socket.on('error', ({ message }) => resolve({ messages, end: message }));
    socket.on('close', (code) => resolve({ messages, end: code }));
  });
}

describe('pushwire conform --serve, for drivers of the Autobahn suite', () => {
  it('names cases by number and by id', async () => {
    const { url } = await start('--only', '1.1');
    for (const name of ['case=2', 'casetuple=1.1.2']) {
      const { messages } = await visit(`${url}/getCaseInfo?${name}`);
      expect(JSON.parse(messages[0]!)).toMatchObject({ id: '1.1.2' });
    }
    expect(await visit(`${url}/runCase?casetuple=1.1.2&agent=a`)).toMatchObject({ end: 1000 });
    for (const name of ['case=2', 'casetuple=1.1.2']) {
      const { messages } = await visit(`${url}/getCaseStatus?${name}&agent=a`);
      expect(JSON.parse(messages[0]!)).toMatchObject({ behavior: 'OK' });
    }
    for (const name of ['casetuple=1.1', 'casetuple=9.9.9', 'casetuple=', 'casetuple=1.1.99&case=1']) {
      expect(await visit(`${url}/runCase?${name}&agent=a`)).toMatchObject({ end: 'Unexpected server response: 404' });
    }
  });

  it('stops at /stopServer with status 1 if a case failed, and writes the reports', async () => {
    const json = join(await directory(), 'a.json');
    const { program, url } = await start('--only', '1.1.1', '--json', json);
    // The client fails the case: it does not echo.
    const socket = new WebSocket(`${url}/runCase?case=1&agent=silent`);
    await new Promise((resolve) => socket.on('close', resolve));
    const ended = program.ended();
    expect((await visit(`${url}/stopServer`)).end).toBe(1000);
    expect(await ended).toBe(1);
    expect(JSON.parse(await readFile(json, 'utf8')).silent['1.1.1'].behavior).toBe('FAILED');
  });

  it('has a verdict for a case that still runs when it is stopped', async () => {
    const json = join(await directory(), 'a.json');
    const { program, url } = await start('--only', '1.1.1', '--json', json);
    const socket = new WebSocket(`${url}/runCase?case=1&agent=slow`);
    socket.on('message', (data) => void setTimeout(() => socket.send(String(data)), 500));
    await new Promise((resolve) => socket.on('open', resolve));
    const ended = program.ended();
    await visit(`${url}/stopServer`);
    expect(await ended).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8')).slow['1.1.1'].behavior).toBe('OK');
  });

  it('stops over HTTP, too, with status 0 if no case failed', async () => {
    const { program, url } = await start('--only', '1.1.1');
    const ended = program.ended();
    expect((await fetch(`${url.replace('ws', 'http')}/stopServer`)).status).toBe(204);
    expect(await ended).toBe(0);
  });

  it.each([
    ['/updateReports?agent=a&shutdownOnComplete=true', []],
    ['/updateReports?agent=a', ['--shutdown-on-complete']],
  ])('stops after %s with the options %j', async (path, options) => {
    const json = join(await directory(), 'a.json');
    const { program, url } = await start('--only', '1.1.1', '--json', json, ...options);
    await visit(`${url}/runCase?case=1&agent=a`);
    const ended = program.ended();
    await visit(url + path);
    expect(await ended).toBe(0);
    expect(program.output).toContain('Framing');
    expect(JSON.parse(await readFile(json, 'utf8')).a['1.1.1'].behavior).toBe('OK');
  });

  it('does not stop for pages of other origins', async () => {
    const { program, url } = await start('--only', '1.1.1', '--shutdown-on-complete');
    const page = { origin: 'http://evil.example' };
    expect((await visit(`${url}/stopServer`, page)).end).toBe('Unexpected server response: 403');
    expect((await visit(`${url}/updateReports?agent=a&shutdownOnComplete=true`, page)).end).toBe(1000);
    const http = url.replace('ws', 'http');
    const headers = { Origin: page.origin };
    expect((await fetch(`${http}/stopServer`, { headers })).status).toBe(403);
    expect((await fetch(`${http}/updateReports?agent=a`, { headers })).status).toBe(204);
    expect((await visit(`${url}/getCaseCount`)).messages).toEqual(['1']);
    expect(await Promise.race([program.ended(), 'runs'])).toBe('runs');
  });

  it('writes results as they come, and adds them to those of an earlier run with --resume', async () => {
    const json = join(await directory(), 'a.json');
    const first = await start('--only', '1.1', '--json', json);
    await visit(`${first.url}/runCase?case=1&agent=a`);
    await expect.poll(() => readFile(json, 'utf8').catch(() => ''), { timeout: 10_000 }).toContain('"1.1.1"');
    first.program.kill('SIGKILL');
    const second = await start('--only', '1.1', '--json', json, '--resume');
    await visit(`${second.url}/runCase?case=2&agent=a`);
    await visit(`${second.url}/runCase?case=2&agent=b`);
    second.program.kill('SIGINT');
    expect(await second.program.ended()).toBe(0);
    const report = JSON.parse(await readFile(json, 'utf8'));
    expect(Object.keys(report.a)).toEqual(['1.1.1', '1.1.2']);
    expect(Object.keys(report.b)).toEqual(['1.1.2']);
  });

  it('fails a case whose request has no upgrade', async () => {
    const json = join(await directory(), 'a.json');
    const { program, url } = await start('--only', '1.1.1', '--json', json);
    const headers = { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version': '13' };
    const target = `${url.replace('ws', 'http')}/runCase?case=1&agent=`;
    expect((await fetch(`${target}a`, { headers })).status).toBe(426);
    expect((await fetch(`${target}page`)).status).toBe(426);
    program.kill('SIGINT');
    expect(await program.ended()).toBe(0);
    const report = JSON.parse(await readFile(json, 'utf8'));
    expect(Object.keys(report)).toEqual(['a']);
    expect(report.a['1.1.1']).toMatchObject({
      behavior: 'FAILED',
      text: expect.stringMatching(
        /^The request does not ask for an upgrade; expected Connection: Upgrade, .*; received Connection: /,
      ),
    });
  });

  it('closes the connection of an agent that a configuration file excludes from a case', async () => {
    const path = await directory();
    const [config, json] = [join(path, 'config.json'), join(path, 'a.json')];
    const exclusions = { 'exclude-agent-cases': { 'a*': ['1.1.1', '31.1.1'] }, cases: ['1.1.*', '31.1.1'] };
    await writeFile(config, JSON.stringify({ ...exclusions, url: 'ws://127.0.0.1:9001' }));
    const { program, url } = await start('--config', config, '--json', json);
    for (const agent of ['abc', 'b']) {
      expect((await visit(`${url}/runCase?case=1&agent=${agent}`)).end).toBe(1000);
      const response = await fetch(`${url.replace('ws', 'http')}/runEventStream?case=1&agent=${agent}`);
      expect(response.status).toBe(agent === 'b' ? 200 : 204);
    }
    program.kill('SIGINT');
    await program.ended();
    expect(Object.keys(JSON.parse(await readFile(json, 'utf8')))).toEqual(['b']);
  });
});

describe('pushwire conform --serve over TLS', () => {
  it('makes a certificate for --tls', async () => {
    const { program, url } = await start('--only', '1.1.1', '--only', '31.1.1', '--only', '34.1.7', '--tls');
    expect(url).toMatch(/^wss:/);
    expect(program.output).toContain(`To test a browser, open ${url.replace('wss', 'https')}/ in it.`);
    expect((await visit(`${url}/runCase?case=1&agent=a`)).end).toBe(1000);
    expect(JSON.parse((await visit(`${url}/getCaseStatus?case=1&agent=a`)).messages[0]!).behavior).toBe('OK');
    // Event streams are redirected to addresses with the same scheme.
    const location = await new Promise<string | undefined>((resolve, reject) => {
      const page = `${url.replace('wss', 'https')}/runEventStream?case=2&agent=a`;
      get(page, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.headers.location);
      }).on('error', reject);
    });
    expect(location).toMatch(/^https:/);
  });

  it('uses the files of --cert and --key', async () => {
    const path = await directory();
    const { cert, key } = selfSignedCertificate();
    await writeFile(join(path, 'cert.pem'), cert);
    await writeFile(join(path, 'key.pem'), key);
    const { url } = await start('--only', '1.1.1', '--cert', join(path, 'cert.pem'), '--key', join(path, 'key.pem'));
    const presented = await new Promise<string>((resolve, reject) => {
      get(url.replace('wss', 'https'), { rejectUnauthorized: false, agent: false }, (response) => {
        resolve(String((response.socket as import('node:tls').TLSSocket).getPeerX509Certificate()));
        response.resume();
      }).on('error', reject);
    });
    expect(presented).toBe(String(new X509Certificate(cert)));
  });

  it.each([
    [['--cert', 'a'], '--cert and --key must be used together'],
    [['--key', 'a'], '--cert and --key must be used together'],
    [['--cert', '/nowhere.pem', '--key', '/nowhere.pem'], '--cert /nowhere.pem: ENOENT'],
  ])('refuses %j', async (options, message) => {
    expect(await refusalOf('conform', '--serve', '0', ...options)).toContain(message);
  });
});
