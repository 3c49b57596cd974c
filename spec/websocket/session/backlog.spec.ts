import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServerOptions, WebSocket } from '../../../src/websocket/index.ts';
import { frame, parseFrames } from '../../support/frames.ts';
import { type HeldConnection, nextTurns, openHeld } from '../../support/held-transport.ts';
import { ending } from '../../support/sockets.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

const KIB = 1024;
const DEFLATE = 'permessage-deflate';

let connections: HeldConnection[] = [];
afterEach(() => {
  for (const { socket } of connections) socket.terminate();
  connections = [];
});

async function open(options: ServerOptions = {}, extensions = ''): Promise<HeldConnection> {
  const connection = await openHeld(options, extensions);
  connection.socket.on('error', () => {});
  connections.push(connection);
  return connection;
}

const sendMemory = ({ server }: HeldConnection): number => server.metrics().sendMemory;

/** The bytes of an unmasked frame. */
const frameBytes = (length: number): number => length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Two writes that the transport has not handled: everything after them waits in the backlog. */
async function fillTransport({ socket }: HeldConnection): Promise<void> {
  for (const text of ['first', 'second']) {
    socket.send(text);
    await nextTurns();
  }
}
const IN_TRANSPORT = frameBytes(5) + frameBytes(6);

/** Sends each length in a turn of the event loop of its own: as text, binary, broadcast and ping. */
async function sendAll({ socket, server }: HeldConnection, lengths: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const [index, length] of lengths.entries()) {
    const payload = Buffer.alloc(length, 97 + (index % 26));
    if (index % 4 === 0) socket.send(String(payload));
    else if (index % 4 === 1) socket.send(payload);
    else if (index % 4 === 2) server.broadcast(payload);
    else socket.ping(payload.subarray(0, 125));
    bytes += frameBytes(index % 4 === 3 ? Math.min(length, 125) : length);
    if (index % 3 === 0) await nextTurns(1);
  }
  await nextTurns();
  return bytes;
}

/** Lengths of which many are small. Some are large, the last one among them. */
const LENGTHS = Array.from({ length: 407 }, (_, index) => (index % 29 === 0 ? 20 * KIB : (index * 37) % 300));

/** How a connection is lost. */
const ENDS: [string, (connection: HeldConnection) => void][] = [
  ['the transport is destroyed', ({ transport }) => void transport.destroy()],
  ['the transport fails', ({ transport }) => void transport.destroy(new Error('reset'))],
  ['terminate() is called', ({ socket }) => socket.terminate()],
];

/** Calls of callbacks, each with the number of its message, and with the code of the error or ''. */
type Calls = [number: number, code: string][];

function noting(calls: Calls, number: number): (error?: Error) => void {
  return (error) => {
    const { code = error === undefined ? '' : error.message } = (error ?? {}) as NodeJS.ErrnoException;
    calls.push([number, code]);
  };
}

describe('what waits for a transport that does not read', () => {
  it('is given to it in one write for each block of up to 64 KiB, and in order', async () => {
    const connection = await open({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    await fillTransport(connection);
    const texts = Array.from({ length: 3000 }, (_, index) => `message ${index} ${'x'.repeat(index % 90)}`);
    for (const [index, text] of texts.entries()) {
      socket.send(text);
      if (index % 10 === 0) await nextTurns(1);
    }
    await nextTurns();
    const bytes = texts.reduce((sum, { length }) => sum + frameBytes(length), 0);
    expect([transport.writableLength, socket.bufferedAmount]).toEqual([IN_TRANSPORT, IN_TRANSPORT + bytes]);
    transport.readOn();
    await nextTurns();
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
    const connection = await open();
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
    ['a small message behind large ones', [20_000, 20_000, 5]],
    ['small messages', Array.from({ length: 2000 }, () => 10)],
  ])("is followed by 'drain' once, when the transport has handled all of it: %s", async (_, lengths) => {
    const connection = await open({ maxBackpressure: 0 });
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

  it('has its callbacks called in order, once, and when the transport has handled the message', async () => {
    const connection = await open({ maxBackpressure: 0 });
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
    const connection = await open({ maxBackpressure: 0 });
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
    await closed;
    await nextTurns();
    const numbers = calls.map(([number]) => number).sort((one, other) => one - other);
    expect(numbers).toEqual(LENGTHS.map((_, number) => number));
    expect([socket.bufferedAmount, sendMemory(connection)]).toEqual([0, 0]);
  });

  it('are called if the transport has closed, and the connection waits for an inflation', async () => {
    const connection = await open({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
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
    const connection = await open({ maxBackpressure: 0 });
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

describe('bufferedAmount', () => {
  it('is at each time the bytes of the frames that the transport has not handled', async () => {
    const connection = await open({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const bytes = await sendAll(connection, LENGTHS);
    expect(socket.bufferedAmount).toBe(bytes);
    while (transport.read1()) {
      expect(socket.bufferedAmount).toBe(bytes - transport.received.length);
      await nextTurns(1);
    }
    expect([socket.bufferedAmount, transport.received.length]).toEqual([0, bytes]);
  });

  it('counts what is sent in this turn of the event loop, too', async () => {
    const connection = await open();
    const { socket, server } = connection;
    await fillTransport(connection);
    let bytes = IN_TRANSPORT;
    for (const length of [1, 20 * KIB, 2, 70 * KIB, 0]) {
      socket.send(Buffer.alloc(length));
      server.broadcast('x'.repeat(length));
      bytes += 2 * frameBytes(length);
      expect(socket.bufferedAmount).toBe(bytes);
    }
  });

  it.each(ENDS)('is 0 when the connection has been lost, and counts later messages: %s', async (_, end) => {
    const connection = await open();
    const { socket, server } = connection;
    await fillTransport(connection);
    await sendAll(connection, LENGTHS.slice(0, 40));
    socket.send('begun', { fin: false });
    server.broadcast('behind it');
    const closed = ending(socket);
    end(connection);
    await closed;
    expect(socket.bufferedAmount).toBe(0);
    socket.send('12345');
    expect(socket.bufferedAmount).toBe(5);
  });
});

describe('sendMemory', () => {
  it('counts at least all bytes that are buffered, and little more, until the transport has handled them', async () => {
    const connection = await open({ maxBackpressure: 0 });
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

  it('counts each callback', async () => {
    const connection = await open({ maxBackpressure: 0 });
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
    const connection = await open({ maxBackpressure: 0 });
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
    const connection = await open({ maxBackpressure: 0 });
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

describe('broadcasts behind an unfinished fragmented message', () => {
  it.each([
    ['without compression', ''],
    ['with compression', DEFLATE],
  ])('are counted until they are sent, which is after it: %s', async (_, extensions) => {
    const connection = await open({ maxBackpressure: 0, perMessageDeflate: extensions !== '' }, extensions);
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
    const connection = await open({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
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

  it.each(ENDS)('are no longer counted when %s', async (_, end) => {
    const connection = await open({ maxBackpressure: 0, perMessageDeflate: true }, DEFLATE);
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
    expect(sendMemory(connection)).toBe(0);
    await expect.poll(() => calls.length).toBe(4);
    await nextTurns(4);
    expect(calls.map(([number, code]) => [number, code !== ''])).toEqual([0, 1, 2, 3].map((number) => [number, true]));
    expect(sendMemory(connection)).toBe(0);
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
  it.each(Object.keys(sendings))('ends a connection that is sent %s', async (name) => {
    const connection = await open(
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
    expect([sendMemory(connection), server.metrics().limits]).toEqual([0, { maxBackpressure: 1 }]);
  });

  it('counts broadcasts behind an unfinished fragmented message', async () => {
    const connection = await open({ maxBackpressure: limit });
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
