import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../../src/websocket/index.ts';
import { frame, parseFrames } from '../../support/frames.ts';
import { nextTurns } from '../../support/held-transport.ts';
import { connectPair, ending } from '../../support/sockets.ts';
import {
  type Calls,
  DEFLATE,
  fillTransport,
  frameBytes,
  IN_TRANSPORT,
  KIB,
  LENGTHS,
  noting,
  openStalled,
  sendMemory,
} from '../../support/stalled-connections.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

describe('what waits for a transport that does not read', () => {
  it('is written in order, in one write for each block of up to 64 KiB', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    await fillTransport(connection);
    const texts = Array.from({ length: 3000 }, (_, index) => `message ${index} ${'x'.repeat(index % 90)}`);
    for (const [index, text] of texts.entries()) {
      socket.send(text);
      if (index % 10 === 0) await nextTurns(1);
    }
    await nextTurns();
    const payloads = texts.reduce((sum, { length }) => sum + length, 0);
    const bytes = texts.reduce((sum, { length }) => sum + frameBytes(length), 0);
    expect([transport.writableLength, socket.bufferedAmount]).toEqual([IN_TRANSPORT, 'firstsecond'.length + payloads]);
    for (let more = true; more; more = transport.read1()) {
      await nextTurns(1);
      // The transport keeps no more than two of them.
      expect(transport.writableLength).toBeLessThanOrEqual(2 * 64 * KIB);
    }
    expect(parseFrames(transport.received).map(({ payload }) => String(payload))).toEqual([
      'first',
      'second',
      ...texts,
    ]);
    const lengths = transport.reads.slice(2).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * KIB);
    expect(lengths.length).toBeLessThanOrEqual(Math.ceil(bytes / (32 * KIB)));
  });

  it('is passed on when the transport has handled the writes before, and not earlier', async () => {
    const connection = await openStalled();
    const { socket, transport } = connection;
    await fillTransport(connection);
    socket.send('third');
    await nextTurns();
    const seen: number[] = [];
    for (let more = true; more; more = transport.read1()) {
      await nextTurns();
      seen.push(transport.writableLength);
    }
    // Of the first two writes; then of the third, which was given when both had been read.
    expect(seen).toEqual([IN_TRANSPORT, frameBytes(6), frameBytes(5), 0]);
  });

  it.each([
    ['large messages', [40_000, 40_000, 40_000, 40_000]],
    ['small messages behind a large one', [20_000, 5]],
    ['small messages behind large ones', [20_000, 20_000, 5]],
    ['small messages', Array.from({ length: 2000 }, () => 10)],
  ])("is followed by 'drain' once, when the transport has handled all of it: %s", async (_, lengths) => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    let drains = 0;
    socket.on('drain', () => {
      drains++;
      expect(socket.bufferedAmount).toBe(0);
    });
    for (let round = 1; round <= 3; round++) {
      for (const [index, length] of lengths.entries()) {
        socket.send(Buffer.alloc(length));
        if (index < 4) await nextTurns(1);
      }
      expect([socket.send('last'), drains]).toEqual([false, round - 1]);
      await nextTurns();
      while (socket.bufferedAmount > 0) {
        expect(drains).toBe(round - 1);
        transport.read1();
        await nextTurns(1);
      }
      await nextTurns();
      expect(drains).toBe(round);
    }
  });

  it.each([1, 2, 3, 4, 5])('is not overwritten by later messages: %i of 15 KiB in one turn', async (count) => {
    const { socket, transport } = await openStalled({ maxBackpressure: 0 });
    const texts = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(8 * KIB).slice(0, 15 * KIB));
    for (const [index, text] of texts.entries()) {
      socket.send(text);
      if (index === 0 || index % count === 0) await nextTurns(1);
    }
    transport.readOn();
    await nextTurns();
    const received = parseFrames(transport.received).map(({ payload }) => String(payload));
    expect(received.findIndex((text, index) => text !== texts[index])).toBe(-1);
    expect(received).toHaveLength(texts.length);
  });

  it("is followed by 'drain' after broadcasts, too", async () => {
    const { server, socket, transport } = await openStalled({ maxBackpressure: 0 });
    let drains = 0;
    socket.on('drain', () => void drains++);
    for (let count = 0; count < 2000; count++) {
      server.broadcast('x'.repeat(20));
      if (count % 100 === 0) await nextTurns(1);
    }
    await nextTurns();
    expect(drains).toBe(0);
    transport.readOn();
    await nextTurns();
    expect([drains, socket.bufferedAmount]).toEqual([1, 0]);
  });

  it('has its callbacks called in order, once, and when the transport has handled the message', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    const ends: number[] = [];
    let end = 0;
    for (const [number, length] of LENGTHS.entries()) {
      if (number % 5 === 4) socket.ping(Buffer.alloc(length % 126), undefined, noting(calls, number));
      else socket.send(Buffer.alloc(length), noting(calls, number));
      end += frameBytes(number % 5 === 4 ? length % 126 : length);
      ends.push(end);
      if (number % 7 === 0) await nextTurns(1);
    }
    await nextTurns();
    for (let more = true; more; more = transport.read1()) {
      await nextTurns(1);
      const read = transport.received.length;
      expect(calls.every(([number]) => ends[number]! <= read)).toBe(true);
    }
    expect(calls).toEqual(LENGTHS.map((_, number) => [number, '']));
  });
});

describe('the callbacks of what waits', () => {
  it('are called once if the application ends the transport, and then the peer', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    for (const [number, length] of LENGTHS.entries()) {
      socket.send(Buffer.alloc(length), noting(calls, number));
      if (number % 7 === 0) await nextTurns(1);
    }
    const closed = ending(socket);
    socket._socket!.end();
    transport.push(null);
    await nextTurns();
    transport.readOn();
    expect((await closed).errors).toEqual([]);
    await nextTurns();
    // The two writes that the transport had are not lost.
    expect(transport.reads).toHaveLength(2);
    const numbers = calls.map(([number]) => number).sort((one, other) => one - other);
    expect(numbers).toEqual(LENGTHS.map((_, number) => number));
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it('are called if the transport has closed, and the connection waits for an inflation', async () => {
    const connection = await openStalled({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
    const { socket, transport } = connection;
    const calls: Calls = [];
    for (let number = 0; number < 4; number++) {
      socket.send('message', noting(calls, number));
      await nextTurns(1);
    }
    const large = deflateRawSync(randomBytes(100_000), { finishFlush: constants.Z_SYNC_FLUSH });
    transport.push(frame({ opcode: 2, rsv: 4, payload: large.subarray(0, -4) }));
    await nextTurns(1);
    const closed = ending(socket);
    transport.destroy();
    await once(transport, 'close');
    // What is received is delivered first, so that the WebSocket is still open.
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.send(Buffer.alloc(100_000), { compress: false }, noting(calls, 4));
    socket.send('small', noting(calls, 5));
    await closed;
    await expect.poll(() => calls.length).toBe(6);
    await nextTurns();
    const sorted = calls.map(([number, code]) => [number, code !== '']).sort(([one], [other]) => +one! - +other!);
    expect(sorted).toEqual([0, 1, 2, 3, 4, 5].map((number) => [number, true]));
  });

  it.each([
    ['in the first write', 0],
    ['in the second write', 1],
    ['in the backlog', 2],
  ])('are called if another one throws, which is an uncaught exception: %s', async (_, thrower) => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    for (let write = 0; write < 4; write++) {
      for (const [index, note] of [noting(calls, 2 * write), noting(calls, 2 * write + 1)].entries()) {
        socket.send('message', (error) => {
          note(error);
          if (write === thrower && index === 0) throw new Error('of the application');
        });
      }
      await nextTurns(1);
    }
    const thrown = nextUncaughtException();
    transport.readOn();
    expect(await thrown).toMatchObject({ message: 'of the application' });
    await nextTurns();
    expect(calls).toEqual(Array.from({ length: 8 }, (_, number) => [number, '']));
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });
});

describe('a callback that throws', () => {
  const LARGE = 3 * KIB * KIB;
  it.each([
    ['of the first of large messages', [LARGE, LARGE, LARGE], 0],
    ['of the second of large messages', [LARGE, LARGE, LARGE], 1],
    ['of the last of large messages', [LARGE, LARGE, LARGE], 2],
    ['of a small message behind a large one', [LARGE, 5, LARGE, 5], 1],
    ['of a large message behind a small one', [5, LARGE, 5, LARGE], 1],
  ])('keeps nothing of what follows from being sent over a socket: %s', async (_, lengths, thrower) => {
    const { serverEnd, clientEnd } = await connectPair();
    const calls: Calls = [];
    const received: number[] = [];
    clientEnd.on('message', (data) => void received.push((data as Buffer).length));
    const thrown = nextUncaughtException();
    for (const [number, length] of lengths.entries()) {
      const note = noting(calls, number);
      serverEnd.send(Buffer.alloc(length), (error) => {
        note(error);
        if (number === thrower) throw new Error('of the application');
      });
    }
    expect(await thrown).toMatchObject({ message: 'of the application' });
    await expect.poll(() => received).toEqual(lengths);
    await expect.poll(() => calls).toEqual(lengths.map((_length, number) => [number, '']));
    expect(serverEnd.bufferedAmount).toBe(0);
  });
});

describe('what waits for a compression', () => {
  it('is discarded at once when the connection is closed, and calls back with an error', async () => {
    const { serverEnd, clientEnd } = await connectPair({ perMessageDeflate: true }, { perMessageDeflate: true });
    const errors: unknown[] = [];
    const note = (error?: Error): void => void errors.push((error as NodeJS.ErrnoException | undefined)?.code);
    serverEnd.on('error', () => {});
    serverEnd.send(randomBytes(KIB * KIB), note);
    for (let count = 0; count < 1000; count++) serverEnd.send(randomBytes(20 * KIB), note);
    clientEnd.terminate();
    serverEnd.terminate();
    await once(serverEnd, 'close');
    await new Promise((resolve) => process.nextTick(resolve));
    expect(errors).toEqual(Array(1001).fill('WS_ERR_NOT_OPEN'));
    expect(serverEnd.bufferedAmount).toBe(0);
    await nextTurns(100);
    expect(errors).toHaveLength(1001);
  });
});

describe('a Blob that cannot be read', () => {
  class UnreadableBlob extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.reject(new Error('The Blob cannot be read'));
    }
  }
  const blob = new UnreadableBlob(['12345']);
  const sendings: [string, (socket: WebSocket, callback?: (error?: Error) => void) => void][] = [
    ['message', (socket, callback) => void socket.send(blob, callback)],
    ['ping', (socket, callback) => socket.ping(blob, undefined, callback)],
    ['pong', (socket, callback) => socket.pong(blob, undefined, callback)],
  ];

  it.each(sendings)(
    'as a %s fails the connection, with its error, and no message that has to follow it is sent',
    async (_kind, send) => {
      const { socket, transport } = await openStalled();
      const calls: Calls = [];
      const errors: Error[] = [];
      socket.on('error', (error) => errors.push(error));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      send(socket, noting(calls, 0));
      send(socket);
      socket.send('after', noting(calls, 1));
      transport.readOn();
      await expect.poll(() => calls.length).toBe(2);
      expect(calls.sort(([one], [other]) => one - other)).toEqual([
        [0, 'The Blob cannot be read'],
        [1, 'WS_ERR_NOT_OPEN'],
      ]);
      expect(parseFrames(transport.received)).toEqual([]);
      transport.destroy();
      await closed;
      expect(errors).toEqual([new Error('The Blob cannot be read')]);
      expect(socket.failure).toBe(errors[0]);
    },
  );

  it.each(sendings)('as a %s has a callback that throws: the connection fails all the same', async (_, send) => {
    const { socket, transport } = await openStalled();
    const thrown = nextUncaughtException();
    const failed = new Promise((resolve) => socket.on('error', resolve));
    send(socket, () => {
      throw new Error('of the application');
    });
    transport.readOn();
    expect(await thrown).toMatchObject({ message: 'of the application' });
    expect(await failed).toMatchObject({ message: 'The Blob cannot be read' });
  });
});
