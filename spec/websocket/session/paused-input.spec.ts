import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ServerOptions, WebSocket, type WebSocketServer } from '../../../src/websocket/index.ts';
import { nextConnection, startServer } from '../../support/sockets.ts';

interface Paused {
  readonly server: WebSocketServer;
  readonly serverEnd: WebSocket;
  readonly client: WebSocket;
}

/** A connection of a server that is paused after its first message. */
async function paused(options: ServerOptions = {}): Promise<Paused> {
  const { server, url } = await startServer({ perMessageDeflate: false, ...options });
  const accepted = nextConnection(server);
  const client = new WebSocket(url);
  const serverEnd = await accepted;
  serverEnd.once('message', () => serverEnd.pause());
  await once(client, 'open');
  client.send('first');
  await expect.poll(() => serverEnd.isPaused).toBe(true);
  return { server, serverEnd, client };
}

describe('What waits in the socket of a paused connection', () => {
  it('is part of receiveMemory until it is delivered', async () => {
    const { server, serverEnd, client } = await paused();
    client.send(Buffer.alloc(20_000));
    await expect.poll(() => server.metrics().receiveMemory).toBeGreaterThan(20_000);
    const received = once(serverEnd, 'message');
    serverEnd.resume();
    expect((await received)[0]).toHaveLength(20_000);
    expect(server.metrics().receiveMemory).toBe(0);
  });

  it('counts for maxReceiveMemory', async () => {
    const { serverEnd, client } = await paused({ maxReceiveMemory: 10_000, heartbeatInterval: 40 });
    const failed = once(serverEnd, 'error');
    client.send(Buffer.alloc(20_000));
    expect((await failed)[0]).toMatchObject({ code: 'WS_ERR_RECEIVE_MEMORY' });
    expect((await once(client, 'close'))[0]).toBe(1013);
  });

  it('is one chunk, however small: single bytes would take many times their memory', async () => {
    const { serverEnd, client } = await paused();
    const frame = Buffer.concat([Buffer.of(0x82, 0x80 | 50, 0, 0, 0, 0), Buffer.alloc(50, 1)]);
    client._socket!.write(frame.subarray(0, 1));
    await expect.poll(() => serverEnd._socket!.readableLength).toBe(1);
    for (let index = 1; index < frame.length; index++) {
      client._socket!.write(frame.subarray(index, index + 1));
      await nextTurn();
    }
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(serverEnd._socket!.readableLength).toBe(1);
    const received = once(serverEnd, 'message');
    serverEnd.resume();
    expect((await received)[0]).toEqual(Buffer.alloc(50, 1));
  });
});
