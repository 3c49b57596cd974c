import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/websocket/index.ts';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload, type FrameDescription } from '../support/frames.ts';
import { ending } from '../support/sockets.ts';

const LONGEST = 'x'.repeat(125);

describe.each(ROLES)('RFC 6455 §5.5, control frames, at a %s', (role) => {
  const violations: readonly [string, string, FrameDescription][] = [
    ['a ping of 126 bytes', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', { opcode: 9, payload: `${LONGEST}x` }],
    ['a pong of 126 bytes', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', { opcode: 10, payload: `${LONGEST}x` }],
    ['a Close frame of 126 bytes', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', { opcode: 8, payload: `${LONGEST}x` }],
    ['a fragmented ping', 'WS_ERR_EXPECTED_FIN', { opcode: 9, fin: false }],
    ['a fragmented pong', 'WS_ERR_EXPECTED_FIN', { opcode: 10, fin: false, payload: 'a' }],
    ['a fragmented Close frame', 'WS_ERR_EXPECTED_FIN', { opcode: 8, fin: false, payload: closePayload(1000) }],
    ['a Close frame of one byte', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', { opcode: 8, payload: 'a' }],
  ];
  for (const [title, code, description] of violations) {
    it(`${title} fails the connection with 1002`, async () => {
      const { socket, peer, send } = await openEnds(role);
      const ended = ending(socket);
      send(description);
      expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
      peer.end();
      expect(await ended).toMatchObject({ code: 1006, errors: [{ code }] });
    });
  }
});

describe.each(ROLES)('RFC 6455 §5.5.1, Close, at a %s', (role) => {
  it('"the endpoint MUST send a Close frame in response", with the status code received', async () => {
    const { socket, peer, send } = await openEnds(role);
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(3456, 'so long') });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(3456, 'so long') });
    peer.end();
    expect(await ended).toEqual({ code: 3456, reason: 'so long', errors: [] });
  });

  it('one without a body is answered by one without a body, and reported as 1005', async () => {
    const { socket, peer, send } = await openEnds(role);
    const ended = ending(socket);
    send({ opcode: 8 });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: Buffer.alloc(0) });
    peer.end();
    expect(await ended).toEqual({ code: 1005, reason: '', errors: [] });
  });

  it('"The application MUST NOT send any more data frames after sending a Close frame."', async () => {
    const { socket, peer, send } = await openEnds(role);
    socket.close(1000, 'done');
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    const late = new Promise<Error | null | undefined>((resolve) => {
      expect(socket.send('late', resolve)).toBe(false);
    });
    expect(await late).toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1000, 'done') });
    send({ opcode: 8, payload: closePayload(1000) });
    peer.end();
    expect(await peer.readToEnd()).toHaveLength(0);
  });

  it('messages that the peer sent before its Close frame are delivered, even after ours', async () => {
    const { socket, peer, send } = await openEnds(role);
    const received: string[] = [];
    socket.on('message', (data) => void received.push(String(data)));
    const ended = ending(socket);
    socket.close(1000);
    await peer.readFrame();
    send({ opcode: 1, payload: 'on the way' }, { opcode: 8, payload: closePayload(1000) });
    peer.end();
    expect(await ended).toMatchObject({ code: 1000, errors: [] });
    expect(received).toEqual(['on the way']);
  });

  it('nothing after a Close frame is processed: no message, no ping', async () => {
    const { socket, peer, send } = await openEnds(role);
    socket.on('message', () => expect.unreachable('a message after the Close frame'));
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(1000) }, { opcode: 1, payload: 'late' }, { opcode: 9 }, { opcode: 3 });
    expect(await peer.readFrame()).toMatchObject({ opcode: 8 });
    peer.end();
    expect(await peer.readToEnd()).toHaveLength(0);
    expect(await ended).toEqual({ code: 1000, reason: '', errors: [] });
  });

  it('a reason of 123 bytes fits', async () => {
    const { socket, peer, send } = await openEnds(role);
    const reason = 'ä'.repeat(61).concat('x');
    socket.close(4000, reason);
    expect(await peer.readFrame()).toMatchObject({ payload: closePayload(4000, reason) });
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(4001, reason) });
    peer.end();
    expect(await ended).toMatchObject({ code: 4001, reason });
  });

  it('close() throws for a code that must not be sent, and for a reason that is too long', async () => {
    const { socket } = await openEnds(role);
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, Number.NaN, '1000' as never]) {
      expect(() => socket.close(code)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'WS_ERR_INVALID_ARGUMENT' }),
      );
    }
    expect(() => socket.close(1000, 'ä'.repeat(62))).toThrow(
      'Close reason is too long (limit 123 bytes, received 124)',
    );
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe.each(ROLES)('RFC 6455 §5.5.2, Ping, at a %s', (role) => {
  for (const [title, payload] of [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('Hello')],
    ['bytes that are not UTF-8', Buffer.from('00fffefdfcfb00ff', 'hex')],
    ['125 bytes', Buffer.from(LONGEST)],
  ] as const) {
    it(`one with ${title} is answered by a pong with the same payload, and reported`, async () => {
      const { socket, peer, send } = await openEnds(role);
      const reported = new Promise((resolve) => socket.on('ping', resolve));
      send({ opcode: 9, payload });
      expect(await peer.readFrame()).toMatchObject({ fin: true, rsv: 0, opcode: 10, payload });
      expect(await reported).toEqual(payload);
    });
  }

  it('ten in a row are answered in order', async () => {
    const { peer, send } = await openEnds(role);
    send(...Array.from({ length: 10 }, (_, index) => ({ opcode: 9, payload: `ping ${index}` })));
    const pongs = await peer.readFrames(10);
    expect(pongs.map(({ payload }) => payload.toString())).toEqual(pongs.map((_, index) => `ping ${index}`));
  });

  it('none is answered with autoPong false', async () => {
    const { socket, peer, send } = await openEnds(role, { autoPong: false });
    socket.on('ping', (data) => socket.send(`heard ${data}`));
    send({ opcode: 9, payload: 'a' });
    expect(await peer.readFrame()).toMatchObject({ opcode: 1, payload: Buffer.from('heard a') });
  });

  it('ping() sends one, with data in any form, and throws for more than 125 bytes', async () => {
    const { socket, peer } = await openEnds(role);
    const sent = new Promise((resolve) => socket.ping('a', undefined, resolve));
    socket.ping(Buffer.from('b'));
    socket.ping(12);
    socket.ping();
    const frames = await peer.readFrames(4);
    expect(frames.map(({ opcode, payload }) => `${opcode} ${payload}`)).toEqual(['9 a', '9 b', '9 12', '9 ']);
    expect((await sent) ?? undefined).toBeUndefined();
    expect(() => socket.ping(`${LONGEST}x`)).toThrow(
      'Control frame payload is too long (limit 125 bytes, received 126)',
    );
  });
});

describe.each(ROLES)('RFC 6455 §5.5.3, Pong, at a %s', (role) => {
  it('"A Pong frame MAY be sent unsolicited. [...] A response to an unsolicited Pong frame is not expected."', async () => {
    const { socket, peer, send } = await openEnds(role);
    const pongs: string[] = [];
    socket.on('pong', (data) => void pongs.push(data.toString()));
    send({ opcode: 10 }, { opcode: 10, payload: 'unsolicited' }, { opcode: 9, payload: 'ping' });
    expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from('ping') });
    expect(pongs).toEqual(['', 'unsolicited']);
  });

  it('pong() sends one', async () => {
    const { socket, peer } = await openEnds(role);
    socket.pong('here');
    expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from('here') });
  });
});
