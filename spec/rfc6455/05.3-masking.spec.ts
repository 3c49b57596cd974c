import { describe, expect, it } from 'vitest';
import { openEnds } from '../support/ends.ts';
import { frame } from '../support/frames.ts';
import { messages } from '../support/sockets.ts';

describe('RFC 6455 §5.3, masking', () => {
  it('"j = i MOD 4; transformed-octet-i = original-octet-i XOR masking-key-octet-j", wherever the payload is split', async () => {
    const { socket, peer } = await openEnds('server');
    const payload = 'The masking key goes round and round, and the payload comes in pieces of every size.';
    const bytes = frame({ opcode: 1, payload, mask: [0xff, 0x00, 0x5a, 0x01] });
    const received = messages(socket, bytes.length - 1);
    for (let cut = 1; cut < bytes.length; cut++) {
      peer.write(bytes.subarray(0, cut));
      peer.write(bytes.subarray(cut));
    }
    expect(new Set(await received)).toEqual(new Set([payload]));
  });

  it('a fresh, unpredictable key for each frame: "The masking key is a 32-bit value chosen at random by the client"', async () => {
    const { socket, peer } = await openEnds('client');
    for (let count = 0; count < 50; count++) socket.send('');
    const keys = new Set<string>();
    for (let count = 0; count < 50; count++) keys.add((await peer.readBytes(6)).toString('hex', 2));
    expect(keys.size).toBe(50);
  });

  it('"The payload length [...] does not include the length of the masking key."', async () => {
    const { socket, peer } = await openEnds('client');
    socket.send('12345');
    const bytes = await peer.readBytes(11);
    expect(bytes[1]).toBe(0x80 | 5);
  });

  it('generateMask generates the keys, if it is given', async () => {
    const { socket, peer } = await openEnds('client', { generateMask: (key) => key.set([0x37, 0xfa, 0x21, 0x3d]) });
    socket.send('Hello');
    // The example of §5.7.
    expect((await peer.readBytes(11)).toString('hex')).toBe('818537fa213d7f9f4d5158');
  });

  it('a masking key of zeros is valid', async () => {
    const { socket, send } = await openEnds('server');
    const received = messages(socket, 1);
    send({ opcode: 1, payload: 'plain to see', mask: [0, 0, 0, 0] });
    expect(await received).toEqual(['plain to see']);
  });

  it('does not change the bytes of the application', async () => {
    const { socket, peer } = await openEnds('client');
    const bytes = Buffer.alloc(100_000, 'own');
    const small = Buffer.alloc(100, 'own');
    socket.send(bytes);
    socket.send(small);
    await peer.readFrames(2);
    expect(bytes.equals(Buffer.alloc(100_000, 'own'))).toBe(true);
    expect(small.equals(Buffer.alloc(100, 'own'))).toBe(true);
  });
});
