import { describe, expect, it } from 'vitest';
import { openEnds, ROLES } from '../support/ends.ts';
import { messages } from '../support/sockets.ts';

describe.each(ROLES)('RFC 6455 §5.6, data frames, at a %s', (role) => {
  it('a string is sent as Text, and bytes of any class as Binary', async () => {
    const { socket, peer } = await openEnds(role);
    const bytes = Uint8Array.of(9, 1, 2, 3, 4, 9);
    socket.send('grüße');
    socket.send(Buffer.of(1, 2));
    socket.send(bytes.subarray(1, 3));
    socket.send(bytes.buffer.slice(1, 5));
    socket.send(new DataView(bytes.buffer, 1, 2));
    socket.send(new Uint16Array(bytes.buffer, 2, 1));
    socket.send([1, 2, 3]);
    socket.send(new Blob(['blob']));
    socket.send(42);
    const frames = await peer.readFrames(9);
    expect(frames.map(({ opcode, payload }) => `${opcode} ${payload.toString('hex')}`)).toEqual([
      `1 ${Buffer.from('grüße').toString('hex')}`,
      '2 0102',
      '2 0102',
      '2 01020304',
      '2 0102',
      '2 0203',
      '2 010203',
      `2 ${Buffer.from('blob').toString('hex')}`,
      '1 3432',
    ]);
  });

  it('the option `binary` overrides this', async () => {
    const { socket, peer } = await openEnds(role);
    socket.send('text as binary', { binary: true });
    socket.send(Buffer.from('bytes as text'), { binary: false });
    expect((await peer.readFrames(2)).map(({ opcode }) => opcode)).toEqual([2, 1]);
  });

  it('messages and the Close frame keep their order after a Blob that is still being read', async () => {
    const { socket, peer } = await openEnds(role);
    socket.send(new Blob(['one']));
    socket.send('two');
    socket.send(new Blob(['three']));
    socket.send('four');
    socket.close(1000);
    const frames = await peer.readFrames(5);
    expect(frames.map(({ opcode, payload }) => `${opcode} ${payload.toString('latin1')}`)).toEqual([
      '2 one',
      '1 two',
      '2 three',
      '1 four',
      '8 \x03\xe8',
    ]);
  });

  it('a lone surrogate is sent as U+FFFD, because text is UTF-8', async () => {
    const { socket, peer } = await openEnds(role);
    socket.send('a\ud800b');
    expect((await peer.readFrame()).payload.toString('hex')).toBe('61efbfbd62');
  });

  for (const [type, ofType] of [
    ['nodebuffer', (data: unknown) => Buffer.isBuffer(data) && data.equals(Buffer.of(1, 2, 3))],
    ['arraybuffer', (data: unknown) => data instanceof ArrayBuffer && Buffer.from(data).equals(Buffer.of(1, 2, 3))],
    ['blob', (data: unknown) => data instanceof Blob && data.size === 3],
    ['fragments', (data: unknown) => Array.isArray(data) && Buffer.concat(data).equals(Buffer.of(1, 2, 3))],
  ] as const) {
    it(`binary messages are delivered as binaryType ${type}, and text as a Buffer of UTF-8`, async () => {
      const { socket, send } = await openEnds(role);
      socket.binaryType = type;
      const received: unknown[] = [];
      const done = new Promise<void>((resolve) => {
        socket.on('message', (data, isBinary) => received.push([data, isBinary]) === 2 && resolve());
      });
      send({ opcode: 2, payload: Buffer.of(1, 2, 3) }, { opcode: 1, payload: 'text' });
      await done;
      const [[binary], text] = received as [[unknown, boolean], unknown];
      expect(ofType(binary)).toBe(true);
      expect(text).toEqual([Buffer.from('text'), false]);
    });
  }

  it('an unknown binaryType is ignored', async () => {
    const { socket } = await openEnds(role);
    socket.binaryType = 'text' as never;
    expect(socket.binaryType).toBe('nodebuffer');
  });

  it('many messages in one chunk are all delivered, each with its own bytes', async () => {
    const { socket, send } = await openEnds(role);
    const kept: Buffer[] = [];
    socket.on('message', (data) => void kept.push(data as Buffer));
    const received = messages(socket, 300);
    for (let round = 0; round < 3; round++) {
      send(...Array.from({ length: 100 }, (_, index) => ({ opcode: 1, payload: `message ${round * 100 + index}` })));
    }
    await received;
    expect(kept.map(String)).toEqual(kept.map((_, index) => `message ${index}`));
  });
});
