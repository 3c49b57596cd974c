import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../../src/websocket/index.ts';
import { parseFrames } from '../../support/frames.ts';
import { type HeldConnection, nextTurns } from '../../support/held-transport.ts';
import { ending } from '../../support/sockets.ts';
import {
  type Calls,
  DEFLATE,
  ENDS,
  fillTransport,
  frameBytes,
  KIB,
  LENGTHS,
  noting,
  openStalled,
  sendAll,
  sendMemory,
} from '../../support/stalled-connections.ts';

describe('sendMemory', () => {
  it('counts at least all bytes that are buffered, and little more, until the transport has handled them', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    await fillTransport(connection);
    await sendAll(connection, LENGTHS);
    const bound = (): number => 2.5 * socket.bufferedAmount + 70 * KIB;
    expect(sendMemory(connection)).toBeGreaterThan(socket.bufferedAmount);
    while (transport.read1()) {
      expect(sendMemory(connection)).toBeGreaterThanOrEqual(socket.bufferedAmount);
      expect(sendMemory(connection)).toBeLessThanOrEqual(bound());
      await nextTurns(1);
    }
    expect(sendMemory(connection)).toBe(0);
  });

  it('counts the objects that writes keep: 128 bytes each, and 256 for memory of its own', async () => {
    const connection = await openStalled();
    const { socket } = connection;
    const memory: number[] = [];
    for (const text of ['first', 'second', 'third', 'fourth']) {
      socket.send(text);
      await nextTurns(1);
      memory.push(sendMemory(connection));
    }
    // One write in the transport; one more, with a copy of its bytes; a block of 1 KiB; and the same block.
    const first = frameBytes(5) + 128;
    const second = first + frameBytes(6) + 256 + 128;
    const third = second + KIB + 256 + 128;
    expect(memory).toEqual([first, second, third, third]);
  });

  it('counts messages that wait for a Blob to be read, and their callbacks', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    const growth = (send: () => void): number => {
      const before = sendMemory(connection);
      send();
      return sendMemory(connection) - before;
    };
    const blob = growth(() => socket.send(new Blob([Buffer.alloc(70_000)]), noting(calls, 0)));
    expect(blob).toBeGreaterThanOrEqual(70_000 + 128);
    const text = growth(() => socket.send('x'.repeat(10_000), noting(calls, 1)));
    expect(text).toBeGreaterThanOrEqual(10_000 + 256 + 128);
    const part = growth(() => socket.send(Buffer.allocUnsafeSlow(60_000).subarray(10_000), noting(calls, 2)));
    expect(part).toBeGreaterThanOrEqual(60_000 + 256 + 128);
    const empty = growth(() => socket.send('', noting(calls, 3)));
    expect(empty).toBeGreaterThanOrEqual(256 + 128);
    expect(empty - growth(() => socket.send(''))).toBe(128);
    expect(socket.bufferedAmount).toBe(130_000);
    transport.readOn();
    await expect.poll(() => calls.length).toBe(4);
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it('counts each callback', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    for (let number = 0; number < 1000; number++) {
      socket.send('', noting(calls, number));
      if (number % 50 < 3) await nextTurns(1);
    }
    expect(sendMemory(connection)).toBeGreaterThanOrEqual(1000 * 128 + socket.bufferedAmount);
    transport.readOn();
    await nextTurns();
    expect([calls.length, sendMemory(connection)]).toEqual([1000, 0]);
  });

  it('counts a small part of a large memory that is not copied in full', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    await fillTransport(connection);
    const before = sendMemory(connection);
    // The application's memory is kept alive, or the part is copied.
    socket.send(Buffer.allocUnsafeSlow(150 * KIB).subarray(0, 100 * KIB));
    expect(sendMemory(connection) - before).toBeGreaterThanOrEqual(150 * KIB);
    const kept = sendMemory(connection);
    socket.send(Buffer.allocUnsafeSlow(1000 * KIB).subarray(0, 100 * KIB));
    expect(sendMemory(connection) - kept).toBeGreaterThanOrEqual(100 * KIB);
    expect(sendMemory(connection) - kept).toBeLessThan(400 * KIB);
    transport.readOn();
    await nextTurns();
    expect(sendMemory(connection)).toBe(0);
  });

  const endsAfterReads = ENDS.flatMap(([name, end]) => [0, 1, 6].map((reads) => [name, reads, end] as const));
  it.each(endsAfterReads)('is 0 and all callbacks are called, once, when %s after %i writes', async (_, reads, end) => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const calls: Calls = [];
    const ends: number[] = [];
    let bytes = 0;
    for (const [number, length] of LENGTHS.entries()) {
      socket.send(Buffer.alloc(length), noting(calls, number));
      bytes += frameBytes(length);
      ends.push(bytes);
      if (number % 7 === 0) await nextTurns(1);
    }
    for (let count = 0; count < reads; count++) transport.read1();
    const read = ends.filter((last) => last <= transport.received.length).length;
    expect(sendMemory(connection)).toBeGreaterThan(0);
    const closed = ending(socket);
    end(connection);
    socket.send('too late', noting(calls, LENGTHS.length));
    await closed;
    await nextTurns();
    expect(sendMemory(connection)).toBe(0);
    const sorted = calls.sort(([one], [other]) => one - other);
    expect(sorted.map(([number]) => number)).toEqual(Array.from({ length: LENGTHS.length + 1 }, (_, number) => number));
    // Those that were read have no error. Each of the others has one.
    expect(sorted.findIndex(([, code]) => code !== '')).toBe(read);
    expect(sorted.slice(read).every(([, code]) => code !== '')).toBe(true);
  });
});

describe('broadcasts of one turn of the event loop', () => {
  it('are counted until the transport has handled them', async () => {
    const connection = await openStalled();
    const { server, socket, transport } = connection;
    let [bytes, payloads] = [0, 0];
    for (const length of [10, 2000, 20, 5000]) {
      server.broadcast(Buffer.alloc(length));
      bytes += frameBytes(length);
      payloads += length;
      expect(socket.bufferedAmount).toBe(payloads);
      expect(sendMemory(connection)).toBeGreaterThanOrEqual(bytes);
    }
    transport.readOn();
    await nextTurns();
    // One more if the encoder's pool ends between them.
    expect([2, 3]).toContain(transport.reads.length);
    expect([transport.received.length, socket.bufferedAmount, sendMemory(connection)]).toEqual([bytes, 0, 0]);
  });
});

describe('broadcasts behind an unfinished fragmented message', () => {
  it.each([
    ['without compression', ''],
    ['with compression', DEFLATE],
  ])('are counted until they are sent, which is after it: %s', async (_, extensions) => {
    const connection = await openStalled({ maxBackpressure: 0, perMessageDeflate: extensions !== '' }, extensions);
    const { server, socket, transport } = connection;
    await fillTransport(connection);
    socket.send('begun ', { fin: false, compress: false });
    const [amount, memory] = [socket.bufferedAmount, sendMemory(connection)];
    const texts = ['one', 'x'.repeat(200), 'y'.repeat(50_000), ''];
    for (const text of texts) server.broadcast(text, { compress: extensions !== '' });
    const payloads = texts.reduce((sum, { length }) => sum + length, 0);
    expect(socket.bufferedAmount - amount).toBe(payloads);
    expect(sendMemory(connection) - memory).toBeGreaterThanOrEqual(payloads + texts.length * 256);
    // Control frames may come between fragments (RFC 6455 §5.4).
    socket.ping('between');
    socket.send('done', { fin: true });
    socket.send('after', { compress: false });
    transport.readOn();
    const opcodes = (): number[] => parseFrames(transport.received).map(({ opcode }) => opcode);
    await expect.poll(() => opcodes()).toEqual([1, 1, 1, 9, 0, 1, 1, 1, 1, 1]);
    if (extensions === '') {
      const payloadTexts = parseFrames(transport.received).map(({ payload }) => String(payload));
      expect(payloadTexts.slice(2)).toEqual(['begun ', 'between', 'done', ...texts, 'after']);
    }
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it('and behind a large fragment that is compressed wait for both', async () => {
    const connection = await openStalled({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
    const { server, socket, transport } = connection;
    await fillTransport(connection);
    const calls: Calls = [];
    const large = Buffer.alloc(100_000, 'z');
    const before = socket.bufferedAmount;
    socket.send(large, { fin: false }, noting(calls, 0));
    const [amount, memory] = [socket.bufferedAmount, sendMemory(connection)];
    expect(amount - before).toBe(100_000);
    expect(memory).toBeGreaterThan(100_000 + before);
    server.broadcast('x'.repeat(30_000));
    expect(socket.bufferedAmount - amount).toBe(30_000);
    expect(sendMemory(connection) - memory).toBeGreaterThan(30_000);
    socket.send(large, { fin: true }, noting(calls, 1));
    socket.send('last', noting(calls, 2));
    transport.readOn();
    await expect
      .poll(() => calls)
      .toEqual([
        [0, ''],
        [1, ''],
        [2, ''],
      ]);
    const frames = parseFrames(transport.received).slice(2);
    expect(frames.map(({ fin, opcode, rsv }) => [fin, opcode, rsv])).toEqual([
      [false, 2, 4],
      [true, 0, 0],
      [true, 1, 4],
      [true, 1, 4],
    ]);
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it('are sent after a last fragment that is read from a Blob and then compressed, and before later messages', async () => {
    const connection = await openStalled({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
    const { server, socket, transport } = connection;
    const calls: Calls = [];
    socket.send('begun', { fin: false }, noting(calls, 0));
    server.broadcast('one', { compress: false });
    server.broadcast('two', { compress: false });
    socket.send(new Blob([Buffer.alloc(100_000)]), { fin: true }, noting(calls, 1));
    socket.send('after', { compress: false }, noting(calls, 2));
    transport.readOn();
    await expect.poll(() => calls.map(([number]) => number)).toEqual([0, 1, 2]);
    const frames = parseFrames(transport.received);
    expect(frames.map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [0, true],
      [1, true],
      [1, true],
      [1, true],
    ]);
    expect(frames.slice(2).map(({ payload }) => String(payload))).toEqual(['one', 'two', 'after']);
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it.each(ENDS)('are no longer counted when %s', async (_, end) => {
    const connection = await openStalled({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
    const { server, socket } = connection;
    const calls: Calls = [];
    socket.send('begun', { fin: false }, noting(calls, 0));
    for (let count = 0; count < 10; count++) server.broadcast('x'.repeat(20_000));
    // Its compression ends after the connection.
    socket.send(Buffer.alloc(100_000), { fin: true }, noting(calls, 1));
    socket.send(new Blob(['blob']), noting(calls, 2));
    socket.send('waits', noting(calls, 3));
    expect(sendMemory(connection)).toBeGreaterThan(300_000);
    const closed = ending(socket);
    end(connection);
    await closed;
    // What is being compressed counts until that is done.
    expect(sendMemory(connection)).toBeLessThan(101_000);
    await expect.poll(() => calls.length).toBe(4);
    await nextTurns(4);
    expect(calls.map(([number, code]) => [number, code !== ''])).toEqual([0, 1, 2, 3].map((number) => [number, true]));
    await expect.poll(() => sendMemory(connection)).toBe(0);
  });
});

describe('maxBackpressure', () => {
  const limit = 256 * KIB;
  const sendings: Record<string, (connection: HeldConnection) => void> = {
    'small messages': ({ socket }) => socket.send('x'.repeat(50)),
    'empty messages with callbacks': ({ socket }) => socket.send('', () => {}),
    'large messages': ({ socket }) => socket.send(Buffer.alloc(20 * KIB)),
    broadcasts: ({ server }) => server.broadcast('x'.repeat(50)),
    'large broadcasts': ({ server }) => server.broadcast(Buffer.alloc(20 * KIB)),
    pings: ({ socket }) => socket.ping('x'),
    fragments: ({ socket }) => socket.send('x', { fin: false }),
    'messages that are compressed': ({ socket }) => socket.send(Buffer.alloc(20 * KIB), { compress: true }),
    Blobs: ({ socket }) => socket.send(new Blob(['x'.repeat(50)])),
  };
  it.each(Object.keys(sendings))('ends a connection to which the application sends %s', async (name) => {
    const connection = await openStalled(
      { maxBackpressure: limit, perMessageDeflate: true },
      `${DEFLATE}; server_no_context_takeover`,
    );
    const { server, socket } = connection;
    const closed = ending(socket);
    let most = 0;
    for (let turn = 0; socket.readyState === WebSocket.OPEN; turn++) {
      for (let count = 0; count < 20; count++) sendings[name]!(connection);
      most = Math.max(most, sendMemory(connection));
      await nextTurns(1);
      expect(turn).toBeLessThan(200_000);
    }
    expect((await closed).errors).toMatchObject([{ code: 'WS_ERR_BACKPRESSURE', option: 'maxBackpressure', limit }]);
    // A turn's worth more than the limit, which a turn may exceed.
    expect(most).toBeGreaterThan(limit);
    expect(most).toBeLessThan(3 * limit + 50 * KIB);
    expect(server.metrics().limits).toEqual({ maxBackpressure: 1 });
    // What is being compressed counts until that is done.
    await expect.poll(() => sendMemory(connection)).toBe(0);
  });

  it('counts broadcasts behind an unfinished fragmented message', async () => {
    const connection = await openStalled({ maxBackpressure: limit });
    const { server, socket } = connection;
    socket.send('begun', { fin: false });
    const closed = ending(socket);
    let count = 0;
    while (socket.readyState === WebSocket.OPEN) {
      server.broadcast('x'.repeat(1000));
      count++;
      await nextTurns(1);
    }
    await closed;
    expect(count).toBeLessThan(limit / 1000 + 3);
    expect(sendMemory(connection)).toBe(0);
  });
});
