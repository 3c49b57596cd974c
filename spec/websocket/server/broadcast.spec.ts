import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import { messages, nextConnection, openClient, startServer } from '../../support/sockets.ts';
import { zlibInflate } from '../../support/zlib-inflate.ts';

/** Opens clients of a server, each with the messages that it has received. */
async function openClients(url: string, count: number, options = {}): Promise<[WebSocket, string[]][]> {
  return Promise.all(
    Array.from({ length: count }, async (): Promise<[WebSocket, string[]]> => {
      const client = await openClient(url, options);
      const received: string[] = [];
      client.on('message', (data, isBinary) => void received.push(`${isBinary ? 'binary' : 'text'} ${data}`));
      return [client, received];
    }),
  );
}

const all = (server: WebSocketServer): WebSocket[] => [...server.clients];

describe('broadcast()', () => {
  it('sends text and bytes to all open connections, in order, and returns their number', async () => {
    const { server, url } = await startServer();
    const clients = await openClients(url, 5);
    await expect.poll(() => server.clients.size).toBe(5);
    expect(server.broadcast('grüße')).toBe(5);
    for (const socket of all(server)) socket.send('between');
    expect(server.broadcast(Buffer.from('bytes'))).toBe(5);
    expect(server.broadcast('as binary', { binary: true })).toBe(5);
    expect(server.broadcast(7 as unknown as string)).toBe(5);
    expect(server.broadcast(new Uint8Array(70_000))).toBe(5);
    expect(server.broadcast('')).toBe(5);
    for (const [, received] of clients) {
      await expect.poll(() => received.length).toBe(7);
      expect(received.map((one) => one.slice(0, 20))).toEqual([
        'text grüße',
        'text between',
        'binary bytes',
        'binary as binary',
        'text 7',
        `binary ${'\0'.repeat(13)}`,
        'text ',
      ]);
    }
    expect(server.metrics().messages.sent).toBe(35);
  });

  it('copies the data, which may be changed afterwards', async () => {
    const { server, url } = await startServer();
    const [[, received]] = (await openClients(url, 1)) as [[WebSocket, string[]]];
    await expect.poll(() => server.clients.size).toBe(1);
    const bytes = Buffer.alloc(200_000, 'a');
    server.broadcast(bytes);
    bytes.fill('b');
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toBe(`binary ${'a'.repeat(200_000)}`);
  });

  it('skips connections that are closing, and those that the filter rejects', async () => {
    const { server, url } = await startServer();
    const clients = await openClients(url, 3);
    await expect.poll(() => server.clients.size).toBe(3);
    const [first, second] = all(server);
    first!.close();
    expect(server.broadcast('a')).toBe(2);
    expect(server.broadcast('b', { filter: (socket) => socket !== second })).toBe(1);
    await expect
      .poll(() => clients.map(([, received]) => received.join()).sort())
      .toEqual(['', 'text a', 'text a,text b']);
  });

  it('waits for the end of a fragmented message, and for a Blob', async () => {
    const { server, url } = await startServer();
    const [[, received]] = (await openClients(url, 1)) as [[WebSocket, string[]]];
    await expect.poll(() => server.clients.size).toBe(1);
    const [socket] = all(server);
    socket!.send('one ', { fin: false });
    server.broadcast('two');
    socket!.send('message', { fin: true });
    socket!.send(new Blob(['three']));
    server.broadcast('four');
    await expect.poll(() => received).toEqual(['text one message', 'text two', 'binary three', 'text four']);
  });

  it('is compressed for the connections that use permessage-deflate, each with its own window', async () => {
    const { server, url } = await startServer({ perMessageDeflate: { threshold: 10 } });
    const clients = [...(await openClients(url, 2)), ...(await openClients(url, 1, { perMessageDeflate: false }))];
    await expect.poll(() => server.clients.size).toBe(3);
    const text = 'x'.repeat(20_000);
    const before = server.metrics().bytes.sent;
    for (const data of [text, text, 'short']) server.broadcast(data);
    await expect.poll(() => clients.map(([, received]) => received.length)).toEqual([3, 3, 3]);
    for (const [, received] of clients) expect(received).toEqual([`text ${text}`, `text ${text}`, 'text short']);
    const sent = server.metrics().bytes.sent - before;
    expect(sent).toBeGreaterThan(40_000);
    expect(sent).toBeLessThan(41_000);
    server.broadcast(text, { compress: false });
    await expect.poll(() => clients.map(([, received]) => received.length)).toEqual([4, 4, 4]);
    expect(server.metrics().bytes.sent - before - sent).toBeGreaterThan(60_000);
  });

  const offers: readonly [offer: string, isOwn: boolean][] = [
    ['permessage-deflate', true],
    ['permessage-deflate; server_no_context_takeover', false],
    ['permessage-deflate; server_no_context_takeover; server_max_window_bits=9', false],
  ];
  for (const bytes of [600, 5_000, 40_000]) {
    it(`of ${bytes} bytes is the same compressed frame for connections without context takeover, or with compressOnce`, async () => {
      const { server, port } = await startServer({ perMessageDeflate: { threshold: 10 } });
      const text = Buffer.alloc(bytes, Array.from({ length: 700 }, (_, index) => `${index * index} `).join(''));
      const peers: RawPeer[] = [];
      // Two connections for each offer. The second one has a context of its own.
      for (const [offer] of [...offers, ...offers]) {
        const peer = await RawPeer.connect(port);
        peers.push(peer);
        const connection = nextConnection(server);
        peer.write(upgradeRequest({ 'Sec-WebSocket-Extensions': offer }));
        await peer.readHead();
        const socket = await connection;
        if (peers.length <= offers.length) continue;
        socket.send(text.subarray(0, 500));
        await peer.readFrame();
      }
      const broadcastToAll = async (compressOnce: boolean): Promise<Buffer[]> => {
        expect(server.broadcast(text, { compressOnce, binary: false })).toBeGreaterThanOrEqual(0);
        const frames = await Promise.all(peers.map((peer) => peer.readFrame()));
        for (const { rsv, opcode, fin } of frames) expect([rsv, opcode, fin]).toEqual([4, 1, true]);
        return frames.map(({ payload }) => payload);
      };
      for (const compressOnce of [false, true]) {
        const payloads = await broadcastToAll(compressOnce);
        const [one, two] = [payloads.slice(0, offers.length), payloads.slice(offers.length)];
        for (const [index, [, isOwn]] of offers.entries()) {
          expect(one[index]!.equals(two[index]!), `${offers[index]![0]}, ${compressOnce}`).toBe(!isOwn || compressOnce);
          if (!isOwn || compressOnce) expect(zlibInflate(one[index]!)).toEqual(text);
        }
        if (compressOnce) expect(one[0]).toEqual(one[1]);
      }
    });
  }

  it('with compressOnce is part of the context of later messages', async () => {
    const { server, url } = await startServer({ perMessageDeflate: { threshold: 10 } });
    const [[, received]] = (await openClients(url, 1)) as [[WebSocket, string[]]];
    await expect.poll(() => server.clients.size).toBe(1);
    const [socket] = all(server);
    const words = Array.from({ length: 300 }, (_, index) => index * 7919).join();
    const sentFor = async (send: () => void): Promise<number> => {
      const [before, count] = [server.metrics().bytes.sent, received.length];
      send();
      await expect.poll(() => received.length).toBe(count + 1);
      return server.metrics().bytes.sent - before;
    };
    const first = await sentFor(() => server.broadcast(words, { compressOnce: true }));
    const second = await sentFor(() => socket!.send(words));
    const third = await sentFor(() => server.broadcast(words, { compressOnce: true }));
    expect([second < first / 5, third]).toEqual([true, first]);
    const large = words.repeat(20);
    await sentFor(() => server.broadcast(large, { compressOnce: true }));
    await sentFor(() => socket!.send(large.slice(0, 900)));
    expect(received).toEqual([words, words, words, large, large.slice(0, 900)].map((text) => `text ${text}`));
  });

  it('that waits for a thread is followed by what was sent after it, and is discarded with its connection', async () => {
    const { server, url } = await startServer({ perMessageDeflate: { serverNoContextTakeover: true, threshold: 0 } });
    const clients = await openClients(url, 3);
    await expect.poll(() => server.clients.size).toBe(3);
    const large = 'large '.repeat(20_000);
    expect(server.broadcast(large)).toBe(3);
    server.broadcast('after');
    const [first, ...others] = all(server);
    first!.terminate();
    for (const socket of others) socket.send('last');
    await expect.poll(() => clients.map(([, received]) => received.length).sort()).toEqual([0, 3, 3]);
    for (const [, received] of clients) {
      if (received.length > 0) expect(received).toEqual([`text ${large}`, 'text after', 'text last']);
    }
  });

  it('terminates a connection that does not read past maxBackpressure, and no other', async () => {
    const { server, url } = await startServer({ maxBackpressure: 1024 * 1024 });
    const [reader, received] = (await openClients(url, 1))[0]!;
    const connection = nextConnection(server);
    const stalled = await openClient(url);
    stalled.pause();
    const slow = await connection;
    const errors: Error[] = [];
    slow.on('error', (error) => void errors.push(error));
    let count = 0;
    let over = false;
    slow.on('close', () => {
      over = true;
    });
    while (!over) {
      server.broadcast(Buffer.alloc(256 * 1024));
      count++;
      await expect.poll(() => received.length).toBe(count);
    }
    expect(errors).toMatchObject([{ name: 'LimitError' }]);
    expect(reader.readyState).toBe(1);
    expect(server.broadcast('still')).toBe(1);
    stalled.terminate();
  });

  it("is followed by 'drain' on a connection that was slow and reads again", async () => {
    const { server, url } = await startServer();
    const connection = nextConnection(server);
    const client = await openClient(url);
    const socket = await connection;
    client.pause();
    while (socket.bufferedAmount === 0) server.broadcast(Buffer.alloc(1024 * 1024));
    const drained = once(socket, 'drain');
    client.resume();
    await drained;
    expect(socket.bufferedAmount).toBe(0);
  });

  it('throws for a Blob, which cannot be read synchronously', async () => {
    const { server } = await startServer();
    expect(() => server.broadcast(new Blob(['a']) as unknown as string)).toThrow(TypeError);
    expect(server.broadcast('to nobody')).toBe(0);
  });

  it('delivers many messages in order', async () => {
    const { server, url } = await startServer();
    const client = await openClient(url);
    const all = messages(client, 500);
    for (let number = 0; number < 500; number++) server.broadcast(`${number}`);
    expect(await all).toEqual(Array.from({ length: 500 }, (_, number) => `${number}`));
  });
});
