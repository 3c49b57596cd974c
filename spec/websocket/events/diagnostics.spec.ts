import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import { connectPair, ending, messages } from '../../support/sockets.ts';

it('a connection that is reset is reported, and "failure" says why it was lost before "close" is emitted', async () => {
  const published: unknown[] = [];
  const listener = (message: unknown): void => void published.push(message);
  subscribe('pushwire:websocket:error', listener);
  onTestFinished(() => void unsubscribe('pushwire:websocket:error', listener));
  const { test, serverEnd, clientEnd } = await connectPair();
  expect(serverEnd.failure).toBe(null);
  const failure = new Promise((resolve) => serverEnd.on('close', () => resolve(serverEnd.failure)));
  clientEnd._socket!.resetAndDestroy();
  const lost = { code: 'WS_ERR_CONNECTION_LOST', cause: { code: 'ECONNRESET' } };
  expect(await failure).toMatchObject(lost);
  expect(published).toContainEqual({ socket: serverEnd, error: serverEnd.failure });
  expect(test.server.metrics()).toMatchObject({ errors: { WS_ERR_CONNECTION_LOST: 1 }, closeCodes: { 1006: 1 } });
});

it('the channels of node:diagnostics_channel report the events of each socket', async () => {
  const published: [string, Record<string, unknown>][] = [];
  for (const name of ['open', 'close', 'message', 'send', 'error', 'backpressure']) {
    const listener = (message: unknown): void => void published.push([name, message as Record<string, unknown>]);
    subscribe(`pushwire:websocket:${name}`, listener);
    onTestFinished(() => void unsubscribe(`pushwire:websocket:${name}`, listener));
  }
  const { serverEnd, clientEnd } = await connectPair({ maxBackpressure: 1 });
  serverEnd.on('error', () => {});
  const received = messages(serverEnd, 1);
  clientEnd.send('grüße');
  await received;
  clientEnd.pause();
  const ended = ending(serverEnd);
  while (serverEnd.readyState === serverEnd.OPEN) {
    serverEnd.send(Buffer.alloc(1_000_000));
    await new Promise(setImmediate);
  }
  await ended;
  const of = (socket: unknown): [string, unknown][] =>
    published.filter(([, message]) => message.socket === socket).map(([name, { socket: _, ...rest }]) => [name, rest]);
  expect(of(clientEnd).slice(0, 2)).toEqual([
    ['open', {}],
    ['send', { length: 7, isBinary: false }],
  ]);
  const server = of(serverEnd);
  expect(server.slice(0, 3)).toEqual([
    ['open', {}],
    ['message', { length: 7, isBinary: false }],
    ['send', { length: 1_000_000, isBinary: true }],
  ]);
  expect(server.find(([name]) => name === 'backpressure')?.[1]).toEqual({ bufferedAmount: expect.any(Number) });
  expect(server.slice(-2)).toMatchObject([
    ['error', { error: { code: 'WS_ERR_BACKPRESSURE', option: 'maxBackpressure' } }],
    ['close', { code: 1006, reason: '' }],
  ]);
});
