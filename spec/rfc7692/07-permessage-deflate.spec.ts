import { once } from 'node:events';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type PerMessageDeflateOptions, WebSocket } from '../../src/websocket/index.ts';
import { deflateBomb } from '../support/bomb.ts';
import { closePayload, frame } from '../support/frames.ts';
import { RawPeer, rawServer, upgradeRequest, upgradeResponse } from '../support/raw-peer.ts';
import { ending, nextConnection, startEchoServer, startServer } from '../support/sockets.ts';

const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
const HELLO = Buffer.from('f248cdc9c90700', 'hex');

async function headFor(offers: string, perMessageDeflate: boolean | PerMessageDeflateOptions = true): Promise<string> {
  const { port } = await startServer({ perMessageDeflate });
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest({ 'Sec-WebSocket-Extensions': offers }));
  return peer.readHead();
}

describe('RFC 7692 §5.1 and §7.1, the negotiation', () => {
  it('a server with perMessageDeflate accepts an offer, and responds with its parameters', async () => {
    expect(await headFor('permessage-deflate')).toMatch(/^Sec-WebSocket-Extensions: permessage-deflate\r$/m);
    expect(await headFor('permessage-deflate; server_max_window_bits=10')).toMatch(
      /^Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r$/m,
    );
    expect(await headFor('permessage-deflate', false)).not.toMatch(/Sec-WebSocket-Extensions/);
  });

  it('a server does not use the extension if it can accept no offer', async () => {
    const head = await headFor('permessage-deflate; x, permessage-deflate; server_max_window_bits=7');
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).not.toMatch(/Sec-WebSocket-Extensions/);
  });

  it('a client offers it, unless perMessageDeflate is false', async () => {
    for (const [options, offer] of [
      [{}, 'permessage-deflate; client_max_window_bits'],
      [{ perMessageDeflate: false }, undefined],
      [
        { perMessageDeflate: { serverNoContextTakeover: true, clientMaxWindowBits: 10 } },
        'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
      ],
    ] as const) {
      const head = new Promise<string>((resolve) => {
        void rawServer(async (peer) => {
          resolve(await peer.readHead());
          peer.socket.destroy();
        }).then((port) => new WebSocket(`ws://127.0.0.1:${port}`, options).on('error', () => {}));
      });
      expect(/^Sec-WebSocket-Extensions: (.*)\r$/m.exec(await head)?.[1]).toBe(offer);
    }
  });

  for (const response of [
    'permessage-deflate; x',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate, permessage-deflate',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'x-other',
  ]) {
    it(`a client fails the connection for the response "${response}"`, async () => {
      const port = await rawServer(async (peer) => {
        peer.write(upgradeResponse(await peer.readHead(), { 'Sec-WebSocket-Extensions': response }));
      });
      const { code, errors } = await ending(new WebSocket(`ws://127.0.0.1:${port}`));
      expect(code).toBe(1006);
      expect(errors).toMatchObject([{ reason: 'WS_ERR_INVALID_EXTENSIONS' }]);
    });
  }

  it('invalid options throw an error with the option and the received value', () => {
    for (const [perMessageDeflate, message] of [
      [{ serverMaxWindowBits: 7 }, 'serverMaxWindowBits must be a whole number from 8 to 15; received 7'],
      [{ clientMaxWindowBits: 16 }, 'clientMaxWindowBits must be a whole number from 8 to 15; received 16'],
      [{ threshold: -1 }, 'threshold must be at least 0 bytes; received -1'],
      [
        { zlibDeflateOptions: { level: 10 } },
        'zlibDeflateOptions.level must be a whole number from -1 to 9; received 10',
      ],
      ['yes' as never, 'perMessageDeflate must be a boolean or an object; received "yes"'],
    ] as const) {
      expect(() => new WebSocket('ws://127.0.0.1', { perMessageDeflate })).toThrow(message);
    }
  });
});

describe('RFC 7692 §6 and §7.2, compressed messages', () => {
  it('are received and sent with RSV1 on the first frame, and with references to previous messages', async () => {
    const { port } = await startEchoServer({ perMessageDeflate: true });
    const peer = await RawPeer.open(port, OFFER);
    for (const payload of ['f248cdc9c90700', 'f200110000']) {
      peer.write(frame({ rsv: 4, opcode: 1, payload: Buffer.from(payload, 'hex') }));
      expect(await peer.readFrame()).toMatchObject({ rsv: 4, opcode: 1, payload: Buffer.from(payload, 'hex') });
    }
  });

  it('may be mixed with uncompressed ones, and have control frames between their fragments', async () => {
    const { port } = await startEchoServer({ perMessageDeflate: { serverNoContextTakeover: true } });
    const peer = await RawPeer.open(port, OFFER);
    peer.write(
      frame({ opcode: 1, payload: 'plain' }),
      frame({ rsv: 4, opcode: 1, fin: false, payload: HELLO.subarray(0, 3) }),
      frame({ opcode: 9, payload: 'ping' }),
      frame({ opcode: 0, payload: HELLO.subarray(3) }),
    );
    const frames = await peer.readFrames(3);
    // Shorter than the threshold, so they are not compressed.
    expect(frames.map(({ rsv, opcode, payload }) => [rsv, opcode, payload.toString()])).toEqual([
      [0, 1, 'plain'],
      [0, 10, 'ping'],
      [0, 1, 'Hello'],
    ]);
  });

  it('are sent in fragments as one DEFLATE stream; `compress: false` prevents compression', async () => {
    const { server, port } = await startServer({ perMessageDeflate: true });
    const accepted = nextConnection(server);
    const peer = await RawPeer.open(port, OFFER);
    const socket = await accepted;
    socket.send('Hel', { fin: false });
    socket.send('lo', { fin: true });
    socket.send('plain', { compress: false });
    const [first, second, plain] = await peer.readFrames(3);
    expect([first!.rsv, second!.rsv, plain!.rsv]).toEqual([4, 0, 0]);
    expect(plain!.payload.toString()).toBe('plain');
  });

  it('keep their order, large and small, with the Close frame after them', async () => {
    const { server, url } = await startServer({ perMessageDeflate: true });
    const accepted = nextConnection(server);
    const client = new WebSocket(url);
    const received: number[] = [];
    client.on('message', (data) => void received.push((data as Buffer).length));
    const ended = ending(client);
    const socket = await accepted;
    const lengths = [100_000, 5, 300_000, 0, 20_000, 17];
    for (const length of lengths) socket.send(Buffer.alloc(length, 'abc'));
    expect(socket.bufferedAmount).toBeGreaterThan(400_000);
    const drained = once(socket, 'drain');
    socket.close(1000);
    expect((await ended).code).toBe(1000);
    expect(received).toEqual(lengths);
    await drained;
  });

  it('fail the connection with 1009 if they are bombs, before these take memory', async () => {
    const bomb = deflateBomb(1024);
    expect(bomb.length).toBeLessThan(1.2 * 1024 * 1024);
    const { server, port } = await startServer({ perMessageDeflate: true });
    const accepted = nextConnection(server);
    const peer = await RawPeer.open(port, OFFER);
    const ended = ending(await accepted);
    const before = process.memoryUsage().rss;
    peer.write(frame({ rsv: 4, opcode: 2, payload: bomb }));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1009));
    peer.end();
    expect(await ended).toMatchObject({ errors: [{ name: 'LimitError', option: 'maxPayload' }] });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('fail the connection with 1007 if they are not DEFLATE data', async () => {
    const { server, port } = await startServer({ perMessageDeflate: true });
    const accepted = nextConnection(server);
    const peer = await RawPeer.open(port, OFFER);
    const ended = ending(await accepted);
    peer.write(frame({ rsv: 4, opcode: 2, payload: Buffer.alloc(50_000, 0xff) }));
    expect((await peer.readFrame()).payload).toEqual(closePayload(1007));
    peer.end();
    const [error] = (await ended).errors;
    expect(error).toMatchObject({ code: 'WS_ERR_INVALID_DEFLATE', section: '7.2.2' });
    expect(error!.message).toContain('RFC 7692 §7.2.2');
  });

  it('are delivered if they arrive right before the end, even if a thread inflates them', async () => {
    for (const end of ['close', 'reset'] as const) {
      const { server, port } = await startServer({ perMessageDeflate: true });
      const accepted = nextConnection(server);
      const peer = await RawPeer.open(port, OFFER);
      const socket = await accepted;
      const received: string[] = [];
      socket.on('message', (data) => void received.push(`${(data as Buffer).length}`));
      const ended = ending(socket);
      peer.write(
        Buffer.concat([
          frame({ rsv: 4, opcode: 2, payload: deflateRawSync(Buffer.alloc(5_000_000)) }),
          frame({ opcode: 1, payload: '1' }),
        ]),
      );
      if (end === 'close') peer.write(frame({ opcode: 8, payload: closePayload(1000) }));
      peer.end();
      expect((await ended).code).toBe(end === 'close' ? 1000 : 1006);
      expect(received).toEqual(['5000000', '1']);
    }
  });

  it("are discarded by terminate(), and 'close' is emitted once", async () => {
    const { server, port } = await startServer({ perMessageDeflate: true });
    const accepted = nextConnection(server);
    const peer = await RawPeer.open(port, OFFER);
    const socket = await accepted;
    let closes = 0;
    socket.on('message', () => expect.unreachable('it was terminated'));
    socket.on('close', () => closes++);
    const pinged = once(socket, 'ping');
    peer.write(
      Buffer.concat([
        frame({ opcode: 9 }),
        frame({ rsv: 4, opcode: 2, payload: deflateRawSync(Buffer.alloc(15_000_000)) }),
      ]),
    );
    await pinged;
    socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(closes).toBe(1);
  });
});
