import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrowserWebSocket, WebSocket } from '../../../src/websocket/index.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { parseFrames } from '../../support/frames.ts';
import { HeldTransport, nextTurns } from '../../support/held-transport.ts';
import { ending, nextConnection, startServer } from '../../support/sockets.ts';
import { ENDS, fillTransport, isPing, KIB, LENGTHS, openStalled, sendAll } from '../../support/stalled-connections.ts';

describe('bufferedAmount', () => {
  it('counts payloads that the transport has not handled: it decreases with each read of the peer, to 0', async () => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    const bytes = await sendAll(connection, LENGTHS);
    const payloads = LENGTHS.reduce((sum, length, index) => sum + (isPing(index) ? 0 : length), 0);
    expect(socket.bufferedAmount).toBe(payloads);
    let previous = payloads;
    while (transport.read1()) {
      const { bufferedAmount } = socket;
      const unread = bytes - transport.received.length;
      expect(bufferedAmount).toBeLessThan(previous);
      expect(bufferedAmount).toBeLessThanOrEqual(unread);
      // The last frame is large.
      expect(bufferedAmount > 0).toBe(unread > 0);
      previous = bufferedAmount;
      await nextTurns(1);
    }
    expect([socket.bufferedAmount, transport.received.length]).toEqual([0, bytes]);
  });

  it('is that of the messages that the transport has not handled, if there are no others in its writes', async () => {
    const { socket, transport } = await openStalled({ maxBackpressure: 0 });
    // Each is too large to be joined with another one.
    const lengths = [40_000, 64 * KIB, 70_000, 70_000, 33_000, 64 * KIB];
    for (const length of lengths) {
      socket.send('x'.repeat(length));
      await nextTurns(1);
    }
    for (let unread = lengths.reduce((sum, length) => sum + length, 0); lengths.length > 0; ) {
      expect(socket.bufferedAmount).toBe(unread);
      unread -= lengths.shift()!;
      while (parseFrames(transport.received).length < 6 - lengths.length) transport.read1();
      await nextTurns(1);
    }
    expect(socket.bufferedAmount).toBe(0);
  });

  it('counts what is sent in this turn of the event loop, too, but no control frames', async () => {
    const connection = await openStalled();
    const { socket, server } = connection;
    await fillTransport(connection);
    let bytes = 'firstsecond'.length;
    for (const length of [1, 20 * KIB, 2, 70 * KIB, 0]) {
      socket.send(Buffer.alloc(length));
      server.broadcast('x'.repeat(length));
      socket.ping('ping');
      bytes += 2 * length;
      expect(socket.bufferedAmount).toBe(bytes);
    }
  });

  it.each([
    ['the peer reads', 'read'],
    ['it is closed', 'close'],
  ])('goes to 0 and never below while %s', async (_, how) => {
    const connection = await openStalled({ maxBackpressure: 0 });
    const { socket, transport } = connection;
    for (let count = 0; count < 3000; count++) {
      socket.send(count % 1000 === 0 ? 'x'.repeat(30_000) : '');
      if (count % 100 === 0) await nextTurns(1);
    }
    expect(socket.bufferedAmount).toBe(90_000);
    if (how === 'close') socket.close();
    let previous = 90_000;
    while (transport.read1()) {
      expect(socket.bufferedAmount).toBeLessThanOrEqual(previous);
      expect(socket.bufferedAmount).toBeGreaterThanOrEqual(0);
      previous = socket.bufferedAmount;
      await nextTurns(1);
    }
    expect(socket.bufferedAmount).toBe(0);
  });

  it.each(ENDS)('is 0 when the connection has been lost, and counts later messages: %s', async (_, end) => {
    const connection = await openStalled();
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

/** Data to send, and the number of its bytes. */
type Data = string | ArrayBuffer | ArrayBufferView | Blob;

const lengths = fc.oneof(
  fc.constant(0),
  fc.nat(130),
  fc.nat(3000),
  fc.integer({ min: 16_000, max: 17_000 }),
  fc.integer({ min: 65_000, max: 150_000 }),
);

const data: fc.Arbitrary<Data> = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 300 }),
  lengths.map((length) => 'x'.repeat(length)),
  lengths.map((length) => 'äß€\u{1f600}'.repeat(length / 12)),
  lengths.map((length) => new ArrayBuffer(length)),
  lengths.map((length) => new Uint8Array(length + 9).subarray(3, length + 3)),
  lengths.map((length) => new Float64Array(Math.floor(length / 8) + 1).subarray(1)),
  lengths.map((length) => new DataView(new ArrayBuffer(length + 5), 5)),
  lengths.map((length) => new Blob(['y'.repeat(length)])),
);

function bytesOf(value: Data): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  return value instanceof Blob ? value.size : value.byteLength;
}

const turn = fc.array(data, { maxLength: 12 });

/** Opens a client on a transport whose peer does not read. */
function stalledClient(): { socket: WebSocket; transport: HeldTransport } {
  const socket = new WebSocket(null);
  const transport = new HeldTransport();
  transport.stall();
  socket._isServer = false;
  socket.setSocket(transport, Buffer.alloc(0), { maxBackpressure: 0 });
  onTestFinished(() => socket.terminate());
  return { socket, transport };
}

describe('after any messages', () => {
  it.each(['client', 'server'] as const)(
    'bufferedAmount of a %s is the sum of their bytes until they are read, and 0 then',
    async (role) => {
      await fc.assert(
        fc.asyncProperty(fc.array(turn, { maxLength: 5 }), async (turns) => {
          const { socket, transport } = role === 'client' ? stalledClient() : await openStalled({ maxBackpressure: 0 });
          let sum = 0;
          for (const messages of turns) {
            for (const message of messages) {
              socket.send(message);
              socket.ping('not counted');
              sum += bytesOf(message);
              expect(socket.bufferedAmount).toBe(sum);
            }
            await nextTurns(1);
            expect(socket.bufferedAmount).toBe(sum);
          }
          transport.readOn();
          const count = (): number => parseFrames(transport.received).filter(({ opcode }) => opcode < 8).length;
          await expect.poll(() => [count(), socket.bufferedAmount], { interval: 1 }).toEqual([turns.flat().length, 0]);
          socket.terminate();
        }),
        { numRuns: 40 },
      );
    },
  );

  it('bufferedAmount of a BrowserWebSocket is the sum of their bytes in the same task, and 0 when they are sent', async () => {
    const { server, url } = await startServer({ maxBackpressure: 0 });
    const accepted = nextConnection(server);
    const socket = new BrowserWebSocket(url);
    const peer = await accepted;
    let received = 0;
    peer.on('message', (message: Buffer) => {
      received += message.length;
    });
    await expect.poll(() => socket.readyState).toBe(1);
    await fc.assert(
      fc.asyncProperty(turn, async (messages) => {
        received = 0;
        let sum = 0;
        for (const message of messages) {
          socket.send(message);
          sum += bytesOf(message);
          expect(socket.bufferedAmount).toBe(sum);
          // Microtasks belong to the task.
          await Promise.resolve();
          expect(socket.bufferedAmount).toBe(sum);
        }
        await expect.poll(() => [received, socket.bufferedAmount], { interval: 1 }).toEqual([sum, 0]);
      }),
      { numRuns: 40 },
    );
    socket.close();
    // "does not reset to zero once the connection closes"
    let sum = 0;
    fc.assert(
      fc.property(data, (message) => {
        socket.send(message);
        sum += bytesOf(message);
        expect(socket.bufferedAmount).toBe(sum);
      }),
      { numRuns: 20 },
    );
    await expect.poll(() => socket.readyState).toBe(3);
    expect(socket.bufferedAmount).toBe(sum);
  });
});
