import { describe, expect, it } from 'vitest';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload, type FrameDescription, parseFrames } from '../support/frames.ts';
import { echo, ending, messages } from '../support/sockets.ts';

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1_048_576];

describe.each(ROLES)('RFC 6455 §5.2, base framing, read and written by a %s', (role) => {
  for (const length of LENGTHS) {
    it(`payloads of ${length} bytes, in the minimal form`, async () => {
      const { socket, peer, frames } = await openEnds(role);
      echo(socket);
      const payload = Buffer.alloc(length, 'abcdefg');
      peer.write(frames({ opcode: 2, payload }));
      const headerLength = 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + (role === 'client' ? 4 : 0);
      const [echoed, ...others] = parseFrames(await peer.readBytes(headerLength + length));
      expect(others).toEqual([]);
      expect(echoed).toMatchObject({ fin: true, rsv: 0, opcode: 2, masked: role === 'client' });
      expect(echoed!.payload.equals(payload)).toBe(true);
    });
  }

  it('a header that arrives byte by byte', async () => {
    const { socket, peer, frames } = await openEnds(role);
    const received = messages(socket, 1);
    for (const byte of frames({ opcode: 1, payload: 'x'.repeat(200) })) peer.write(Buffer.of(byte));
    expect(await received).toEqual(['x'.repeat(200)]);
  });

  const violations: readonly [string, string, FrameDescription][] = [
    ['RSV1 without an extension', 'WS_ERR_UNEXPECTED_RSV_1', { opcode: 1, rsv: 4, payload: 'a' }],
    ['RSV2 without an extension', 'WS_ERR_UNEXPECTED_RSV_2_3', { opcode: 2, rsv: 2 }],
    ['RSV3 on a control frame', 'WS_ERR_UNEXPECTED_RSV_2_3', { opcode: 9, rsv: 1 }],
    ['a reserved non-control opcode', 'WS_ERR_INVALID_OPCODE', { opcode: 3, payload: 'a' }],
    ['a reserved control opcode', 'WS_ERR_INVALID_OPCODE', { opcode: 11 }],
    ['a length of 125 in 16 bits', 'WS_ERR_LENGTH_NOT_MINIMAL', { opcode: 2, payload: 'a'.repeat(125), form: 16 }],
    ['a length of 65,535 in 64 bits', 'WS_ERR_LENGTH_NOT_MINIMAL', { opcode: 2, length: 65_535, form: 64 }],
    ['a length with the top bit set', 'WS_ERR_INVALID_LENGTH', { opcode: 2, length: 2n ** 63n, form: 64 }],
  ];
  for (const [title, code, description] of violations) {
    it(`${title} fails the connection with 1002; messages before it are delivered, messages after it are not`, async () => {
      const { socket, peer, send } = await openEnds(role);
      const received: string[] = [];
      socket.on('message', (data) => void received.push(String(data)));
      const ended = ending(socket);
      send({ opcode: 1, payload: 'before' }, description, { opcode: 1, payload: 'after' }, { opcode: 9 });
      expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: closePayload(1002) });
      peer.end();
      expect(await ended).toMatchObject({ code: 1006, errors: [{ name: 'WebSocketError', code, closeCode: 1002 }] });
      expect(received).toEqual(['before']);
      expect(await peer.readToEnd()).toHaveLength(0);
    });
  }
});
