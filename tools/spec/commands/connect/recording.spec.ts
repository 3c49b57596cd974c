import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from '../../../../src/websocket/index.ts';
import { Recording } from '../../../src/commands/connect/recording.ts';
import { readReplay, replay } from '../../../src/commands/connect/replay.ts';
import type { Outgoing } from '../../../src/commands/connect/transmit.ts';
import { connect } from '../../../src/commands/connect.ts';
import { runWarm } from '../../support/command.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pushwire-recording-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function fileWith(text: string): Promise<string> {
  const file = join(await folder(), 'replay.jsonl');
  await writeFile(file, text);
  return file;
}

/** Starts an echo server. */
async function echo(): Promise<{ url: string; received: unknown[] }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const received: unknown[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      received.push(isBinary ? data : String(data));
      socket.send(data, { binary: isBinary });
    });
    socket.on('ping', (data) => received.push(`ping ${data}`));
  });
  await once(server, 'listening');
  onTestFinished(() => server.shutdown({ timeout: 0 }));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const TALK = [
  '{"time":5,"event":"open","url":"ws://a/","protocol":"","extensions":""}',
  '{"time":6,"event":"sent","kind":"text","data":"grüße\\u001b"}',
  '{"time":7,"event":"received","kind":"text","data":"other"}',
  '{"time":7,"event":"sent","kind":"ping","data":"eA=="}',
  '{"time":8,"event":"sent","kind":"binary","data":"AP8="}',
  '{"time":9,"event":"close","code":1000,"reason":""}',
  '',
].join('\n');

afterEach(() => {
  process.exitCode = undefined;
});

describe('pushwire connect --record and --replay', () => {
  it('sends what was recorded, and records it and the answers again', async () => {
    const { url, received } = await echo();
    const [from, to] = [await fileWith(TALK), join(await folder(), 'new.jsonl')];
    const { status } = await runWarm('connect', url, '--replay', from, '--record', to, '--no-compression');
    expect(status).toBe(0);
    expect(received).toEqual(['grüße\x1b', 'ping x', Buffer.from([0, 0xff])]);
    const lines = (await readFile(to, 'utf8')).trim().split('\n');
    const events = lines.map((line) => JSON.parse(line));
    for (const { time } of events) expect(time).toBeGreaterThanOrEqual(0);
    const sent = events.filter(({ event }) => event === 'sent').map(({ time, ...rest }) => rest);
    expect(sent).toEqual([
      { event: 'sent', kind: 'text', data: 'grüße\x1b' },
      { event: 'sent', kind: 'ping', data: 'eA==' },
      { event: 'sent', kind: 'binary', data: 'AP8=' },
    ]);
    expect(events[0]).toMatchObject({ event: 'open', url: `${url}/`, protocol: '', extensions: '' });
    expect(events.filter(({ event }) => event === 'received').map(({ kind, data }) => [kind, data])).toEqual([
      ['text', 'grüße\x1b'],
      ['pong', 'eA=='],
      ['binary', 'AP8='],
    ]);
    expect(events.at(-1)).toMatchObject({ event: 'close', code: 1000, reason: '' });
  });

  it('refuse options that would have no effect, and files that cannot be read or written', async () => {
    const file = await fileWith(TALK);
    const refused = (...args: string[]) => expect(connect(['ws://localhost', ...args])).rejects;
    await refused('--replay', file, '--execute', 'x').toThrow('--replay and --execute cannot be used together');
    await refused('--replay', file, '--binary').toThrow('--replay and --binary cannot be used together');
    await refused('--replay', `${file}.none`).toThrow(`--replay ${file}.none: ENOENT`);
    await refused('--record', join(file, 'none')).toThrow(`--record ${join(file, 'none')}: `);
  });
});

describe('a recording', () => {
  it.skipIf(!existsSync('/dev/full'))(
    'ends with an error on standard error if the file cannot be written, and does not end the connection',
    async () => {
      const error = vi.spyOn(console, 'error').mockReturnValue();
      onTestFinished(() => error.mockRestore());
      const { url } = await echo();
      const recording = new Recording('/dev/full');
      const socket = new WebSocket(url);
      recording.attach(socket);
      await once(socket, 'open');
      recording.transmit(socket, { kind: 'text', data: 'x' });
      await once(socket, 'message');
      socket.close();
      await once(socket, 'close');
      expect(error.mock.calls).toEqual([[expect.stringMatching(/^pushwire: --record: ENOSPC/)]]);
      expect(process.exitCode).toBe(1);
    },
  );

  it('has each event as soon as it has happened', async () => {
    const file = join(await folder(), 'a.jsonl');
    const recording = new Recording(file);
    const { url } = await echo();
    const socket = new WebSocket(url);
    onTestFinished(() => socket.terminate());
    recording.attach(socket);
    await once(socket, 'open');
    recording.transmit(socket, { kind: 'pong', data: 'x' });
    expect(readFileSync(file, 'utf8')).toMatch(/"open".*\n.*"sent","kind":"pong","data":"eA=="\}\n$/);
  });
});

describe('a replay', () => {
  it('waits as long as the recorded client did, from the opening of the connection', async () => {
    const file = await fileWith(
      [
        '{"time":100,"event":"open"}',
        '{"time":350,"event":"sent","kind":"text","data":"one"}',
        '{"time":1000,"event":"sent","kind":"text","data":"two"}',
      ].join('\n'),
    );
    const waited: number[] = [];
    let now = 0;
    const clock = {
      now: () => now,
      wait: async (milliseconds: number) => {
        waited.push(milliseconds);
        now += milliseconds;
      },
    };
    const sent: Outgoing[] = [];
    for await (const outgoing of replay(await readReplay(file), clock)) sent.push(outgoing);
    expect(waited).toEqual([250, 650]);
    expect(sent).toEqual([
      { kind: 'text', data: 'one' },
      { kind: 'text', data: 'two' },
    ]);
  });

  it.each([
    ['nonsense', 'JSON'],
    ['[]', 'an object with "time" and "event"'],
    ['{"event":"sent","kind":"text","data":""}', 'an object with "time" and "event"'],
    ['{"time":1,"event":"sent","kind":"close","data":""}', 'the "kind" text, binary, ping or pong'],
    ['{"time":1,"event":"sent","kind":"text","data":1}', 'the "kind" text, binary, ping or pong'],
  ])('refuses a line that is not one of a recording: %s', async (line, allowed) => {
    const file = await fileWith(`{"time":0,"event":"open"}\n${line}\n`);
    await expect(readReplay(file)).rejects.toThrow(`--replay: line 2 of ${file} must be`);
    await expect(readReplay(file)).rejects.toThrow(allowed);
  });

  it('refuses a file without anything to send', async () => {
    await expect(readReplay(await fileWith('{"time":0,"event":"open"}\n'))).rejects.toThrow(
      'no line with "event":"sent"',
    );
  });
});
