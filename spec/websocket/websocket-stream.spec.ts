import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createWebSocketStream, WebSocket } from '../../src/websocket/index.ts';
import { openEnds } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { listen } from '../support/http-server.ts';
import { connectPair, ending, nextConnection, startServer } from '../support/sockets.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'x');

describe('createWebSocketStream', () => {
  it('carries bytes through a pipeline in both directions', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const serverStream = createWebSocketStream(serverEnd);
    serverStream.pipe(serverStream);
    const clientStream = createWebSocketStream(clientEnd);
    const chunks: Buffer[] = [];
    clientStream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.length === 50) clientStream.end();
    });
    for (let index = 0; index < 50; index++) clientStream.write(Buffer.from(`chunk ${index}`));
    await finished(clientStream);
    expect(chunks.map(String)).toEqual(chunks.map((_, index) => `chunk ${index}`));
    expect(clientEnd.readyState).toBe(WebSocket.CLOSED);
  });

  it('starts to write when the connection is open', async () => {
    const { server, url } = await startServer();
    const accepted = nextConnection(server);
    const stream = createWebSocketStream(new WebSocket(url));
    onTestFinished(() => void stream.destroy());
    stream.write('early');
    const [data, isBinary] = await once(await accepted, 'message');
    expect([String(data), isBinary]).toEqual(['early', true]);
  });

  it('has no error of its own when a connection that it has waited for closes, whatever was read', async () => {
    const uses: Record<string, (stream: Duplex) => void> = {
      'nothing is read': () => {},
      'everything is read': (stream) => void stream.resume(),
      'the writable side has ended': (stream) => void stream.end('text'),
      'both sides have ended': (stream) => void stream.resume().end('text'),
    };
    for (const [use, apply] of Object.entries(uses)) {
      const { server, url } = await startServer();
      const socket = new WebSocket(url);
      const stream = createWebSocketStream(socket);
      const errors: Error[] = [];
      stream.on('error', (error) => errors.push(error));
      apply(stream);
      (await nextConnection(server)).close();
      await once(socket, 'close');
      await turns(3);
      expect(errors, use).toEqual([]);
      stream.destroy();
    }
  });

  it('sends and receives text as strings, if the options say so', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd, { readableObjectMode: true, decodeStrings: false });
    const heard = once(serverEnd, 'message');
    stream.write('text');
    expect((await heard)[1]).toBe(false);
    serverEnd.send('grüße');
    serverEnd.send(Buffer.of(1));
    const received: unknown[] = [];
    for await (const chunk of stream) {
      received.push(chunk);
      if (received.length === 2) break;
    }
    expect(received).toEqual(['grüße', Buffer.of(1)]);
  });

  it('makes the peer wait while the stream is not read', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd);
    let sent = 0;
    let full = false;
    while (!full && sent < 1000) {
      full = !serverEnd.send(CHUNK) && !(await Promise.race([once(serverEnd, 'drain'), turns(300)]));
      sent++;
    }
    expect(full).toBe(true);
    expect(clientEnd.isPaused).toBe(true);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const done = finished(stream);
    serverEnd.close();
    stream.end();
    await done;
    expect(bytes).toBe(sent * CHUNK.length);
  });

  it.each([
    ['of a byte', 'bytes', Buffer.alloc(1), 300],
    ['of a byte', 'objects', Buffer.alloc(1), 300],
    ['of 100 KB', 'objects', Buffer.alloc(100_000), 2],
    ['of text', 'objects', 'x'.repeat(10_000), 4],
  ])('makes the peer wait for what messages %s cost while %s are not read', async (_, mode, message, atMost) => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd, { readableObjectMode: mode === 'objects' });
    let delivered = 0;
    clientEnd.on('message', () => delivered++);
    const total = Math.min(1000, 2_000_000 / message.length);
    for (let count = 0; count < total; count++) serverEnd.send(message);
    // The stream starts to read by itself.
    await expect.poll(() => clientEnd.isPaused).toBe(true);
    await turns(10);
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThanOrEqual(atMost);
    let received = 0;
    for await (const chunk of stream) {
      received += chunk.length;
      if (received >= total * message.length) break;
    }
    expect(received).toBe(total * message.length);
  });

  it('waits while the peer does not read', async () => {
    const { socket, peer } = await openEnds('client');
    peer.socket.pause();
    const stream = createWebSocketStream(socket);
    let count = 0;
    const source = Readable.from(
      (function* generate() {
        for (; count < 2000; count++) yield CHUNK;
      })(),
    );
    const piping = pipeline(source, stream);
    await turns(300);
    const waiting = count;
    expect(waiting).toBeLessThan(2000);
    expect(socket.bufferedAmount).toBeLessThan(4 * 1024 * 1024);
    stream.destroy();
    await expect(piping).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_STREAM_/) });
  });

  it('ends when the peer closes', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd);
    serverEnd.send('last');
    serverEnd.close(1000);
    const chunks: Buffer[] = [];
    await pipeline(
      stream,
      new Writable({
        write(chunk, _encoding, callback) {
          chunks.push(chunk);
          callback();
        },
      }),
    );
    expect(chunks.map(String)).toEqual(['last']);
  });

  it('is destroyed with the error of the connection', async () => {
    const { socket, peer, send } = await openEnds('client');
    const stream = createWebSocketStream(socket);
    const failed = once(stream, 'error');
    send({ opcode: 3 });
    // The error is emitted when the connection is closed and the peer has received the Close frame.
    expect((await peer.readFrame()).payload).toEqual(closePayload(1002));
    peer.end();
    expect((await failed)[0]).toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
  });

  it('is destroyed when the connection cannot be opened', async () => {
    const { server, url } = await startServer();
    await new Promise((resolve) => server.close(resolve));
    const stream = createWebSocketStream(new WebSocket(url));
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('terminates the connection when it is destroyed', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ended = ending(serverEnd);
    const stream = createWebSocketStream(clientEnd);
    const closed = once(stream, 'close');
    stream.destroy();
    await closed;
    expect((await ended).code).toBe(1006);
    expect(clientEnd.readyState).toBe(WebSocket.CLOSED);
  });

  it.each([
    ['is idle', async () => {}],
    ['has written', async (stream: Duplex) => void stream.write('x')],
  ])('ends both sides without allowHalfOpen when the peer closes, also while the writer %s', async (_, write) => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd, { allowHalfOpen: false });
    await write(stream);
    const source = new PassThrough();
    const piped = pipeline(source, stream);
    piped.catch(() => {});
    const ends = finished(stream);
    ends.catch(() => {});
    stream.resume();
    serverEnd.close(1000);
    await ends;
    await Promise.allSettled([piped]);
    expect([stream.destroyed, source.destroyed]).toEqual([true, true]);
  });

  it('ends both sides if the connection was closed before', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const closed = once(clientEnd, 'close');
    serverEnd.close(1000);
    await closed;
    for (const options of [{ allowHalfOpen: false }, { allowHalfOpen: false, readableObjectMode: true }, {}]) {
      const stream = createWebSocketStream(clientEnd, options);
      const chunks: unknown[] = [];
      if (options.allowHalfOpen !== false) stream.end();
      for await (const chunk of stream) chunks.push(chunk);
      await vi.waitUntil(() => stream.destroyed);
      expect(chunks).toEqual([]);
    }
  });

  it.each([undefined, new Error('of the application')])(
    'ends the opening handshake when it is destroyed: %s',
    async (error) => {
      const silent = createServer((socket) => void socket.on('error', () => {}));
      const port = await listen(silent);
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { handshakeTimeout: 0 });
      const stream = createWebSocketStream(socket);
      const errors: unknown[] = [];
      stream.on('error', (given) => void errors.push(given));
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.destroy(error);
      await closed;
      const early = { message: 'WebSocket was closed before the connection was established' };
      expect(errors).toMatchObject([early]);
      expect(socket.readyState).toBe(WebSocket.CLOSED);
    },
  );

  it('fails a write after the peer has closed', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const stream = createWebSocketStream(clientEnd, { allowHalfOpen: true });
    stream.resume();
    const ended = once(stream, 'end');
    serverEnd.close();
    await ended;
    const failed = once(stream, 'error');
    stream.write('late');
    expect((await failed)[0]).toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
  });
});

/** Waits for some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
