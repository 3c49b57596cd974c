import { describe, expect, it } from 'vitest';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload, type FrameDescription } from '../support/frames.ts';
import { ending, messages } from '../support/sockets.ts';

describe.each(ROLES)('RFC 6455 §5.4, fragmentation, at a %s', (role) => {
  it('fragments are joined in order, empty ones included, and the first one has the type', async () => {
    const { socket, send } = await openEnds(role);
    const received = messages(socket, 3);
    send({ opcode: 1, fin: false, payload: 'Hel' }, { opcode: 0, fin: false }, { opcode: 0, payload: 'lo' });
    send({ opcode: 2, fin: false, payload: Buffer.of(1) }, { opcode: 0, payload: Buffer.of(2) });
    send({ opcode: 1, fin: false }, { opcode: 0 });
    expect(await received).toEqual(['Hello', '0x0102', '']);
  });

  it('"Control frames [...] MAY be injected in the middle of a fragmented message", and are answered immediately', async () => {
    const { socket, peer, send } = await openEnds(role);
    const order: string[] = [];
    socket.on('ping', (data) => void order.push(`ping ${data}`));
    socket.on('message', (data) => void order.push(`message ${data}`));
    send({ opcode: 1, fin: false, payload: 'one ' }, { opcode: 9, payload: 'a' });
    expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from('a') });
    send({ opcode: 0, fin: false, payload: 'two' }, { opcode: 9, payload: 'b' }, { opcode: 0 });
    expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from('b') });
    await expect.poll(() => order).toEqual(['ping a', 'ping b', 'message one two']);
  });

  const violations: readonly [string, readonly FrameDescription[]][] = [
    ['a continuation with nothing to continue', [{ opcode: 0, payload: 'a' }]],
    [
      'a continuation after a whole message',
      [
        { opcode: 1, payload: 'a' },
        { opcode: 0, payload: 'b' },
      ],
    ],
    [
      'a new message within a message',
      [
        { opcode: 1, fin: false, payload: 'a' },
        { opcode: 1, payload: 'b' },
      ],
    ],
    [
      'a new fragmented message within a message',
      [
        { opcode: 2, fin: false },
        { opcode: 2, fin: false },
      ],
    ],
  ];
  for (const [title, descriptions] of violations) {
    it(`${title} fails the connection with 1002`, async () => {
      const { socket, peer, send } = await openEnds(role);
      const ended = ending(socket);
      send(...descriptions);
      expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
      peer.end();
      expect(await ended).toMatchObject({ errors: [{ code: 'WS_ERR_INVALID_OPCODE', section: '5.4' }] });
    });
  }

  it('send() with fin false sends fragments: only the first one has the opcode', async () => {
    const { socket, peer } = await openEnds(role);
    socket.send('a', { fin: false });
    socket.send('b', { fin: false });
    socket.ping('between');
    socket.send('c');
    socket.send(Buffer.of(1), { fin: false });
    socket.send('', { fin: true });
    socket.send('whole');
    const frames = await peer.readFrames(7);
    expect(frames.map(({ fin, opcode, payload }) => [fin, opcode, payload.toString('latin1')])).toEqual([
      [false, 1, 'a'],
      [false, 0, 'b'],
      [true, 9, 'between'],
      [true, 0, 'c'],
      [false, 2, '\x01'],
      [true, 0, ''],
      [true, 1, 'whole'],
    ]);
  });
});
