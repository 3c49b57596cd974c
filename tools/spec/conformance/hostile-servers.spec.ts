import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type RawPeer, rawServer } from '../../../spec/support/raw-peer.ts';
import { exchange } from '../../src/conformance/sse/exchange.ts';
import { openHandshake } from '../../src/conformance/websocket/open-handshake.ts';
import { probeHandshake } from '../../src/conformance/websocket/probe-handshake.ts';

const MIB = 1024 * 1024;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';

/** Sends a chunk repeatedly, as fast as the tester reads, until the tester disconnects. */
function flood(peer: RawPeer, start: string, chunk: Uint8Array): void {
  peer.write(start);
  const fill = (): void => {
    while (!peer.socket.destroyed && peer.socket.write(chunk));
  };
  peer.socket.on('drain', fill);
  fill();
}

describe('a server under test that never stops sending', () => {
  it.each([
    ['a head', `${HEAD}X: `, Buffer.alloc(MIB, 'x'), 'a head of more than 1048576 octets'],
    ['a stream', `${HEAD}\r\n`, Buffer.alloc(MIB, 'x'), 'a response of more than 67108864 octets'],
    [
      'a compressed stream',
      `${HEAD}Content-Encoding: gzip\r\n\r\n`,
      gzipSync(Buffer.alloc(MIB)),
      'a response of more than 67108864 octets',
    ],
  ])('fails the case before the tester runs out of memory: %s', async (_, start, chunk, violation) => {
    const port = await rawServer((peer) => flood(peer, start, chunk));
    const response = await exchange(new URL(`http://127.0.0.1:${port}/`), {}, 50_000, () => false);
    expect(response.violation).toBe(violation);
    expect(response.ended).toBe(true);
  });

  it('fails a case of the opening handshake', async () => {
    const port = await rawServer((peer) => flood(peer, 'HTTP/1.1 101 OK\r\nX: ', Buffer.alloc(MIB, 'x')));
    const test = {
      id: '1',
      title: '',
      section: '',
      request: 'GET / HTTP/1.1\r\n\r\n',
      expect: { status: 101 },
    } as const;
    expect(await probeHandshake(`ws://127.0.0.1:${port}/`, test, 50_000)).toMatchObject({ verdict: 'FAILED' });
  });

  it('must complete its response within the time limit', async () => {
    const port = await rawServer((peer) => {
      const timer = setInterval(() => peer.write('x'), 10);
      peer.socket.on('close', () => clearInterval(timer));
      peer.write('HTTP/1.1 101 OK\r\nX: ');
    });
    await expect(openHandshake(`ws://127.0.0.1:${port}/`, undefined, { timeLimit: 300 })).rejects.toThrow(
      'no response within 300 ms',
    );
  });
});
