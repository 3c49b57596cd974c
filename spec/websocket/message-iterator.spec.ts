import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/websocket/index.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { connectPair } from '../support/sockets.ts';

describe.each(ROLES)('for await (const message of socket) on a %s', (role) => {
  it('yields text as strings and binary data as binaryType selects, until the connection is closed', async () => {
    const { socket, peer, send } = await openEnds(role);
    send({ opcode: 1, payload: 'grüße' }, { opcode: 2, payload: Buffer.of(1, 2) }, { opcode: 1 });
    send({ opcode: 8, payload: closePayload(1000) });
    peer.end();
    const received: unknown[] = [];
    for await (const message of socket) received.push(message);
    expect(received).toEqual(['grüße', Buffer.of(1, 2), '']);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    for await (const message of socket) expect.unreachable(String(message));
  });

  it('yields one message at a time, and the peer has to wait', async () => {
    const { socket, send } = await openEnds(role);
    send(...Array.from({ length: 5 }, (_, index) => ({ opcode: 1, payload: `${index}` })));
    let working = 0;
    const received: string[] = [];
    for await (const message of socket) {
      expect(++working).toBe(1);
      expect(socket.isPaused).toBe(true);
      await new Promise(setImmediate);
      received.push(String(message));
      working--;
      if (received.length === 5) break;
    }
    expect(received).toEqual(['0', '1', '2', '3', '4']);
  });

  it('leaves the socket open and paused when the loop is left, and loses no message', async () => {
    const { socket, send } = await openEnds(role);
    send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' }, { opcode: 1, payload: 'three' });
    for await (const message of socket) {
      expect(message).toBe('one');
      break;
    }
    const rest = [];
    for await (const message of socket) if (rest.push(message) === 2) break;
    expect(rest).toEqual(['two', 'three']);
    expect([socket.readyState, socket.isPaused]).toEqual([WebSocket.OPEN, true]);
  });

  it('yields everything that had arrived when the connection ends while the loop body runs', async () => {
    const { socket, peer, send } = await openEnds(role);
    send({ opcode: 1, payload: '0' });
    const received: unknown[] = [];
    const loop = async (): Promise<void> => {
      for await (const message of socket) {
        if (received.push(message) > 1) continue;
        send(...Array.from({ length: 5 }, (_, index) => ({ opcode: 1, payload: `${index + 1}` })));
        // What has been sent before a reset may be lost, unless it has arrived.
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (role === 'client') peer.reset();
        else peer.end();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await loop().catch(() => {});
    expect(received).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('throws the error of a connection that has failed before the loop', async () => {
    const { socket, peer, send } = await openEnds(role);
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    send({ opcode: 3 });
    peer.end();
    await closed;
    await expect(async () => {
      for await (const message of socket) expect.unreachable(String(message));
    }).rejects.toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
  });

  it('throws the error of a failed connection, after the messages before it', async () => {
    const { socket, peer, send } = await openEnds(role);
    send({ opcode: 1, payload: 'fine' }, { opcode: 3 });
    peer.end();
    const received: unknown[] = [];
    const loop = async (): Promise<void> => {
      for await (const message of socket) received.push(message);
    };
    await expect(loop()).rejects.toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
    expect(received).toEqual(['fine']);
  });
});

describe('two loops that echo', () => {
  it('exchange many messages', async () => {
    const { serverEnd, clientEnd } = await connectPair();
    void (async () => {
      for await (const message of serverEnd) serverEnd.send(message as string);
    })();
    for (let index = 0; index < 500; index++) clientEnd.send(`${index}`);
    let count = 0;
    for await (const message of clientEnd) {
      expect(message).toBe(`${count}`);
      if (++count === 500) break;
    }
  });
});
