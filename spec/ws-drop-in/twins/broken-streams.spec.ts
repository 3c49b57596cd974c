/** createWebSocketStream() when the connection breaks while something is being written. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { everyNth } from '../../support/full-run.ts';
import type { Implementation } from '../implementations.ts';
import { closeOf, openPair, type Twin, transportOf, turns, twins, until } from './twin.ts';

/** More than the kernel takes at once for a peer that does not read. */
const LARGE = Buffer.alloc(12_000_000);

/** How the peer, or the program, breaks the connection. */
const ENDS: Readonly<Record<string, (peer: WebSocket, socket: WebSocket) => void>> = {
  'the peer resets': (peer) => transportOf(peer).resetAndDestroy(),
  'the peer terminates': (peer) => peer.terminate(),
  'terminate()': (_peer, socket) => socket.terminate(),
};

/** The same, with a FIN first. */
const ENDS_WITH_FIN: typeof ENDS = {
  'the peer ends TCP, and then reads': (peer) => transportOf(peer).end(() => peer.resume()),
  'the peer ends TCP, and then resets': (peer) => {
    const transport = transportOf(peer);
    transport.end(() => transport.resetAndDestroy());
  },
};

/** What is being written when the connection breaks. */
const WRITES: Readonly<Record<string, (stream: Duplex, events: unknown[]) => void>> = {
  'a write': (stream, events) => {
    stream.write(LARGE, (error) => events.push(['written', error instanceof Error]));
  },
  'two writes': (stream, events) => {
    for (const name of ['first', 'second']) {
      stream.write(LARGE, (error) => events.push([name, error instanceof Error]));
    }
  },
  'the last write': (stream, events) => {
    stream.end(LARGE, (error?: Error | null) => events.push(['ended', error instanceof Error]));
  },
};

/** The events of a stream whose peer does not read, from a write on. */
const broken =
  (
    write: (stream: Duplex, events: unknown[]) => void,
    end: (peer: WebSocket, socket: WebSocket) => void,
  ): Twin['record'] =>
  async (library: Implementation) => {
    const { client, peer } = await openPair(library);
    const stream = library.createWebSocketStream(client);
    const events: unknown[] = [];
    for (const event of ['end', 'finish', 'close']) stream.on(event, () => events.push(event));
    stream.on('error', () => events.push('error'));
    stream.resume();
    peer.pause();
    write(stream, events);
    await until(() => transportOf(client).writableLength > 0);
    const closed = closeOf(client);
    end(peer, client);
    const [code] = await closed;
    await turns(3);
    return [...events, code, stream.destroyed];
  };

/** The write itself fails in `ws`. */
const FAILED_WRITE: Readonly<Record<string, readonly unknown[]>> = {
  'a write': [['written', false], 'end', 1006, false],
  'two writes': [['first', false], ['second', true], 'error', 'close', 1006, true],
  'the last write': ['end', 1006, false],
};

/** Each takes and sends many megabytes. */
const some = (step: number, all: readonly Twin[]): Twin[] => everyNth(step, all, ({ title }) => title);

twins(
  'a stream whose connection breaks during a write',
  some(
    4,
    Object.entries(WRITES).flatMap(([what, write]) =>
      Object.entries({ ...ENDS, ...ENDS_WITH_FIN }).map(([how, end]): Twin => {
        const twin = { title: `${what}: ${how}`, record: broken(write, end) };
        if (!how.endsWith('then resets')) return twin;
        const differs = '`createWebSocketStream()` whose connection is lost during a write';
        return { ...twin, differs, here: FAILED_WRITE[what] };
      }),
    ),
  ),
);

twins(
  'a stream that echoes to a peer that does not read',
  some(
    3,
    Object.entries(ENDS).map(
      ([how, end]): Twin => ({
        title: how,
        record: async (library) => {
          const { client, peer } = await openPair(library);
          const stream = library.createWebSocketStream(client);
          const events: unknown[] = [];
          for (const event of ['end', 'close']) stream.on(event, () => events.push(event));
          stream.on('error', () => events.push('error'));
          stream.pipe(stream);
          peer.pause();
          peer.send(LARGE);
          await until(() => transportOf(client).writableLength > 0);
          const closed = closeOf(client);
          end(peer, client);
          await closed;
          await turns(3);
          return [...events, stream.destroyed];
        },
      }),
    ),
  ),
);
