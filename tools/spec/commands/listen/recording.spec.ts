import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventStream } from '../../../../src/sse/index.ts';
import { listen } from '../../../src/commands/listen.ts';
import { runWarm } from '../../support/command.ts';

async function recordingFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pushwire-recording-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'talk.jsonl');
}

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The lines of a recording, without their times. */
async function eventsIn(file: string): Promise<object[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { time, ...event } = JSON.parse(line);
    expect(time).toBeGreaterThanOrEqual(0);
    return event;
  });
}

describe('pushwire listen --record', () => {
  it('writes requests, events and comments of all connections in their order', async () => {
    let connections = 0;
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response, { retry: 1 });
      if (++connections === 1) {
        stream.send({ event: 'tick', id: 'ä1', data: 'one\x1b' });
        stream.comment('beat');
        stream.send({ event: 'open', data: 'two' });
        stream.close();
      } else stream.send('three');
    });
    const file = await recordingFile();
    const { status } = await runWarm('listen', `${url}/a?b`, '--count', '3', '--record', file);
    expect(status).toBe(0);
    const request = { event: 'sent', kind: 'request', method: 'GET', url: `${url}/a?b`, data: '' };
    expect(await eventsIn(file)).toEqual([
      { ...request, lastEventId: '' },
      { event: 'open', url: `${url}/a?b` },
      { event: 'received', kind: 'event', type: 'tick', lastEventId: 'ä1', data: 'one\x1b' },
      { event: 'received', kind: 'comment', data: ' beat' },
      { event: 'received', kind: 'event', type: 'open', lastEventId: 'ä1', data: 'two' },
      { event: 'close', reason: 'The server ended the stream' },
      { ...request, lastEventId: 'ä1' },
      { event: 'open', url: `${url}/a?b` },
      { event: 'received', kind: 'event', type: 'message', lastEventId: 'ä1', data: 'three' },
      { event: 'close', reason: '' },
    ]);
  });

  it('writes the body of a request, and events that --event does not print', async () => {
    const url = await serve((request, response) => {
      request.resume().on('end', () => {
        const stream = EventStream.open(request, response);
        stream.send({ event: 'other', data: '1' });
        stream.send({ event: 'tick', data: '2' });
      });
    });
    const file = await recordingFile();
    const options = ['--data', 'question', '--event', 'tick', '--count', '1', '--record', file];
    const { status } = await runWarm('listen', url, '--header', 'Authorization: Bearer secret', ...options);
    expect(status).toBe(0);
    expect(await eventsIn(file)).toEqual([
      { event: 'sent', kind: 'request', method: 'POST', url: `${url}/`, lastEventId: '', data: 'question' },
      { event: 'open', url: `${url}/` },
      { event: 'received', kind: 'event', type: 'other', lastEventId: '', data: '1' },
      { event: 'received', kind: 'event', type: 'tick', lastEventId: '', data: '2' },
      { event: 'close', reason: '' },
    ]);
  });

  it('writes the requests of a redirect, and why a connection was not opened', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(404).end();
      else response.writeHead(303, { Location: '/here' }).end();
    });
    const file = await recordingFile();
    const { status } = await runWarm('listen', `${url}/there`, '--data', 'x', '--record', file);
    expect(status).toBe(1);
    expect(await eventsIn(file)).toEqual([
      { event: 'sent', kind: 'request', method: 'POST', url: `${url}/there`, lastEventId: '', data: 'x' },
      { event: 'sent', kind: 'request', method: 'GET', url: `${url}/here`, lastEventId: '', data: '' },
      { event: 'close', reason: 'The server answered with 404 instead of 200' },
    ]);
  });

  it('refuses a file that cannot be written', async () => {
    const file = await recordingFile();
    await mkdir(file);
    await expect(listen(['http://localhost', '--record', file])).rejects.toThrow(`--record ${file}: `);
  });
});
