import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../spec/support/http-server.ts';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { robustness } from '../../src/conformance/websocket/cases/15-robustness.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';
import { STANDARD } from './echo-agent.ts';
import { agentServer } from './probing.ts';

const titled = (titles: readonly string[]) => robustness.filter(({ title }) => titles.includes(title));

/** Starts an echo server that closes all its connections and accepts no more once `breaks` returns true. */
async function startFragile(breaks: (bytes: Buffer, connections: number) => boolean): Promise<string> {
  const http = agentServer(STANDARD);
  const sockets = new Set<Duplex>();
  let broken = 0;
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const look = (bytes: Buffer): void => {
      if (broken === 0 && !breaks(bytes, sockets.size)) return;
      broken++;
      for (const one of sockets) one.destroy();
    };
    look(Buffer.alloc(0));
    socket.on('data', look);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return `ws://127.0.0.1:${await listen(http)}/`;
}

describe('the cases of robustness', () => {
  it('are all passed by pushwire', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: true });
    const results = await probeServer(url, robustness, { concurrency: 4, timeLimit: 30_000 });
    expect(results.filter(({ verdict, closeVerdict }) => verdict !== 'OK' || closeVerdict !== 'OK')).toEqual([]);
    expect(results).toHaveLength(robustness.length);
  }, 120_000);

  it('are UNIMPLEMENTED if they need compression and the server has none', async () => {
    const { url } = await startEchoServer({ perMessageDeflate: false });
    const cases = robustness.filter(({ attack }) => attack.deflate);
    const results = await probeServer(url, cases, { concurrency: 1, timeLimit: 30_000 });
    expect(results.map(({ verdict }) => verdict)).toEqual(cases.map(() => 'UNIMPLEMENTED'));
  });

  it.each([
    [
      'bytes that are not frames',
      (bytes: Buffer) => bytes.includes(Buffer.alloc(100, 0xff)),
      ['Octets that are not valid frames'],
    ],
    [
      'a long frame',
      (bytes: Buffer) => bytes[0] === 0x82 && bytes[1] === 0xff,
      ['The header of a frame of 2^63 - 1 bytes', 'The header of a frame of 4 GiB, on ten connections'],
    ],
    [
      'many connections',
      (_: Buffer, connections: number) => connections > 10,
      ['100 connections reset within a frame', '100 incomplete requests'],
    ],
    ['bytes that are not HTTP', (bytes: Buffer) => bytes[0] === 0x16, ['Octets that are not HTTP']],
    ['frames without a mask', (bytes: Buffer) => bytes[0] === 0x81 && bytes[1] === 1, ['Unmasked frames']],
    [
      'a second request',
      (bytes: Buffer) => bytes.indexOf('GET') !== bytes.lastIndexOf('GET'),
      ['A second request directly after the first'],
    ],
    ['a long header', (bytes: Buffer) => bytes.includes('x'.repeat(10_000)), ['A request with a header of 1 MiB']],
  ])('find a server that breaks after %s', async (_, breaks, titles) => {
    const url = await startFragile(breaks);
    const cases = titled(titles);
    expect(cases).toHaveLength(titles.length);
    const results = await probeServer(url, cases, { concurrency: 1, timeLimit: 2000 });
    expect(results.map(({ verdict }) => verdict)).toEqual(titles.map(() => 'FAILED'));
    expect(results[0]!.text).toMatch(/^(The (client|attacker)|Before)/i);
  });
});
