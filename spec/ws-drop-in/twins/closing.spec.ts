/** close(), terminate() and closeTimeout. */
import type { WebSocket } from 'ws';
import { frame } from '../../support/frames.ts';
import { type RawPeer, rawWebSocketServer } from '../../support/raw-peer.ts';
import { closeOf, openPair, outcome, quiet, type Twin, transportOf, twins, until } from './twin.ts';

const CODES: readonly unknown[] = [
  undefined,
  0,
  999,
  1000,
  1001,
  1002,
  1003,
  1004,
  1005,
  1006,
  1007,
  1008,
  1009,
  1010,
  1011,
  1012,
  1013,
  1014,
  1015,
  1016,
  2999,
  3000,
  3999,
  4000,
  4999,
  5000,
  -1,
  65_536,
  1000.5,
  Number.NaN,
  '1000',
  null,
  {},
  true,
];

/** Closes, and records how it went at both ends. */
const closing =
  (call: (socket: WebSocket) => void): Twin['record'] =>
  async (library) => {
    const { client, peer } = await openPair(library);
    const closed = [closeOf(client), closeOf(peer)];
    const result = outcome(() => call(client));
    const { readyState } = client;
    if (readyState === 1) client.close(4321);
    return { result, readyState, closes: await Promise.all(closed) };
  };

const REFUSED = {
  differs: 'a close code that is not an integer, or a reason that is neither text nor bytes',
  here: {
    result: 'throws TypeError',
    readyState: 1,
    closes: [
      [4321, ''],
      [4321, ''],
    ],
  },
};

twins('close()', [
  ...CODES.map(
    (code): Twin => ({
      title: `the code ${typeof code === 'string' ? `"${code}"` : typeof code === 'object' && code !== null ? '{}' : code}`,
      record: closing((socket) => socket.close(code as number)),
      ...(code === 1000.5 ? REFUSED : {}),
    }),
  ),
  ...Object.entries({
    'a string': 'reason',
    'an empty string': '',
    'a Buffer': Buffer.from('reason'),
    'a Uint8Array': Uint8Array.from(Buffer.from('reason')),
    '123 bytes': 'x'.repeat(123),
    '124 bytes': 'x'.repeat(124),
    '62 characters that are 124 bytes': 'ü'.repeat(62),
    'a number': 5,
    'an object': {},
    'a Buffer of 124 bytes': Buffer.alloc(124, 'x'),
  }).map(
    ([name, reason]): Twin => ({
      title: `a reason that is ${name}`,
      record: closing((socket) => socket.close(1000, reason as string)),
      ...(typeof reason === 'number' || (typeof reason === 'object' && !(reason instanceof Uint8Array)) ? REFUSED : {}),
    }),
  ),
  {
    title: 'twice',
    record: closing((socket) => {
      socket.close(1000, 'first');
      socket.close(1001, 'second');
    }),
  },
  {
    title: 'and terminate()',
    record: async (library) => {
      const { client } = await openPair(library);
      const closed = closeOf(client);
      client.close(1000);
      client.terminate();
      return closed;
    },
  },
  {
    title: 'of both ends at once',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const closed = [closeOf(client), closeOf(peer)];
      client.close(3001, 'client');
      peer.close(3002, 'server');
      return Promise.all(closed);
    },
  },
  {
    title: 'terminate() is an abnormal closure at both ends',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const closed = [closeOf(client), closeOf(peer)];
      client.terminate();
      return Promise.all(closed);
    },
  },
  {
    title: 'a message, and terminate(), in one turn: the peer receives the message',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const received: string[] = [];
      peer.on('message', (data) => received.push(String(data)));
      const closed = closeOf(peer);
      client.send('last');
      client.terminate();
      return [await closed, received];
    },
  },
  {
    title: 'the callback of a message, and terminate(), in one turn',
    record: async (library) => {
      const { client } = await openPair(library);
      const sent = new Promise<Error | null | undefined>((resolve) => client.send('last', resolve));
      client.terminate();
      return (await sent) ?? 'no error';
    },
  },
  {
    title: 'closeTimeout: a peer that does not answer',
    record: async (library) => {
      const { client, peer } = await openPair(library, {}, { closeTimeout: 30 } as object);
      transportOf(peer).pause();
      const closed = closeOf(client);
      client.close(1000);
      return closed;
    },
  },
]);

/** Which comes first, the end of the client's transport or its 'close', if the server sends this and keeps the transport open. */
const firstEnd =
  (sent: Uint8Array): Twin['record'] =>
  async (library) => {
    const events: string[] = [];
    const accepted = new Promise<RawPeer>((resolve) => {
      void rawWebSocketServer(resolve).then((port) => {
        const url = `ws://127.0.0.1:${port}`;
        const socket = quiet(new library.WebSocket(url, { closeTimeout: 300 } as object));
        socket.once('close', () => events.push('close'));
      });
    });
    const peer = await accepted;
    peer.socket.once('end', () => events.push('end'));
    peer.write(sent);
    await until(() => events.length === 2);
    return events;
  };

const WAITS = {
  differs: 'a server that keeps the transport open after the Close frames, or after its violation',
  here: ['close', 'end'],
};

twins('a server that does not close the transport', [
  { title: 'after the Close frames', record: firstEnd(frame({ opcode: 8, payload: '' })), ...WAITS },
  { title: 'after its violation', record: firstEnd(frame({ opcode: 3, payload: '' })), ...WAITS },
]);
