import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { frame, parseFrames } from '../../support/frames.ts';
import { KEY } from '../../support/raw-peer.ts';
import { messages } from '../../support/sockets.ts';
import { streamPair } from '../../support/stream-pair.ts';

/** Opens a connection over a transport that is not a socket: a pair of streams in memory. */
async function overStreams(): Promise<{ socket: WebSocket; peer: Duplex; received: () => Buffer }> {
  const [transport, peer] = streamPair();
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = '/';
  request.httpVersion = '1.1';
  const fields = { host: 'a', upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' };
  Object.assign(request.headers, { ...fields, 'sec-websocket-key': KEY });
  const server = new WebSocketServer({ noServer: true });
  const socket = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, transport, Buffer.alloc(0), resolve);
  });
  const [head] = await once(peer, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return { socket, peer, received: () => Buffer.concat(chunks) };
}

describe('a WebSocket over any Duplex', () => {
  it('exchanges messages and closes the connection', async () => {
    const { socket, peer, received } = await overStreams();
    const delivered = messages(socket, 2);
    const closed = once(socket, 'close');
    peer.write(Buffer.concat([frame({ opcode: 1, payload: 'one' }), frame({ opcode: 1, payload: 'two' })]));
    expect(await delivered).toEqual(['one', 'two']);
    socket.send('three');
    socket.send(Buffer.alloc(100_000, 7));
    socket.close(1000);
    await expect.poll(() => received().length).toBe(7 + 100_010 + 4);
    peer.write(frame({ opcode: 8, payload: Buffer.of(3, 232) }));
    peer.end();
    expect(await closed).toEqual([1000, Buffer.alloc(0)]);
    expect(parseFrames(received()).map(({ opcode }) => opcode)).toEqual([1, 2, 8]);
  });

  it('delivers Buffers, also for empty messages and for messages received in single bytes', async () => {
    const { socket, peer } = await overStreams();
    const given: unknown[] = [];
    socket.on('message', (data) => void given.push(data));
    socket.on('ping', (data) => void given.push(data));
    const frames = [
      frame({ opcode: 2, payload: '' }),
      frame({ opcode: 1, payload: 'ab' }),
      frame({ opcode: 9, payload: '' }),
      frame({ opcode: 9, payload: 'cd' }),
    ];
    for (const byte of Buffer.concat(frames)) peer.write(Buffer.of(byte));
    await expect.poll(() => given.length).toBe(4);
    expect(given).toEqual(['', 'ab', '', 'cd'].map((text) => Buffer.from(text)));
    expect(given.every(Buffer.isBuffer)).toBe(true);
    socket.terminate();
  });

  it('does not modify chunks to which others may refer: it unmasks a copy', async () => {
    const { socket, peer } = await overStreams();
    const delivered = messages(socket, 1);
    const chunk = frame({ opcode: 1, payload: 'masked' });
    const before = Buffer.from(chunk);
    peer.write(chunk);
    expect(await delivered).toEqual(['masked']);
    expect(chunk.equals(before)).toBe(true);
    socket.terminate();
  });

  it('does not reuse written memory before the stream has consumed it', async () => {
    const { socket, peer, received } = await overStreams();
    peer.pause();
    for (let index = 0; index < 1000; index++) {
      socket.send(`message ${index}`);
      if (index % 100 === 99) await new Promise(setImmediate);
    }
    peer.resume();
    await expect.poll(() => parseFramesSoFar(received())).toBe(1000);
    const texts = parseFrames(received()).map(({ payload }) => payload.toString());
    expect(texts).toEqual(texts.map((_, index) => `message ${index}`));
    socket.terminate();
  });
});

function parseFramesSoFar(bytes: Buffer): number {
  try {
    return parseFrames(bytes).length;
  } catch {
    return 0;
  }
}
