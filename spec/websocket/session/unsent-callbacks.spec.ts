import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type LimitError, WebSocket } from '../../../src/websocket/index.ts';
import { nextTurns } from '../../support/held-transport.ts';
import { openClient, startServer } from '../../support/sockets.ts';
import { DEFLATE, fillTransport, KIB, openStalled } from '../../support/stalled-connections.ts';

type Send = (socket: WebSocket, callback: (error?: Error) => void) => void;

/** Each way of a message to the transport. */
const MESSAGES: readonly Send[] = [
  (socket, callback) => void socket.send('text', callback),
  (socket, callback) => void socket.send(Buffer.alloc(40 * KIB), { compress: false }, callback),
  (socket, callback) => void socket.send(Buffer.alloc(2 * KIB), callback),
];

const PING: Send = (socket, callback) => void socket.ping('ping', undefined, callback);

/** Messages that make later ones wait. */
const SLOW_MESSAGES: readonly Send[] = [
  (socket, callback) => void socket.send(new Blob(['blob']), callback),
  (socket, callback) => void socket.send(randomBytes(200 * KIB), callback),
];

interface Result {
  readonly number: number;
  readonly error: (Error & { code?: string }) | undefined;
}

/** Sends messages of each kind, some in a turn of the event loop of their own. Returns the results of their callbacks. */
async function sendSome(
  socket: WebSocket,
  kinds: readonly Send[],
): Promise<{ results: Result[]; count: () => number }> {
  const results: Result[] = [];
  let count = 0;
  for (let round = 0; round < 3; round++) {
    for (const send of kinds) {
      const number = count++;
      send(socket, (error) => void results.push({ number, error }));
      if (number % 3 === 0) await nextTurns(1);
    }
  }
  return { results, count: () => count };
}

/** Unlike `once()`, it does not fail with 'error'. */
function closing(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

/** Abrupt ends, with the code of the `cause` of the errors; null if there is none. */
const ENDS: [string, string | null, (connection: Awaited<ReturnType<typeof openStalled>>) => void][] = [
  ['terminate()', null, ({ socket }) => socket.terminate()],
  ['the transport is destroyed', null, ({ transport }) => void transport.destroy()],
  ['the transport fails', 'WS_ERR_CONNECTION_LOST', ({ transport }) => void transport.destroy(new Error('reset'))],
];

const WAYS: [string, readonly Send[]][] = [
  ['written messages', [...MESSAGES, PING]],
  ['messages that wait', [...MESSAGES, ...SLOW_MESSAGES, PING]],
];

describe.each(WAYS)('After an abrupt end, the callbacks of %s', (_, kinds) => {
  it.each(ENDS)('are called in order, with one code: %s', async (_name, cause, end) => {
    // Each number of turns before the end is another state of the queues.
    for (let turns = 0; turns < 4; turns++) {
      const connection = await openStalled({ perMessageDeflate: true, maxBackpressure: 0 }, DEFLATE);
      await fillTransport(connection);
      const { results, count } = await sendSome(connection.socket, kinds);
      await nextTurns(turns);
      const closed = closing(connection.socket);
      end(connection);
      const last = count();
      const late = new Promise<void>((resolve) => {
        connection.socket.send('late', (error) => {
          results.push({ number: last, error });
          resolve();
        });
      });
      await Promise.all([closed, late]);
      await nextTurns(20);
      const failed = results.filter(({ error }) => error !== undefined);
      expect(results.map(({ number }) => number)).toEqual(Array.from({ length: last + 1 }, (__, index) => index));
      // No message is reported as sent after one that is not.
      expect(failed[0]!.number).toBe(last + 1 - failed.length);
      for (const { number, error } of failed) {
        const because = (error!.cause as { code?: string } | undefined)?.code ?? null;
        expect(error!.code).toBe('WS_ERR_NOT_OPEN');
        if (number < last) expect(because).toBe(cause);
      }
    }
  });

  it('have the LimitError as the cause if maxBackpressure is exceeded', async () => {
    const connection = await openStalled({ perMessageDeflate: true, maxBackpressure: 1000 * KIB }, DEFLATE);
    const { socket } = connection;
    await fillTransport(connection);
    const { results, count } = await sendSome(socket, kinds);
    let last = count();
    while (socket.readyState === WebSocket.OPEN) {
      const number = last++;
      socket.send(Buffer.alloc(100 * KIB), { compress: false }, (error) => void results.push({ number, error }));
      await nextTurns(1);
    }
    await nextTurns(20);
    expect(results.map(({ number }) => number)).toEqual(Array.from({ length: last }, (__, index) => index));
    for (const { error } of results) {
      expect(error).toMatchObject({ code: 'WS_ERR_NOT_OPEN', message: /^WebSocket is not open: readyState / });
      expect((error!.cause as LimitError).option).toBe('maxBackpressure');
    }
  });
});

describe('After the peer has reset the connection, the callbacks of a socket', () => {
  it('are called in order, with one code', async () => {
    const { server, url } = await startServer({ maxBackpressure: 0 });
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const client = await openClient(url);
    const [socket] = await accepted;
    socket.on('error', () => {});
    client.pause();
    const { results, count } = await sendSome(socket, [
      (to, callback) => void to.send(Buffer.alloc(1024 * KIB), callback),
      ...MESSAGES,
      PING,
    ]);
    const closed = closing(socket);
    client._socket!.resetAndDestroy();
    await closed;
    await nextTurns();
    expect(results.map(({ number }) => number)).toEqual(Array.from({ length: count() }, (_, index) => index));
    const failed = results.filter(({ error }) => error !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]!.number).toBe(count() - failed.length);
    for (const { error } of failed) {
      expect(error).toMatchObject({ code: 'WS_ERR_NOT_OPEN', cause: { code: 'WS_ERR_CONNECTION_LOST' } });
    }
  });
});
