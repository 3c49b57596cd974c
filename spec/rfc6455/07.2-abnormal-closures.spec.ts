import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/websocket/index.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload, frame } from '../support/frames.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ending, messages, openClient, startEchoServer } from '../support/sockets.ts';
import { nextUncaughtException } from '../support/uncaught.ts';

describe.each(ROLES)('RFC 6455 §7.1.7 and §7.2, a %s fails the connection', (role) => {
  it('once, with one error and one Close frame, and then discards all input up to the end', async () => {
    const { socket, peer, send } = await openEnds(role);
    const ended = ending(socket);
    send({ opcode: 3 }, { opcode: 4 }, { opcode: 8, payload: closePayload(1000) });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    for (let count = 0; count < 50; count++) send({ opcode: 5, payload: Buffer.alloc(20_000) });
    peer.end();
    const { code, errors } = await ended;
    expect(code).toBe(1006);
    expect(errors).toHaveLength(1);
  });

  it('with a warning instead of a crash if "error" has no listener', async () => {
    const { socket, peer, send } = await openEnds(role);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    send({ opcode: 3 });
    await peer.readFrame();
    peer.end();
    expect(await closed).toBe(1006);
  });

  it('when the connection is reset: 1006 and no error, and "failure" has the cause', async () => {
    const { socket, peer } = await openEnds(role);
    const ended = ending(socket);
    const failure = new Promise((resolve) => socket.on('close', () => resolve(socket.failure)));
    peer.socket.resetAndDestroy();
    expect(await ended).toEqual({ code: 1006, reason: '', errors: [] });
    expect(await failure).toMatchObject({ code: 'WS_ERR_CONNECTION_LOST', cause: { code: 'ECONNRESET' } });
  });

  it('when the peer ends without a Close frame: 1006 and no error', async () => {
    const { socket, peer } = await openEnds(role);
    const ended = ending(socket);
    peer.end();
    expect(await ended).toEqual({ code: 1006, reason: '', errors: [] });
  });

  it('not when a listener throws: the exception is uncaught, and the connection continues', async () => {
    const { socket, send } = await openEnds(role);
    const uncaught = nextUncaughtException();
    socket.once('message', () => {
      throw new Error("the application's own");
    });
    const received = messages(socket, 1);
    send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    expect((await uncaught).message).toBe("the application's own");
    expect(await received).toEqual(['b']);
  });
});

describe('a server with a bad peer', () => {
  it('keeps running, and keeps its other connections', async () => {
    const { port, url, server } = await startEchoServer({ maxPayload: 1000 });
    const bystander = await openClient(url);
    const garbage = [
      frame({ opcode: 1, payload: 'a', mask: false }),
      frame({ opcode: 1, rsv: 7 }),
      frame({ opcode: 15 }),
      frame({ opcode: 9, fin: false }),
      frame({ opcode: 1, payload: Buffer.of(0xc0, 0x80) }),
      frame({ opcode: 2, length: 1001 }),
      frame({ opcode: 8, payload: closePayload(1005) }),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    for (const bytes of garbage) {
      const peer = await RawPeer.open(port);
      peer.write(bytes);
      expect((await peer.readFrame()).opcode).toBe(8);
      peer.end();
      await peer.readToEnd();
      const echoed = messages(bystander, 1);
      bystander.send('still here');
      expect(await echoed).toEqual(['still here']);
    }
    await expect.poll(() => server.clients.size).toBe(1);
  });
});
