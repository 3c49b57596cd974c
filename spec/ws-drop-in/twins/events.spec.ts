/** addEventListener(), the on… attributes, and the shape of the classes. */
import { createRequire } from 'node:module';
import * as ws from 'ws';
import * as ours from '../../../src/index.ts';
import type { Implementation } from '../implementations.ts';
import { openPair, outcome, type Pair, type Twin, twins } from './twin.ts';

const CONSTANTS = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
const ATTRIBUTES = [
  'url',
  'protocol',
  'readyState',
  'extensions',
  'bufferedAmount',
  'isPaused',
  'binaryType',
  'onopen',
  'onmessage',
  'onerror',
  'onclose',
];
const METHODS = [
  'close',
  'ping',
  'pong',
  'pause',
  'resume',
  'send',
  'terminate',
  'addEventListener',
  'removeEventListener',
];

const names = (library: unknown): string[] => Object.keys(library as object);

twins('the classes', [
  ...CONSTANTS.flatMap((name): Twin[] => [
    { title: `WebSocket.${name}`, record: ({ WebSocket }) => Object.getOwnPropertyDescriptor(WebSocket, name) },
    {
      title: `${name} of an instance`,
      record: ({ WebSocket }) => Object.getOwnPropertyDescriptor(WebSocket.prototype, name),
    },
  ]),
  ...ATTRIBUTES.map(
    (name): Twin => ({
      title: `${name} is an attribute of the prototype`,
      record: ({ WebSocket }) => {
        const { get, enumerable, configurable } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {};
        return [typeof get, enumerable, configurable];
      },
    }),
  ),
  ...METHODS.map(
    (name): Twin => ({
      title: `${name}() is a method of the prototype`,
      record: ({ WebSocket }) => typeof WebSocket.prototype[name as 'close'],
    }),
  ),
  ...['address', 'close', 'handleUpgrade', 'shouldHandle'].map(
    (name): Twin => ({
      title: `${name}() is a method of the server`,
      record: ({ WebSocketServer }) => typeof WebSocketServer.prototype[name as 'close'],
    }),
  ),
  {
    title: 'completeUpgrade() of the server, which ws marks as private',
    record: ({ WebSocketServer }) =>
      typeof (WebSocketServer.prototype as unknown as Record<string, unknown>).completeUpgrade,
    differs: 'members that `ws` marks as private, such as `completeUpgrade()`, `_receiver`, `_sender`',
    here: 'undefined',
  },
  ...['WebSocket', 'WebSocketServer', 'Server', 'createWebSocketStream'].map(
    (name): Twin => ({
      title: `WebSocket.${name}`,
      record: ({ name: library, WebSocket }) => {
        // The members are those of `require('ws')`.
        const required = library === 'ws' ? createRequire(import.meta.url)('ws') : WebSocket;
        const value = required[name];
        return [typeof value, value === required, value.name];
      },
    }),
  ),
  ...['Receiver', 'Sender', 'PerMessageDeflate', 'extension', 'subprotocol'].map(
    (name): Twin => ({
      title: `the export ${name}`,
      record: ({ name: library }) => names(library === 'ws' ? ws : ours).includes(name),
      differs: '`WebSocket.Receiver`, `Sender`, `PerMessageDeflate`, `extension`, `subprotocol`',
      here: false,
    }),
  ),
  { title: 'the name of the class', record: ({ WebSocket }) => WebSocket.name },
  { title: 'the name of the server class', record: ({ WebSocketServer }) => WebSocketServer.name },
  {
    title: 'WebSocket cannot be called',
    record: ({ WebSocket }) => outcome(() => (WebSocket as unknown as () => void)()),
  },
]);

type Seen = unknown[];
/** Opens a connection, lets a function add listeners to its client, and records what they have seen. */
const listening =
  (add: (client: ws.WebSocket, seen: Seen, pair: Pair) => void): Twin['record'] =>
  async (library: Implementation) => {
    const pair = await openPair(library);
    const seen: Seen = [];
    add(pair.client, seen, pair);
    const ended = new Promise<void>((resolve) => pair.client.once('close', () => setImmediate(resolve)));
    pair.peer.send('text');
    pair.peer.send(Buffer.from('bytes'));
    pair.peer.close(1000, 'bye');
    await ended;
    return seen;
  };

const noteMessage =
  (seen: Seen, name = 'message') =>
  (event: { data: unknown }): void =>
    void seen.push([name, String(event.data), typeof event.data]);

twins('event listeners', [
  {
    title: 'onmessage',
    record: listening((client, seen) => {
      client.onmessage = noteMessage(seen);
    }),
  },
  {
    title: 'onclose',
    record: listening((client, seen) => {
      client.onclose = ({ type, code, reason, wasClean, target }) =>
        void seen.push([type, code, reason, wasClean, target === client]);
    }),
  },
  {
    title: 'onclose after terminate()',
    record: listening((client, seen) => {
      client.onclose = ({ code, reason, wasClean }) => void seen.push([code, reason, wasClean]);
      client.terminate();
    }),
  },
  {
    title: 'onerror',
    record: listening((client, seen) => {
      client.onerror = ({ type, error, message, target }) =>
        void seen.push([type, error instanceof Error, message, target === client]);
      client.emit('error', new Error('made up'));
    }),
  },
  {
    title: 'onopen',
    record: listening((client, seen) => {
      client.onopen = (event) => void seen.push([event.type, event.target === client]);
      client.emit('open');
    }),
  },
  {
    title: 'this of a handler',
    record: listening((client, seen) => {
      client.onmessage = function (this: unknown) {
        seen.push(this === client);
      };
    }),
  },
  ...(['onopen', 'onmessage', 'onclose', 'onerror'] as const).flatMap((attribute) =>
    Object.entries({ null: null, undefined, 'a string': 'x', 'an object': {}, 'a number': 5 }).map(
      ([name, value]): Twin => ({
        title: `${attribute} set to ${name}`,
        record: listening((client, seen) => {
          client[attribute] = () => {};
          client[attribute] = value as never;
          seen.push(client[attribute], client.listenerCount(attribute.slice(2)));
        }),
      }),
    ),
  ),
  {
    title: 'a replaced handler',
    record: listening((client, seen) => {
      client.onmessage = noteMessage(seen, 'first');
      client.onmessage = noteMessage(seen, 'second');
    }),
  },
  {
    title: 'addEventListener()',
    record: listening((client, seen) => client.addEventListener('message', noteMessage(seen))),
  },
  {
    title: 'addEventListener() with once',
    record: listening((client, seen) => client.addEventListener('message', noteMessage(seen), { once: true })),
  },
  {
    title: 'addEventListener() with once: false',
    record: listening((client, seen) => client.addEventListener('message', noteMessage(seen), { once: false })),
  },
  {
    title: 'addEventListener() of the same listener twice',
    record: listening((client, seen) => {
      const listener = noteMessage(seen);
      client.addEventListener('message', listener);
      client.addEventListener('message', listener, { once: true });
    }),
  },
  {
    title: 'addEventListener() with handleEvent()',
    record: listening((client, seen) => {
      const listener = {
        handleEvent(this: unknown, event: ws.MessageEvent) {
          seen.push([this === listener, String(event.data)]);
        },
      };
      client.addEventListener('message', listener);
    }),
  },
  {
    title: 'handleEvent() that is added later',
    record: listening((client, seen) => {
      const listener: { handleEvent?: (event: ws.MessageEvent) => void } = {};
      client.addEventListener('message', listener as { handleEvent(event: ws.MessageEvent): void });
      listener.handleEvent = noteMessage(seen);
    }),
  },
  {
    title: 'addEventListener() of another type is ignored',
    record: listening((client, seen) => {
      client.addEventListener('ping' as 'message', () => seen.push('never'));
      seen.push(client.listenerCount('ping'));
    }),
  },
  {
    title: 'removeEventListener()',
    record: listening((client, seen) => {
      const listener = noteMessage(seen);
      client.addEventListener('message', listener);
      client.removeEventListener('message', listener);
    }),
  },
  {
    title: 'removeEventListener() of what was not added',
    record: listening((client, seen) => {
      client.addEventListener('message', noteMessage(seen));
      client.removeEventListener('message', () => {});
    }),
  },
  {
    title: 'removeEventListener() does not remove a handler',
    record: listening((client, seen) => {
      const listener = noteMessage(seen);
      client.onmessage = listener;
      client.removeEventListener('message', listener);
    }),
  },
  {
    title: 'removeEventListener() does not remove a listener of on()',
    record: listening((client, seen) => {
      const listener = (data: unknown): void => void seen.push(String(data));
      client.on('message', listener);
      client.removeEventListener('message', listener as never);
    }),
  },
  {
    title: 'removeListener() of a listener of addEventListener() has no effect',
    record: listening((client, seen) => {
      const listener = noteMessage(seen);
      client.addEventListener('message', listener);
      client.removeListener('message', listener as never);
    }),
  },
  {
    title: 'the order of handlers and listeners',
    record: listening((client, seen) => {
      client.on('message', () => seen.push('on'));
      client.onmessage = () => void seen.push('onmessage');
      client.addEventListener('message', () => seen.push('addEventListener'));
      client.prependListener('message', () => seen.push('prepended'));
    }),
  },
  {
    title: 'on(), once(), off() and listenerCount()',
    record: listening((client, seen) => {
      const listener = (): void => void seen.push('off');
      client.on('message', listener);
      client.once('message', () => seen.push('once'));
      client.off('message', listener);
      seen.push(client.listenerCount('message'), client.eventNames().includes('message'));
    }),
  },
  {
    title: 'the enumerable properties of a MessageEvent',
    record: listening((client, seen) => {
      client.onmessage = (event) => void seen.push(['data', 'target', 'type'].filter((name) => name in event));
    }),
  },
  {
    title: 'the classes of the events',
    record: listening((client, seen) => {
      client.onmessage = (event) => void seen.push(event.constructor.name);
      client.onclose = (event) => void seen.push(event.constructor.name);
      client.onerror = (event) => void seen.push(event.constructor.name);
      client.emit('error', new Error('made up'));
    }),
  },
  {
    title: 'pause() delivers nothing until resume()',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const seen: Seen = [];
      client.on('message', (data) => seen.push(String(data)));
      client.pause();
      const pong = new Promise((resolve) => peer.once('message', resolve));
      peer.send('waits');
      client.send('x');
      await pong;
      seen.push(client.isPaused);
      client.resume();
      await new Promise((resolve) => client.once('message', resolve));
      return seen;
    },
  },
]);
