import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionWatch } from '../../../src/hub/nats/connection-watch.ts';
import type { NatsConnection } from '../../../src/hub/nats/nats-connection.ts';

const never = (): Promise<never> => new Promise(() => {});

/** The watch of a connection with these methods, and what it has called. */
function openWatch(methods: Partial<NatsConnection>) {
  const called: string[] = [];
  const connection: NatsConnection = {
    info: { max_payload: 1 },
    publish() {},
    subscribe: () => ({ unsubscribe() {} }),
    status: async function* () {
      await never();
      yield { type: '' };
    },
    isClosed: () => false,
    flush: never,
    reconnect: async () => void called.push('reconnect'),
    ...methods,
  };
  return { watch: ConnectionWatch.of(connection), called };
}

describe('ConnectionWatch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('replaces a connection on which the server does not answer, and that at most twice in a minute', async () => {
    const { watch, called } = openWatch({});
    for (let second = 0; second < 60; second++) {
      watch.check(1000);
      watch.check(1000);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(called).toEqual(['reconnect', 'reconnect']);
  });

  it('destroys the socket of a connection that the client does not end', async () => {
    const destroy = vi.fn();
    const { watch } = openWatch({ protocol: { transport: { socket: { destroy } } } } as Partial<NatsConnection>);
    watch.check(1000);
    await vi.advanceTimersByTimeAsync(1999);
    expect(destroy).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('does not destroy the socket of the next connection', async () => {
    const destroy = vi.fn();
    let tell: (type: string) => void = () => {};
    const status = async function* () {
      for (;;) yield { type: await new Promise<string>((resolve) => (tell = resolve)) };
    };
    const reconnect = async (): Promise<void> => {
      tell('disconnect');
      await Promise.resolve();
      await Promise.resolve();
    };
    const connection = { protocol: { transport: { socket: { destroy } } }, status, reconnect };
    const { watch } = openWatch(connection as Partial<NatsConnection>);
    watch.check(1000);
    await vi.advanceTimersByTimeAsync(1500);
    expect(watch.problem).toBe('the connection to NATS is interrupted');
    tell('reconnect');
    await vi.advanceTimersByTimeAsync(5000);
    expect(watch.problem).toBeUndefined();
    expect(destroy).not.toHaveBeenCalled();
  });

  it.each([
    ['destroys the socket of a connection that is closed while it is opened again', ['disconnect'], 1],
    ['leaves it to the client to send the last bytes of one that is up', ['disconnect', 'reconnect'], 0],
  ])('%s', async (_, types, times) => {
    const destroy = vi.fn();
    const status = async function* () {
      for (const type of types) yield { type };
    };
    openWatch({ protocol: { transport: { socket: { destroy } } }, status } as Partial<NatsConnection>);
    await vi.advanceTimersByTimeAsync(0);
    expect(destroy).toHaveBeenCalledTimes(times);
  });

  it('keeps a connection on which the server answers', async () => {
    const { watch, called } = openWatch({ flush: async () => {} });
    watch.check(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(called).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<NatsConnection>]>([
    ['has no flush()', { flush: undefined }],
    ['has no reconnect()', { reconnect: undefined }],
    ['is closed', { isClosed: () => true }],
    ['is interrupted', { info: undefined }],
    ['is closed meanwhile', { flush: () => Promise.reject(new Error('closed')) }],
    ['cannot be replaced', { reconnect: () => Promise.reject(new Error('draining')) }],
  ])('leaves a connection alone that %s', async (_, methods) => {
    const { watch, called } = openWatch(methods);
    watch.check(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(called).toEqual([]);
  });
});
