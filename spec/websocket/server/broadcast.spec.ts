import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { messages, nextConnection, openClient, startServer } from '../../support/sockets.ts';

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
