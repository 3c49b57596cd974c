import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/websocket/index.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { rawServer } from '../support/raw-peer.ts';
import { connectPair, ending, messages, startServer } from '../support/sockets.ts';
import { streamPair } from '../support/stream-pair.ts';

describe('the constants of the ready state', () => {
  it('are properties of the class and of each socket', () => {
    const socket = new WebSocket(null);
    for (const [index, name] of (['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const).entries()) {
      expect([WebSocket[name], socket[name]]).toEqual([index, index]);
    }
  });
});

describe('a WebSocket that connects', () => {
  it('is CONNECTING until it is open, and throws when a call needs an open connection', async () => {
    const { url } = await startServer();
    const socket = new WebSocket(url);
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    for (const call of [() => socket.send('a'), () => socket.ping(), () => socket.pong()]) {
      expect(call).toThrow(
        expect.objectContaining({ code: 'WS_ERR_NOT_OPEN', message: expect.stringContaining('CONNECTING') }),
      );
    }
    // These calls have no effect yet.
    socket.pause();
    socket.resume();
    expect([socket.isPaused, socket.bufferedAmount, socket.protocol, socket.extensions]).toEqual([false, 0, '', '']);
    await once(socket, 'open');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it('throws synchronously for invalid options, and leaves nothing behind', () => {
    expect(() => new WebSocket('ws://127.0.0.1', { handshakeTimeout: -1 })).toThrow(
      'handshakeTimeout must be at least 0 milliseconds; received -1',
    );
    expect(() => new WebSocket('ws://127.0.0.1', { headers: { 'a b': 'c' } })).toThrow('Header name must be');
    expect(() => new WebSocket('ws://127.0.0.1', { maxPayload: 'x' as never })).toThrow(TypeError);
  });

  it('sends the credentials of its URL, with any characters', async () => {
    const head = new Promise<string>((resolve) => {
      void rawServer(async (peer) => {
        resolve(await peer.readHead());
        peer.socket.destroy();
      }).then((port) => new WebSocket(`ws://us%20er:p%zzss@127.0.0.1:${port}`).on('error', () => {}));
    });
    const credentials = /^Authorization: Basic (.*)\r$/m.exec(await head)![1]!;
    expect(Buffer.from(credentials, 'base64').toString()).toBe('us er:p%zzss');
  });
});

describe.each(ROLES)('send() on a %s', (role) => {
  it('calls back when the message has been handed over, with and without options', async () => {
    const { socket, peer } = await openEnds(role);
    const sent = [
      new Promise((resolve) => socket.send('a', resolve)),
      new Promise((resolve) => socket.send('b', { binary: true }, resolve)),
      new Promise((resolve) => socket.send(Buffer.alloc(100_000), {}, resolve)),
      new Promise((resolve) => socket.send(new Blob(['c']), resolve)),
    ];
    for (const result of await Promise.all(sent)) expect(result ?? null).toBeNull();
    expect((await peer.readFrames(4)).map(({ opcode }) => opcode)).toEqual([1, 2, 2, 2]);
  });

  it("returns false past the high-water mark; bufferedAmount grows until 'drain', when it is 0", async () => {
    const { socket, peer } = await openEnds(role);
    peer.socket.pause();
    let count = 1;
    while (socket.send(Buffer.alloc(64 * 1024))) count++;
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    const drained = once(socket, 'drain');
    peer.socket.resume();
    await drained;
    expect(socket.bufferedAmount).toBe(0);
    await peer.readFrames(count);
  });

  it('counts small messages in bufferedAmount before they are written', async () => {
    const { socket, peer } = await openEnds(role);
    socket.send('12345');
    expect(socket.bufferedAmount).toBe(5);
    await peer.readFrame();
    expect(socket.bufferedAmount).toBe(0);
  });

  it('collects the messages of one turn in one write', async () => {
    const { socket, peer } = await openEnds(role);
    const chunks: Buffer[] = [];
    peer.socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    for (let index = 0; index < 100; index++) socket.send(`message ${index}`);
    await peer.readFrames(100);
    expect(chunks).toHaveLength(1);
  });

  it('after the connection is closed, calls back with an error, throws nothing, and counts the bytes', async () => {
    const { socket, peer, send } = await openEnds(role);
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(1000) });
    peer.end();
    await ended;
    const before = socket.bufferedAmount;
    const errors = await Promise.all([
      new Promise((resolve) => socket.send('12345', resolve)),
      new Promise((resolve) => socket.ping('', undefined, resolve)),
      new Promise((resolve) => socket.pong('', undefined, resolve)),
      new Promise((resolve) => socket.send(new Blob(['12345']), resolve)),
    ]);
    for (const error of errors) expect(error).toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
    expect(socket.send('without a callback')).toBe(false);
    expect(socket.bufferedAmount - before).toBe(28);
    socket.close();
    socket.terminate();
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  it('calls back with an error for messages that were not handed over when the connection was lost', async () => {
    const { socket, peer } = await openEnds(role);
    socket.on('error', () => {});
    peer.socket.pause();
    while (socket.send(Buffer.alloc(64 * 1024)));
    const result = new Promise((resolve) => socket.send('last', resolve));
    socket.terminate();
    expect(await result).toBeInstanceOf(Error);
  });
});

describe.each(ROLES)('a peer that does not read, on a %s', (role) => {
  it('is terminated past maxBackpressure, with one LimitError, and no more than that was queued', async () => {
    const limit = 1024 * 1024;
    const { socket, peer } = await openEnds(role, { maxBackpressure: limit });
    peer.socket.pause();
    const ended = ending(socket);
    const message = Buffer.alloc(64 * 1024);
    let most = 0;
    while (socket.readyState === WebSocket.OPEN) {
      socket.send(message);
      most = Math.max(most, socket.bufferedAmount);
      await new Promise(setImmediate);
    }
    const { code, errors } = await ended;
    expect(code).toBe(1006);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      name: 'LimitError',
      code: 'WS_ERR_BACKPRESSURE',
      option: 'maxBackpressure',
      limit,
    });
    expect(most).toBeLessThan(limit + 3 * message.length);
  });

  it('is terminated for pings, too', async () => {
    const { socket, peer } = await openEnds(role, { maxBackpressure: 1000 });
    peer.socket.pause();
    socket.on('error', () => {});
    while (socket.send(Buffer.alloc(64 * 1024)));
    while (socket.readyState === WebSocket.OPEN) {
      socket.ping(Buffer.alloc(125));
      await new Promise(setImmediate);
    }
  });

  it('may receive a single message of any size', async () => {
    const { socket, peer } = await openEnds(role, { maxBackpressure: 1000 });
    socket.send(Buffer.alloc(5_000_000));
    expect((await peer.readFrame()).payload).toHaveLength(5_000_000);
  });

  it('may be sent up to three times the limit in one turn, in which it cannot read', async () => {
    const limit = 4 * 1024 * 1024;
    const { socket, peer } = await openEnds(role, { maxBackpressure: limit });
    for (let count = 0; count < 8; count++) socket.send(Buffer.alloc(1024 * 1024));
    expect(await peer.readFrames(8)).toHaveLength(8);
    const ended = ending(socket);
    for (let count = 0; count < 40; count++) socket.send(Buffer.alloc(1024 * 1024));
    expect((await ended).errors).toMatchObject([{ code: 'WS_ERR_BACKPRESSURE', limit }]);
  });

  it('is never terminated with a limit of 0', async () => {
    const { socket, peer } = await openEnds(role, { maxBackpressure: 0 });
    peer.socket.pause();
    for (let count = 0; count < 40; count++) socket.send(Buffer.alloc(1024 * 1024));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe.each(ROLES)('pause() and resume() on a %s', (role) => {
  it('stop the delivery at once, even within a chunk, and continue it', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    const first = once(socket, 'message');
    socket.on('message', (data) => {
      received.push(String(data));
      socket.pause();
    });
    send(...['one', 'two', 'three'].map((payload) => ({ opcode: 1, payload })));
    await first;
    for (const expected of [['one'], ['one', 'two'], ['one', 'two', 'three']]) {
      expect([received, socket.isPaused]).toEqual([expected, true]);
      socket.resume();
    }
    send({ opcode: 9, payload: 'still answered' });
    socket.resume();
    expect((await peer.readFrame()).payload.toString()).toBe('still answered');
  });

  it('make the peer wait: its data fills the buffers of TCP, and none of our memory', async () => {
    const { socket, peer, frames } = await openEnds(role);
    socket.pause();
    const message = frames({ opcode: 2, payload: Buffer.alloc(1024 * 1024) });
    let sent = 1;
    // A write goes to the kernel at once, unless its buffers are full.
    while (sent < 100 && (peer.socket.write(message) || (await drainedSoon(peer.socket)))) sent++;
    expect(sent).toBeLessThan(100);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', () => {
        if (++received === sent) resolve();
      });
    });
    socket.resume();
    await all;
  });
});

/** Returns whether 'drain' is emitted within some turns of the event loop. */
async function drainedSoon(stream: NodeJS.WritableStream): Promise<boolean> {
  let drained = false;
  stream.once('drain', () => {
    drained = true;
  });
  for (let turn = 0; turn < 200 && !drained; turn++) await new Promise(setImmediate);
  return drained;
}

describe('terminate()', () => {
  it('closes both ends at once with 1006 and without an error', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ends = [ending(serverEnd), ending(clientEnd)];
    clientEnd.terminate();
    expect(clientEnd.readyState).toBe(WebSocket.CLOSING);
    const [server, client] = await Promise.all(ends);
    expect(client).toEqual({ code: 1006, reason: '', errors: [] });
    expect(server!.code).toBe(1006);
  });

  it('stops the delivery of the rest of a chunk when a listener calls it', async () => {
    const { socket, send } = await openEnds('server');
    const received: string[] = [];
    socket.on('message', (data) => {
      received.push(String(data));
      socket.terminate();
    });
    const ended = ending(socket);
    send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' });
    await ended;
    expect(received).toEqual(['one']);
  });
});

describe('a subclass as the option WebSocket of a server', () => {
  it('is the class of its sockets', async () => {
    class Player extends WebSocket {
      score = 0;
    }
    const { server, url } = await startServer({ WebSocket: Player });
    const accepted = once(server, 'connection');
    const client = new WebSocket(url);
    const [socket] = await accepted;
    expect(socket).toBeInstanceOf(Player);
    expect((socket as Player).score).toBe(0);
    const received = messages(client, 1);
    socket.send('hello');
    expect(await received).toEqual(['hello']);
    client.terminate();
  });
});

describe('setSocket()', () => {
  it('opens a WebSocket on any stream, in either role', async () => {
    const [one, other] = streamPair();
    const server = new WebSocket(null);
    const client = new WebSocket(null);
    client._isServer = false;
    const opened = once(client, 'open');
    server.setSocket(one, Buffer.alloc(0), { maxPayload: 10 });
    client.setSocket(other, Buffer.alloc(0));
    await opened;
    server.on('message', (data, isBinary) => server.send(data, { binary: isBinary }));
    client.send('ping-pong');
    expect(String((await once(client, 'message'))[0])).toBe('ping-pong');
    server.on('error', () => {});
    client.send('more than that');
    expect((await once(client, 'close'))[0]).toBe(1009);
  });
});
