/** The order of what happens in one turn of the event loop: messages, callbacks, and what a program does with the transport. */
import { once } from 'node:events';
import { frame } from '../../support/frames.ts';
import { rawServer, upgradeResponse } from '../../support/raw-peer.ts';
import { closeOf, openPair, quiet, type Twin, transportOf, twins } from './twin.ts';

/** The messages that the peer receives. */
const received =
  (act: (socket: Parameters<typeof transportOf>[0]) => void): Twin['record'] =>
  async (library) => {
    const { client, peer } = await openPair(library);
    const messages: string[] = [];
    peer.on('message', (data) => messages.push(String(data)));
    const closed = closeOf(peer);
    act(client);
    await closed;
    return messages;
  };

const TRANSPORT = '`_socket.write()`, `end()` or `destroy()` in the turn of a `send()`';
twins('the transport in the turn of a send()', [
  {
    title: '_socket.end()',
    record: received((socket) => {
      socket.send('a');
      transportOf(socket).end();
    }),
    differs: TRANSPORT,
    here: [],
  },
  {
    title: '_socket.destroy()',
    record: received((socket) => {
      socket.send('a');
      transportOf(socket).destroy();
    }),
    differs: TRANSPORT,
    here: [],
  },
  {
    title: '_socket.write()',
    record: received((socket) => {
      socket.send('a');
      transportOf(socket).write(frame({ opcode: 1, payload: 'b' }));
      socket.close();
    }),
    differs: TRANSPORT,
    here: ['b', 'a'],
  },
  {
    title: '_socket.end() in the callback of send()',
    record: received((socket) => socket.send('a', () => transportOf(socket).end())),
  },
]);

twins("a listener of 'open'", [
  {
    title: 'the callback of its send(), and a message that arrived with the response',
    record: async (library) => {
      const port = await rawServer(async (peer) => {
        const response = Buffer.from(upgradeResponse(await peer.readHead()));
        peer.write(Buffer.concat([response, frame({ opcode: 1, payload: 'early', mask: false })]));
      });
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${port}`));
      const order: string[] = [];
      const called = new Promise<void>((resolve) => {
        socket.on('open', () =>
          socket.send('x', () => {
            order.push('callback');
            resolve();
          }),
        );
      });
      socket.on('message', () => order.push('message'));
      await Promise.all([called, once(socket, 'message')]);
      return order;
    },
    differs: "the callback of a `send()` in a listener of 'open'",
    here: ['callback', 'message'],
  },
]);
