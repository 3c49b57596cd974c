import { describe, expect, it, vi } from 'vitest';
import { type Appended, Hub, type HubShutdownOptions } from '../../src/hub/index.ts';
import { FakeLog } from '../support/fake-log.ts';
import { FakeStream, settled } from '../support/fake-stream.ts';
import { StreamClient, serveHub, WebSocketClient } from '../support/hub-clients.ts';
import { RawPeer } from '../support/raw-peer.ts';

const CLOSED = { name: 'HubError', code: 'HUB_ERR_CLOSED', message: 'The hub is closed' };

/** A log that confirms nothing until the test says so. */
class WaitingLog extends FakeLog {
  confirm: (id: string) => void = () => {};

  override append(): Promise<Appended> {
    return new Promise((resolve) => {
      this.confirm = (id) => resolve({ id, duplicate: false });
    });
  }
}

describe('shutdown() of a hub', () => {
  it.each<[HubShutdownOptions, number]>([
    [{}, 1001],
    [{ closeCode: 1012 }, 1012],
  ])('with %j ends event streams, and closes WebSockets with %d, after all that was sent', async (options, code) => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const stream = await (await StreamClient.open(port, 'a')).live();
    const socket = await (await WebSocketClient.open(port, 'a')).live();
    await hub.publish('a', { data: 'last words' });
    await hub.shutdown(options);
    expect(hub.size).toBe(0);
    for (const client of [stream, socket]) {
      await client.until(() => client.isOver);
      expect(client.received).toEqual(['last words']);
    }
    expect(socket.closeCode).toBe(code);
  });

  it('sends event streams the reconnection time, if there is one', async () => {
    for (const [options, expected] of [
      [{ retry: 1234 }, ['retry: 1234']],
      [{ retry: 0 }, ['retry: 0']],
      [{}, []],
    ] as const) {
      const hub = new Hub();
      const port = await serveHub(hub);
      const peer = await RawPeer.connect(port);
      peer.write('GET /?topics=a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      await peer.readUntil('id: ');
      const read = peer.readToEnd();
      await hub.shutdown(options);
      expect(String(await read).match(/retry: \d+/g) ?? []).toEqual(expected);
    }
  });

  it('refuses new events and subscribers, and returns the same Promise each time', async () => {
    const hub = new Hub();
    const first = hub.shutdown();
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject(CLOSED);
    expect(hub.subscribe(new FakeStream().asStream, 'a')).toBe(false);
    await Promise.all([first, hub.shutdown({ timeout: 0 })]);
    await hub.shutdown();
    await expect(hub.publish('a', { data: 1 })).rejects.toMatchObject(CLOSED);
    expect(hub.subscribe(new FakeStream().asStream, 'a')).toBe(false);
    expect(hub.metrics()).toMatchObject({ subscribers: 0, published: 0, failed: 0 });
  });

  it('waits until the log has confirmed published events, and delivers them, before it ends connections', async () => {
    const log = new WaitingLog();
    const hub = new Hub({ log });
    log.start();
    const stream = new FakeStream();
    hub.subscribe(stream.asStream, 'a');
    const published = hub.publish('a', { data: 1 });
    const order: string[] = [];
    void published.then((id) => order.push(id));
    const over = hub.shutdown().then(() => order.push('over'));
    await settled();
    expect([stream.closed, log.isClosed, order]).toEqual([false, false, []]);
    log.addLive('a', 'delivered');
    log.confirm('1-1');
    await over;
    expect(order).toEqual(['1-1', 'over']);
    expect(stream.received).toEqual(['delivered']);
    expect([stream.closed, log.isClosed]).toEqual([true, true]);
  });

  it('ends everything after its timeout: a log that does not confirm, and a client that does not read', async () => {
    const log = new WaitingLog();
    const hub = new Hub({ log });
    log.start();
    const port = await serveHub(hub);
    const stalled = await (await StreamClient.open(port, 'a')).live();
    stalled.pause();
    while (hub.metrics().behind === 0) {
      log.addLive('a', 'x'.repeat(100_000));
      await new Promise(setImmediate);
    }
    void hub.publish('a', { data: 1 }).catch(() => {});
    await hub.shutdown({ timeout: 20 });
    expect(hub.size).toBe(0);
    expect(log.isClosed).toBe(true);
  });

  it('terminates a WebSocket that does not answer the Close frame in time', async () => {
    const hub = new Hub();
    const port = await serveHub(hub, { onWebSocket: (socket) => void hub.subscribe(socket, 'a') });
    const peer = await RawPeer.open(port);
    await peer.readFrame();
    const over = hub.shutdown({ timeout: 20 });
    expect((await peer.readFrame()).opcode).toBe(8);
    await over;
    expect(hub.size).toBe(0);
  });

  it('does not wait beyond its timeout for an engine that does not answer', async () => {
    for (const pending of ['close', 'remove'] as const) {
      const never = (): Promise<never> => new Promise(() => {});
      const presence = { write: async () => {}, remove: async () => {}, read: async () => new Map() };
      const log = Object.assign(new FakeLog(), { presence });
      if (pending === 'close') log.close = never;
      else presence.remove = never;
      await new Hub({ log, presenceInterval: 1000 }).shutdown({ timeout: 5 });
    }
  });

  it('rejects with the error of the log', async () => {
    const log = new FakeLog();
    log.close = () => Promise.reject(new Error('not closed'));
    await expect(new Hub({ log }).shutdown()).rejects.toThrow('not closed');
  });

  it('spreads the end of the connections over a time, after which the timeout begins', async () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5).mockReturnValueOnce(1);
    const waits: number[] = [];
    const original = globalThis.setTimeout;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, wait: number) => {
      waits.push(Math.round(wait / 100) * 100);
      return original(callback, 0);
    }) as never);
    const hub = new Hub();
    const streams = [new FakeStream(), new FakeStream(), new FakeStream()];
    for (const { asStream } of streams) hub.subscribe(asStream, 'a');
    waits.length = 0;
    await hub.shutdown({ spread: 4000, timeout: 3000 });
    spy.mockRestore();
    vi.restoreAllMocks();
    expect(waits.filter((wait) => wait === 2000 || wait === 4000)).toEqual([2000, 4000]);
    expect(Math.max(...waits)).toBe(7000);
    expect(streams.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it('does not wait for a client that leaves while the end of the connections is spread', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const client = await (await WebSocketClient.open(port, 'a')).live();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.02);
    const over = hub.shutdown({ spread: 2000 });
    client.disconnect();
    await over;
    random.mockRestore();
    expect(hub.size).toBe(0);
  });

  it('ends the clients of accept() that have no topic, too, and refuses new ones', async () => {
    const hub = new Hub();
    const port = await serveHub(hub, {
      onWebSocket: (socket, request) => hub.accept(socket, request, { authorize: () => true }),
    });
    const [idle, gone] = [await WebSocketClient.open(port, ''), await WebSocketClient.open(port, '')];
    await gone.ask({ subscribe: 'a' }, 1);
    gone.disconnect();
    await vi.waitFor(() => expect(hub.size).toBe(0), { interval: 1, timeout: 30_000 });
    await hub.shutdown({ closeCode: 1012 });
    await idle.until(() => idle.isOver);
    const late = await WebSocketClient.open(port, '');
    await late.until(() => late.isOver);
    expect([idle.closeCode, late.closeCode]).toEqual([1012, 1001]);
  });

  it('ignores entries that its tail reports after it was closed', async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    log.start();
    const { listener } = log;
    const stream = new FakeStream();
    hub.subscribe(stream.asStream, 'a');
    await hub.shutdown();
    expect(log.listener).toBeUndefined();
    log.add(1);
    listener!.onEntries(log.entries);
    expect(stream.received).toEqual([]);
    expect(hub.lastEventId).toBeUndefined();
  });
});
