/** Each property and each method of a WebSocket, in each ready state, at each end. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import type { Implementation } from '../implementations.ts';
import {
  closeOf,
  openPair,
  outcome,
  portOf,
  quiet,
  recordEvents,
  startServer,
  type Twin,
  transportOf,
  turns,
  twins,
} from './twin.ts';

const STATES = ['connecting', 'open', 'closing', 'closed', 'failed'] as const;
type State = (typeof STATES)[number];
type End = 'client' | 'server';

/** A socket in a state. */
async function socketIn(library: Implementation, end: End, state: State): Promise<WebSocket> {
  if (state === 'connecting' || state === 'failed') {
    const http = createServer();
    http.on('upgrade', (_request, transport) => {
      onTestFinished(() => void transport.destroy());
      if (state === 'failed') transport.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}/path?query`, ['a']));
    if (state === 'failed') await new Promise((resolve) => socket.once('close', resolve));
    return socket;
  }
  const server = await startServer(library);
  const accepted = once(server, 'connection');
  const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}/path?query`, ['a']));
  const opened = once(client, 'open');
  const [peer] = (await accepted) as [WebSocket];
  await opened;
  const [socket, other] = end === 'client' ? [client, peer] : [peer, client];
  quiet(other);
  if (state === 'closing') {
    // The other end does not read, so that this one stays in its state.
    transportOf(other).pause();
    socket.close(1000);
  } else if (state === 'closed') {
    const closed = once(socket, 'close');
    other.close(1000, 'bye');
    await closed;
  }
  return socket;
}

const PROPERTIES = [
  'readyState',
  'url',
  'protocol',
  'extensions',
  'bufferedAmount',
  'binaryType',
  'isPaused',
  'onopen',
  'onmessage',
  'onerror',
  'onclose',
] as const;

const ENDS: readonly (readonly [End, State])[] = [
  ...STATES.map((state) => ['client', state] as const),
  ['server', 'open'],
  ['server', 'closing'],
  ['server', 'closed'],
];

twins(
  'a property',
  ENDS.flatMap(([end, state]) =>
    PROPERTIES.map(
      (property): Twin => ({
        title: `${property} of a ${end} that is ${state}`,
        record: async (library) => {
          const value = (await socketIn(library, end, state))[property];
          // Ports differ.
          return typeof value === 'string' ? value.replace(/:\d+/, ':port') : value;
        },
        ...(property === 'url' && end === 'server' ? { differs: '`url` of a socket of a server', here: '' } : {}),
      }),
    ),
  ),
);

type Callback = (error?: Error) => void;
const METHODS: Readonly<Record<string, (socket: WebSocket, callback: Callback) => unknown>> = {
  'send(data)': (socket) => socket.send('x'),
  'send(data, callback)': (socket, callback) => socket.send('x', callback),
  'send(data, options)': (socket) => socket.send('x', { binary: true }),
  'send(data, options, callback)': (socket, callback) => socket.send('x', { compress: false }, callback),
  'send(Blob, callback)': (socket, callback) => socket.send(new Blob(['blob']), callback),
  'ping()': (socket) => socket.ping(),
  'ping(callback)': (socket, callback) => (socket.ping as (callback: Callback) => void)(callback),
  'ping(data, mask, callback)': (socket, callback) => socket.ping('x', undefined, callback),
  'ping(126 bytes)': (socket) => socket.ping('x'.repeat(126)),
  'pong(126 bytes, callback)': (socket, callback) => socket.pong('x'.repeat(126), undefined, callback),
  'pong()': (socket) => socket.pong(),
  'pong(data, callback)': (socket, callback) => (socket.pong as (...args: unknown[]) => void)('x', callback),
  'close()': (socket) => socket.close(),
  'close(code)': (socket) => socket.close(3000),
  'close(code, reason)': (socket) => socket.close(3000, 'why'),
  'terminate()': (socket) => socket.terminate(),
  'pause()': (socket) => socket.pause(),
  'resume()': (socket) => socket.resume(),
};

twins(
  'a method',
  ENDS.flatMap(([end, state]) =>
    Object.entries(METHODS).map(
      ([name, call]): Twin => ({
        title: `${name} of a ${end} that is ${state}`,
        record: async (library) => {
          const socket = await socketIn(library, end, state);
          const events = recordEvents(socket);
          const callbacks: unknown[] = [];
          const before = socket.bufferedAmount;
          const result = outcome(() => {
            const methods = { socket, call: call as (socket: WebSocket, callback: Callback) => unknown };
            methods.call(methods.socket, (error) =>
              callbacks.push(error === undefined || error === null ? 'sent' : error.message),
            );
            return undefined;
          });
          const after = [socket.readyState, socket.isPaused];
          const isSync = callbacks.length > 0;
          const ends = state === 'open' || state === 'connecting' || name === 'terminate()';
          if (/^(close|terminate)/.test(name) && ends && socket.readyState === 2) await closeOf(socket);
          while (name.includes('callback') && result === 'done' && callbacks.length === 0) await turns(1);
          await turns(3);
          // An open connection has sent everything by now; what a closed one refuses is counted.
          const counted = state === 'open' ? 0 : socket.bufferedAmount - before;
          return { result, after, isSync, callbacks, counted: state === 'closing' ? 0 : counted, events };
        },
      }),
    ),
  ),
);

twins('the callbacks of an open connection', [
  ...['send', 'ping', 'pong'].map(
    (method): Twin => ({
      title: `${method}() calls back when the data is written, and then the peer has it`,
      record: async (library) => {
        const { client, peer } = await openPair(library);
        const heard = once(peer, method === 'send' ? 'message' : method);
        const error = await new Promise((resolve) =>
          method === 'send' ? client.send('x', resolve) : client[method as 'ping']('x', undefined, resolve),
        );
        return [error ?? null, String((await heard)[0])];
      },
    }),
  ),
]);
