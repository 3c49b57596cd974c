import { describe, expect, it } from 'vitest';
import { type CloseEvent, WebSocket } from '../../src/websocket/index.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { connectPair, ending } from '../support/sockets.ts';

describe('RFC 6455 §7.1.1, close the WebSocket connection', () => {
  it('the server closes TCP first: "[...] the server [...] MUST close the TCP connection immediately"', async () => {
    for (const serverStarts of [true, false]) {
      const { socket, peer, send } = await openEnds('server');
      const ended = ending(socket);
      if (serverStarts) {
        socket.close(1000);
        await peer.readFrame();
        expect(peer.ended).toBe(false);
      }
      send({ opcode: 8, payload: closePayload(1000) });
      // The peer does not end its direction before we end ours.
      await peer.readToEnd();
      peer.end();
      expect(await ended).toMatchObject({ code: 1000, errors: [] });
    }
  });

  it('the client waits for the server to close TCP: it "SHOULD wait for the server to close the connection"', async () => {
    for (const clientStarts of [true, false]) {
      const { socket, peer, send } = await openEnds('client');
      const ended = ending(socket);
      if (clientStarts) socket.close(1000);
      send({ opcode: 8, payload: closePayload(1000) });
      await peer.readFrame();
      // A round trip through the event loop of the client: if it ended the transport, this would show it.
      await expect(Promise.race([peer.readToEnd(), new Promise((r) => setTimeout(r, 20, 'waits'))])).resolves.toBe(
        'waits',
      );
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      peer.end();
      expect(await ended).toMatchObject({ code: 1000, errors: [] });
    }
  });
});

describe.each(ROLES)('RFC 6455 §7.1.2 to §7.1.4, the closing handshake, started by a %s', (role) => {
  it('sends a Close frame, and waits for the answer', async () => {
    const { socket, peer, send } = await openEnds(role);
    const event = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close(4321, 'enough');
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(4321, 'enough') });
    send({ opcode: 8, payload: closePayload(4321, 'enough') });
    peer.end();
    expect(await event).toMatchObject({ code: 4321, reason: 'enough', wasClean: true });
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  it('sends one Close frame, however often close() is called', async () => {
    const { socket, peer, send } = await openEnds(role);
    socket.close(1000);
    socket.close(1001);
    send({ opcode: 8, payload: closePayload(1000) });
    peer.end();
    expect((await peer.readToEnd()).length).toBe(role === 'client' ? 8 : 4);
    socket.close(1002);
  });

  it('sends all messages that were queued before the Close frame', async () => {
    const { socket, peer } = await openEnds(role);
    const large = Buffer.alloc(8 * 1024 * 1024, 'x');
    socket.send(large);
    socket.send('last');
    socket.close(1000);
    const [first, last, close] = await peer.readFrames(3);
    expect(first!.payload.equals(large)).toBe(true);
    expect(last!.payload.toString()).toBe('last');
    expect(close!.opcode).toBe(8);
  });

  it('ends after closeTimeout: the transport is destroyed, and the code is 1006', async () => {
    const { socket, peer } = await openEnds(role, { closeTimeout: 30 });
    const event = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    socket.close(1000);
    await peer.readFrame();
    expect(await event).toMatchObject({ code: 1006, reason: '', wasClean: false });
    await peer.readToEnd();
  });

  it('ends after closeTimeout if the peer answers but does not end TCP: the code is the received one', async () => {
    const { socket, send } = await openEnds(role, { closeTimeout: 30 });
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(1000) });
    expect(await ended).toEqual({ code: 1000, reason: '', errors: [] });
  });
});

describe('RFC 6455 §7.1.5, the code and reason that the application receives', () => {
  it('are those that the other end sent, at both ends', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ends = [ending(serverEnd), ending(clientEnd)];
    clientEnd.close(4000, 'tschüß');
    const expected = { code: 4000, reason: 'tschüß', errors: [] };
    expect(await Promise.all(ends)).toEqual([expected, expected]);
  });

  it('are 1005 if the Close frame has no code', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ends = [ending(serverEnd), ending(clientEnd)];
    serverEnd.close();
    const expected = { code: 1005, reason: '', errors: [] };
    expect(await Promise.all(ends)).toEqual([expected, expected]);
  });

  it('are 1006 if there is no Close frame', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ends = [ending(serverEnd), ending(clientEnd)];
    serverEnd.terminate();
    for (const { code, reason } of await Promise.all(ends))
      expect({ code, reason }).toEqual({ code: 1006, reason: '' });
  });

  it('are those of the other end if both ends close at the same time', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    const ends = [ending(serverEnd), ending(clientEnd)];
    serverEnd.close(4001);
    clientEnd.close(4002);
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual([4002, 4001]);
  });
});

describe.each(ROLES)('a peer that closes right after its last message, at a %s', (role) => {
  it('loses no message with a Close frame', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    socket.on('message', (data) => void received.push(String(data)));
    const ended = ending(socket);
    send({ opcode: 1, payload: 'last' }, { opcode: 8, payload: closePayload(1001) });
    peer.end();
    expect(await ended).toMatchObject({ code: 1001, errors: [] });
    expect(received).toEqual(['last']);
  });

  it('loses no message without a Close frame', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    socket.on('message', (data) => void received.push(String(data)));
    const ended = ending(socket);
    send({ opcode: 1, payload: 'last' }, { opcode: 1, fin: false, payload: 'unfinished' });
    peer.end();
    expect(await ended).toEqual({ code: 1006, reason: '', errors: [] });
    expect(received).toEqual(['last']);
  });

  it('loses no message while the receiver is paused, which also holds back the end', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    const paused = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        received.push(String(data));
        socket.pause();
        resolve();
      });
    });
    const ended = ending(socket);
    send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' }, { opcode: 8, payload: closePayload(1000) });
    peer.end();
    await paused;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([received, socket.isPaused, socket.readyState]).toEqual([['one'], true, WebSocket.OPEN]);
    socket.resume();
    expect(received).toEqual(['one', 'two']);
    socket.resume();
    expect(await ended).toMatchObject({ code: 1000, errors: [] });
  });

  it('loses no message when the connection is reset while the receiver is paused', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    const first = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        received.push(String(data));
        socket.pause();
        resolve();
      });
    });
    const ended = ending(socket);
    send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' });
    await first;
    const gone = new Promise((resolve) => peer.socket.on('close', resolve));
    peer.socket.resetAndDestroy();
    await gone;
    // A paused socket notices the reset when it writes.
    socket.send('is anybody there?');
    expect(await ended).toMatchObject({ code: 1006, errors: [] });
    expect(socket.failure).toMatchObject({ code: 'WS_ERR_CONNECTION_LOST' });
    expect(received).toEqual(['one', 'two']);
  });
});
