import { describe, expect, it } from 'vitest';
import { openEnds } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { ending } from '../support/sockets.ts';

describe('RFC 6455 §5.1, only a client masks', () => {
  it('"a client MUST mask all frames that it sends to the server"', async () => {
    const { socket, peer } = await openEnds('client');
    socket.send('text');
    socket.send(Buffer.from('binary'));
    socket.ping();
    socket.pong();
    socket.close(1000);
    const frames = await peer.readFrames(5);
    expect(frames.map(({ opcode, masked }) => [opcode, masked])).toEqual([1, 2, 9, 10, 8].map((code) => [code, true]));
  });

  it('"A server MUST NOT mask any frames that it sends to the client."', async () => {
    const { socket, peer } = await openEnds('server');
    socket.send('text');
    socket.send(Buffer.from('binary'));
    socket.ping();
    socket.pong();
    socket.close(1000);
    const frames = await peer.readFrames(5);
    expect(frames.map(({ opcode, masked }) => [opcode, masked])).toEqual([1, 2, 9, 10, 8].map((code) => [code, false]));
  });

  it('"The server MUST close the connection upon receiving a frame that is not masked", with 1002', async () => {
    const { socket, peer, send } = await openEnds('server');
    const ended = ending(socket);
    send({ opcode: 1, payload: 'bare', mask: false });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
    await peer.readToEnd();
    peer.end();
    expect(await ended).toMatchObject({ code: 1006, errors: [{ code: 'WS_ERR_EXPECTED_MASK', closeCode: 1002 }] });
  });

  it('"A client MUST close a connection if it detects a masked frame", with 1002', async () => {
    const { socket, peer, send } = await openEnds('client');
    const ended = ending(socket);
    send({ opcode: 1, payload: 'masked', mask: [1, 2, 3, 4] });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
    peer.end();
    expect(await ended).toMatchObject({ code: 1006, errors: [{ code: 'WS_ERR_UNEXPECTED_MASK', closeCode: 1002 }] });
  });
});
