import { describe, expect, it } from 'vitest';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { ending, messages } from '../support/sockets.ts';

const VALID = 'κόσμε 😀 \uFFFF \u0000 \u{10FFFF}';
/** "κόσμε", then a surrogate, which cannot be encoded in UTF-8, then "edited". */
const INVALID = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex');
const INVALID_FROM = 11;

describe.each(ROLES)('RFC 6455 §8.1, UTF-8, at a %s', (role) => {
  it('valid text is delivered, wherever fragments and chunks split it', async () => {
    const { socket, peer, frames } = await openEnds(role);
    const bytes = Buffer.from(VALID);
    const received = messages(socket, bytes.length);
    for (let cut = 0; cut < bytes.length; cut++) {
      const message = frames(
        { opcode: 1, fin: false, payload: bytes.subarray(0, cut) },
        { opcode: 0, payload: bytes.subarray(cut) },
      );
      for (const byte of message) peer.write(Buffer.of(byte));
    }
    expect(new Set(await received)).toEqual(new Set([VALID]));
  });

  it('invalid text fails the connection with 1007', async () => {
    const { socket, peer, send } = await openEnds(role);
    socket.on('message', () => expect.unreachable('the text is not valid'));
    const ended = ending(socket);
    send({ opcode: 1, payload: INVALID });
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
    peer.end();
    expect(await ended).toMatchObject({ code: 1006, errors: [{ code: 'WS_ERR_INVALID_UTF8', closeCode: 1007 }] });
  });

  it('it does so at the first invalid byte, in an incomplete fragment', async () => {
    const { socket, peer, frames } = await openEnds(role);
    const ended = ending(socket);
    const whole = frames({ opcode: 1, payload: Buffer.concat([INVALID, Buffer.alloc(1000)]) });
    const header = whole.length - INVALID.length - 1000;
    peer.write(whole.subarray(0, header + INVALID_FROM + 2));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
    peer.end();
    expect(await ended).toMatchObject({ errors: [{ code: 'WS_ERR_INVALID_UTF8' }] });
  });

  it('it does so at the first invalid byte, in a fragment before the last one', async () => {
    const { peer, send } = await openEnds(role);
    send({ opcode: 1, fin: false, payload: INVALID.subarray(0, INVALID_FROM) });
    send({ opcode: 0, fin: false, payload: INVALID.subarray(INVALID_FROM, INVALID_FROM + 2) });
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
  });

  it('text that ends within a code point fails the connection', async () => {
    const { peer, send } = await openEnds(role);
    send({ opcode: 1, fin: false, payload: 'a' }, { opcode: 0, payload: Buffer.of(0xf0, 0x9f, 0x98) });
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
  });

  it('a reason that is not UTF-8 fails the connection', async () => {
    const { socket, peer, send } = await openEnds(role);
    const ended = ending(socket);
    send({ opcode: 8, payload: closePayload(1000, INVALID) });
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
    peer.end();
    expect(await ended).toMatchObject({ code: 1006, errors: [{ code: 'WS_ERR_INVALID_UTF8', section: '5.5.1' }] });
  });

  it('binary messages may have any bytes', async () => {
    const { socket, send } = await openEnds(role);
    const received = messages(socket, 1);
    send({ opcode: 2, payload: INVALID });
    expect(await received).toEqual([`0x${INVALID.toString('hex')}`]);
  });

  it('skipUTF8Validation delivers text without a check', async () => {
    const { socket, send } = await openEnds(role, { skipUTF8Validation: true });
    const received = messages(socket, 1);
    send({ opcode: 1, payload: Buffer.of(0x61, 0xff) });
    expect(await received).toEqual(['a\uFFFD']);
  });
});
