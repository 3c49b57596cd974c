import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type WebSocketOfWs from 'ws';
import { IMPLEMENTATIONS } from './implementations.ts';

/** A Blob of a file that has changed. */
async function unreadableBlob(): Promise<Blob> {
  const folder = await mkdtemp(join(tmpdir(), 'pushwire-blob-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file');
  await writeFile(file, 'as it was');
  const blob = await openAsBlob(file);
  await writeFile(file, 'longer than it was');
  return blob;
}

for (const { name, WebSocket, WebSocketServer, createWebSocketStream } of IMPLEMENTATIONS) {
  /** The two ends of a connection. */
  async function pair(serverOptions: object = {}, clientOptions: object = {}) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...serverOptions });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, clientOptions);
    onTestFinished(() => {
      client.terminate();
      server.close();
    });
    const [peer] = (await accepted) as [WebSocketOfWs];
    if (client.readyState === WebSocket.CONNECTING) await once(client, 'open');
    return { server, client, peer };
  }

  /** The next messages, unconverted. */
  function receive(socket: WebSocketOfWs, count: number): Promise<[string, boolean][]> {
    const received: [string, boolean][] = [];
    return new Promise((resolve) => {
      socket.on('message', (data, isBinary) => {
        received.push([data.toString(), isBinary]);
        if (received.length === count) resolve(received);
      });
    });
  }

  describe(`an open WebSocket of ${name}`, () => {
    it('sends strings and numbers as text, and everything else as binary messages', async () => {
      const { client, peer } = await pair();
      const all = receive(peer, 12);
      const bytes = Uint8Array.from(Buffer.from('_bytes_'));
      client.send('text');
      client.send(5);
      client.send(Buffer.from('buffer'));
      client.send(bytes.subarray(1, 6));
      client.send(new DataView(bytes.buffer, 1, 5));
      client.send(bytes.buffer);
      client.send([104, 105]);
      client.send({ valueOf: () => 'value' });
      client.send('as binary', { binary: true });
      client.send(Buffer.from('as text'), { binary: false });
      client.send(undefined as never);
      client.send(null as never);
      expect(await all).toEqual([
        ['text', false],
        ['5', false],
        ['buffer', true],
        ['bytes', true],
        ['bytes', true],
        ['_bytes_', true],
        ['hi', true],
        ['value', true],
        ['as binary', true],
        ['as text', false],
        ['', true],
        ['', true],
      ]);
      expect(() => client.send({} as never)).toThrow(TypeError);
    });

    it('has its attributes and the methods of an EventTarget as enumerable properties of its prototype', () => {
      const { prototype } = WebSocket;
      const ofMethods = ['addEventListener', 'removeEventListener'];
      const ofAttributes = ['onclose', 'onerror', 'onmessage', 'onopen', 'binaryType', 'bufferedAmount', 'extensions'];
      for (const attribute of [...ofAttributes, 'isPaused', 'protocol', 'readyState', 'url']) {
        const descriptor = Object.getOwnPropertyDescriptor(prototype, attribute);
        expect(descriptor, attribute).toMatchObject({
          enumerable: true,
          configurable: true,
          get: expect.any(Function),
        });
      }
      for (const method of ofMethods) {
        const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
        expect(descriptor, method).toMatchObject({ enumerable: true, value: expect.any(Function) });
      }
    });

    it('emits no error when the peer resets the connection, but "close" with 1006, on either side', async () => {
      for (const from of ['client', 'peer'] as const) {
        const ends = await pair();
        const [resetting, other] = from === 'client' ? [ends.client, ends.peer] : [ends.peer, ends.client];
        const events: unknown[] = [];
        other.on('error', (error) => events.push(error));
        other.onerror = (event) => void events.push(event);
        other.onclose = ({ code, reason, wasClean }) => void events.push([code, reason, wasClean]);
        resetting.on('error', () => {});
        // `once()` rejects when 'error' is emitted.
        const closed = once(other, 'close');
        (resetting as unknown as { _socket: Socket })._socket.resetAndDestroy();
        const [code, reason] = await closed;
        expect([code, String(reason)]).toEqual([1006, '']);
        expect(events).toEqual([[1006, '', false]]);
      }
    });

    it('of a stream without an "error" listener may be reset: the stream ends', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(peer);
      const ended = once(stream, 'end');
      stream.resume();
      client.on('error', () => {});
      (client as unknown as { _socket: Socket })._socket.resetAndDestroy();
      await ended;
    });

    it('fails with NotReadableError and 1006 for a Blob that cannot be read, and sends nothing that follows it', async () => {
      for (const perMessageDeflate of [false, true]) {
        const { client, peer } = await pair({ perMessageDeflate });
        const received: string[] = [];
        peer.on('message', (data) => received.push(data.toString().slice(0, 6)));
        const peerClosed = once(peer, 'close');
        const events: unknown[] = [];
        client.on('error', (error) => events.push(error.name));
        const closed = new Promise((resolve) => client.on('close', resolve));
        const unreadable = await unreadableBlob();
        // More than the kernel accepts at once, and more than is compressed at once.
        client.send('before'.repeat(100_000));
        const results = ['blob', 'after'].map(
          (what) =>
            new Promise<Error | undefined>((resolve) => client.send(what === 'blob' ? unreadable : 'after', resolve)),
        );
        expect((await results[0])?.name).toBe('NotReadableError');
        expect(await results[1]).toBeInstanceOf(Error);
        expect(await closed).toBe(1006);
        expect(events).toEqual(['NotReadableError']);
        expect((await peerClosed)[0]).toBe(1006);
        expect(received).toEqual(['before']);
      }
    });

    it('sends a Blob in order', async () => {
      const { client, peer } = await pair();
      const all = receive(peer, 3);
      client.send('before');
      client.send(new Blob(['blob']));
      client.send('after');
      expect(await all).toEqual([
        ['before', false],
        ['blob', true],
        ['after', false],
      ]);
    });

    it('sends fragments with `fin: false`', async () => {
      const { client, peer } = await pair();
      const all = receive(peer, 2);
      client.send('frag', { fin: false });
      client.send('ment', { fin: true });
      client.send('whole');
      expect(await all).toEqual([
        ['fragment', false],
        ['whole', false],
      ]);
    });

    it('calls back without an error when a message, ping or pong has been sent', async () => {
      const { client } = await pair();
      const errors = await Promise.all([
        new Promise((resolve) => client.send('a', resolve)),
        new Promise((resolve) => client.send('a', { binary: true }, resolve)),
        new Promise((resolve) => client.send(new Blob(['a']), resolve)),
        new Promise((resolve) => client.ping(resolve)),
        new Promise((resolve) => client.ping('a', resolve as never)),
        new Promise((resolve) => client.pong('a', true, resolve)),
      ]);
      for (const error of errors) expect(error ?? null).toBeNull();
    });

    it('accepts the same data for pings and pongs as `send`, with numbers as text', async () => {
      const { client, peer } = await pair();
      const pings: string[] = [];
      peer.on('ping', (data) => void pings.push(data.toString()));
      const pongs: string[] = [];
      const all = new Promise<void>((resolve) => {
        client.on('pong', (data) => {
          pongs.push(data.toString());
          if (pongs.length === 5) resolve();
        });
      });
      client.ping();
      client.ping('text', true);
      client.ping(7);
      client.ping([104, 105]);
      client.ping(new Blob(['blob']));
      await all;
      expect(pings).toEqual(['', 'text', '7', 'hi', 'blob']);
      expect(pongs).toEqual(['', 'text', '7', 'hi', 'blob']);
      expect(() => client.ping(new Blob(['x'.repeat(126)]))).toThrow(RangeError);
      expect(() => client.ping('x'.repeat(126))).toThrow(RangeError);
    });

    it('does not answer pings without autoPong', async () => {
      const { client, peer } = await pair({ autoPong: false });
      const pong = once(client, 'pong');
      peer.once('ping', () => peer.pong('by hand'));
      client.ping('asked');
      expect(String((await pong)[0])).toBe('by hand');
    });

    it('delivers binary messages as binaryType selects, which may be changed at any time', async () => {
      const { client, peer } = await pair();
      const kinds: string[] = [];
      const types = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];
      for (const type of types) {
        client.binaryType = type as 'nodebuffer';
        const received = once(client, 'message');
        peer.send(Buffer.from(type));
        const [data] = await received;
        if (Array.isArray(data)) kinds.push(`fragments ${Buffer.concat(data)}`);
        else if (data instanceof Blob) kinds.push(`blob ${await data.text()}`);
        else kinds.push(`${data.constructor.name} ${Buffer.from(data)}`);
      }
      expect(kinds).toEqual(['Buffer nodebuffer', 'ArrayBuffer arraybuffer', 'fragments fragments', 'blob blob']);
    });

    it('emits several events per turn, or one with allowSynchronousEvents: false', async () => {
      for (const allowSynchronousEvents of [true, false]) {
        const { client, peer } = await pair({}, { allowSynchronousEvents });
        const order: string[] = [];
        const all = new Promise<void>((resolve) => {
          const note = (what: string): void => {
            order.push(what);
            queueMicrotask(() => order.push(`microtask ${what}`));
            setImmediate(() => {
              order.push(`immediate ${what}`);
              if (order.length === 9) resolve();
            });
          };
          client.on('message', () => note('message'));
          client.on('ping', () => note('ping'));
          client.on('pong', () => note('pong'));
        });
        // In one write, so that they are received in one chunk.
        const socket = (peer as unknown as { _socket: Socket })._socket;
        socket.write(Buffer.from('8101618900' + '8a00', 'hex'));
        await all;
        const between = order.indexOf('ping') - order.indexOf('message');
        expect(order.slice(0, 3)).toEqual(
          allowSynchronousEvents ? ['message', 'ping', 'pong'] : ['message', 'microtask message', order[2]],
        );
        expect(between === 1).toBe(allowSynchronousEvents);
      }
    });

    it('has the transport as `_socket`, which pause() pauses', async () => {
      const { client, peer } = await pair();
      const { _socket: socket } = client as unknown as { _socket: Socket };
      expect(socket.remoteAddress).toBe('127.0.0.1');
      expect([client.isPaused, socket.isPaused()]).toEqual([false, false]);
      client.pause();
      expect([client.isPaused, socket.isPaused()]).toEqual([true, true]);
      const message = once(client, 'message');
      peer.send('later');
      client.resume();
      expect([client.isPaused, socket.isPaused()]).toEqual([false, false]);
      expect(String((await message)[0])).toBe('later');
    });

    it('masks with the keys of generateMask, which gets a Buffer', async () => {
      const masks: unknown[] = [];
      const generateMask = (mask: Buffer): void => {
        masks.push(mask);
        mask.writeUInt32BE(0x01020304);
      };
      const { client, peer } = await pair({}, { generateMask });
      const chunks: Buffer[] = [];
      (peer as unknown as { _socket: Socket })._socket.prependListener('data', (chunk) => {
        chunks.push(Buffer.from(chunk));
      });
      const message = once(peer, 'message');
      client.send('foo');
      expect(String((await message)[0])).toBe('foo');
      expect(masks[0]).toBeInstanceOf(Buffer);
      expect(Buffer.concat(chunks).toString('hex')).toBe(`8183${'01020304'}${'676d6c'}`);
    });

    it("closes with a code and a reason, as a string or bytes, and both sides emit 'close'", async () => {
      for (const reason of ['some reason', Buffer.from('some reason'), Uint8Array.from(Buffer.from('some reason'))]) {
        const { client, peer } = await pair();
        const closes = Promise.all([once(client, 'close'), once(peer, 'close')]);
        client.close(3000, reason as string);
        expect(client.readyState).toBe(WebSocket.CLOSING);
        for (const [code, data] of await closes) {
          expect([code, data.toString()]).toEqual([3000, 'some reason']);
          expect(data).toBeInstanceOf(Buffer);
        }
      }
    });

    it('throws for a reserved close code, and for a reason that is too long', async () => {
      const { client } = await pair();
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, '1000', {}, Number.NaN]) {
        expect(() => client.close(code as number), String(code)).toThrow(TypeError);
      }
      expect(() => client.close(1000, 'x'.repeat(124))).toThrow(RangeError);
      expect(client.readyState).toBe(WebSocket.OPEN);
      // The second call has no effect.
      client.close();
      client.close();
      const [code] = await once(client, 'close');
      expect(code).toBe(1005);
      client.close();
      client.terminate();
    });

    it('delivers messages that were sent before close()', async () => {
      const { client, peer } = await pair();
      const all = receive(peer, 3);
      for (const text of ['a', 'b', 'c']) client.send(text);
      client.close();
      expect((await all).map(([text]) => text)).toEqual(['a', 'b', 'c']);
    });

    it('counts messages that it could not send in bufferedAmount', async () => {
      const { client } = await pair();
      client.close();
      const error = await new Promise<Error | undefined>((resolve) => client.send(Buffer.alloc(3), resolve));
      expect(error?.message).toBe('WebSocket is not open: readyState 2 (CLOSING)');
      await once(client, 'close');
      const before = client.bufferedAmount;
      client.send('ab');
      client.pong('c');
      client.ping(new Uint8Array(4) as never);
      expect(client.bufferedAmount - before).toBe(7);
    });

    it('reports violations of the peer with the error codes of ws, and closes with the right close code', async () => {
      for (const [hex, code, closeCode] of [
        ['c100', 'WS_ERR_UNEXPECTED_RSV_1', 1002],
        ['b100', 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
        ['8300', 'WS_ERR_INVALID_OPCODE', 1002],
        ['8000', 'WS_ERR_INVALID_OPCODE', 1002],
        ['010161' + '0100', 'WS_ERR_INVALID_OPCODE', 1002],
        ['0900', 'WS_ERR_EXPECTED_FIN', 1002],
        ['897e007e', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
        ['880100', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
        ['880203ed', 'WS_ERR_INVALID_CLOSE_CODE', 1002],
        ['8182010203040000', 'WS_ERR_UNEXPECTED_MASK', 1002],
        ['8101ff', 'WS_ERR_INVALID_UTF8', 1007],
        ['880303e8ff', 'WS_ERR_INVALID_UTF8', 1007],
        ['827f0020000000000000', 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
        ['827e0401', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
      ] as const) {
        const { client, peer } = await pair({}, { maxPayload: 1024 });
        const errors: (Error & { code?: string })[] = [];
        client.on('error', (error) => void errors.push(error));
        const clientClosed = once(client, 'close').catch(() => once(client, 'close'));
        const peerClosed = once(peer, 'close');
        (peer as unknown as { _socket: Socket })._socket.write(Buffer.from(hex, 'hex'));
        expect((await peerClosed)[0], hex).toBe(closeCode);
        await clientClosed;
        expect(errors.map((error) => error.code)).toEqual([code]);
      }
    });

    it('passes events like those of browsers to listeners', async () => {
      const { client, peer } = await pair();
      const seen: unknown[] = [];
      client.onmessage = (event) => seen.push([event.type, event.target === client, event.data]);
      client.addEventListener('message', {
        handleEvent(event) {
          seen.push(['object', event.data]);
        },
      });
      client.addEventListener('message', () => seen.push('once'), { once: true });
      const closed = new Promise<void>((resolve) => {
        client.onclose = (event) => {
          seen.push([event.type, event.target === client, event.code, event.reason, event.wasClean]);
          resolve();
        };
      });
      peer.send('a');
      peer.send('b');
      peer.close(1000, 'bye');
      await closed;
      expect(seen).toEqual([
        ['message', true, 'a'],
        ['object', 'a'],
        'once',
        ['message', true, 'b'],
        ['object', 'b'],
        ['close', true, 1000, 'bye', true],
      ]);
      const error = new Error('made up');
      client.onerror = (event) =>
        seen.push([event.type, event.target === client, event.error === error, event.message]);
      client.emit('error', error);
      expect(seen.at(-1)).toEqual(['error', true, true, 'made up']);
    });

    it('compresses with permessage-deflate, if the options say so', async () => {
      const { client, peer } = await pair(
        { perMessageDeflate: { threshold: 0 } },
        { perMessageDeflate: { threshold: 0 } },
      );
      expect([client.extensions, peer.extensions]).toEqual(['permessage-deflate', 'permessage-deflate']);
      const chunks: Buffer[] = [];
      (peer as unknown as { _socket: Socket })._socket.prependListener('data', (chunk) => {
        chunks.push(Buffer.from(chunk));
      });
      const all = receive(peer, 3);
      client.send('a'.repeat(1000));
      client.send('b', { compress: false });
      client.send(Buffer.alloc(0));
      expect((await all).map(([text]) => text.length)).toEqual([1000, 1, 0]);
      const first = Buffer.concat(chunks)[0]!;
      expect(first & 0x40).toBe(0x40);
    });
  });

  describe(`createWebSocketStream of ${name}`, () => {
    it('carries messages in both directions, and closes the connection when it ends', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(client);
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
      const closed = once(peer, 'close');
      stream.write(Buffer.from('chunk'));
      stream.setEncoding('utf8');
      expect((await once(stream, 'data'))[0]).toBe('chunk');
      const over = once(stream, 'close');
      stream.end();
      expect((await closed)[0]).toBe(1005);
      await over;
    });

    it('accepts writes and end() before the connection is open', async () => {
      const { server } = await pair();
      const accepted = once(server, 'connection');
      const { port } = server.address() as AddressInfo;
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      const stream = createWebSocketStream(socket);
      stream.end('early');
      stream.resume();
      const [peer] = await accepted;
      expect((await receive(peer, 1))[0]?.[0]).toBe('early');
      await once(stream, 'close');
      expect(socket.readyState).toBe(WebSocket.CLOSED);
    });

    it('reads text as strings in readable object mode, and writes strings with decodeStrings: false', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(client, { readableObjectMode: true, decodeStrings: false });
      const all = receive(peer, 1);
      stream.write('text');
      expect(await all).toEqual([['text', false]]);
      peer.send('a');
      expect((await once(stream, 'data'))[0]).toBe('a');
      peer.send(Buffer.from('b'));
      expect((await once(stream, 'data'))[0]).toEqual(Buffer.from('b'));
    });

    it('is destroyed with the error of a connection that fails', async () => {
      const { client, peer } = await pair({ maxPayload: 10 });
      const stream = createWebSocketStream(peer);
      const error = once(stream, 'error');
      client.on('error', () => {});
      const closed = once(client, 'close');
      client.send('x'.repeat(11));
      expect((await error)[0]).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
      expect(stream.destroyed).toBe(true);
      expect((await closed)[0]).toBe(1009);
    });

    it('terminates the connection when it is destroyed, and emits its error', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(client);
      const closed = once(peer, 'close');
      const failed = new Promise((resolve) => stream.on('error', resolve));
      const over = new Promise((resolve) => stream.on('close', resolve));
      stream.destroy(new Error('on purpose'));
      expect(await failed).toMatchObject({ message: 'on purpose' });
      await over;
      expect((await closed)[0]).toBe(1006);
    });

    it('ends when the peer closes, without an error', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(client);
      const chunks = stream.toArray();
      peer.send('last words');
      peer.close(1000);
      expect(Buffer.concat(await chunks).toString()).toBe('last words');
    });

    it('makes the peer wait while the stream is not read', async () => {
      const { client, peer } = await pair();
      const stream = createWebSocketStream(client, { highWaterMark: 10 });
      stream.on('error', () => {});
      peer.send('x'.repeat(20));
      await once(stream, 'readable');
      expect(client.isPaused).toBe(true);
      stream.read();
      stream.read();
      expect(client.isPaused).toBe(false);
    });
  });
}
