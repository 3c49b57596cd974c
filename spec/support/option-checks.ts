import { once } from 'node:events';
import { expect } from 'vitest';
import { DEFAULT_HANDSHAKE_TIMEOUT } from '../../src/shared/defaults.ts';
import type { ClientOptions, PerMessageDeflateOptions, ServerOptions, WebSocket } from '../../src/websocket/index.ts';
import { openEnds, type Role } from './ends.ts';
import { frame } from './frames.ts';
import { RawPeer, rawServer, upgradeRequest, upgradeResponse } from './raw-peer.ts';
import { ending, messages, nextConnection, openClient, startServer } from './sockets.ts';
import { type Allowed, FLAG, NUMBER, OBJECT } from './wrong-values.ts';

/** Passes an option to a constructor and checks that it takes effect. */
export type Check = (role: Role) => Promise<void>;

/**
 * Runs a check. If an option in milliseconds is ignored, its default ends the wait: the shortest default of those that are
 * checked is that of `handshakeTimeout`.
 */
export async function expectEffect(check: Check, role: Role): Promise<void> {
  const start = performance.now();
  await check(role);
  expect(performance.now() - start).toBeLessThan(DEFAULT_HANDSHAKE_TIMEOUT);
}

/** Opens a connection, and expects an error that names the limit that `act` exceeds. */
async function expectLimit(
  role: Role,
  options: ServerOptions & ClientOptions,
  error: { option: string; limit: number },
  act: (ends: Awaited<ReturnType<typeof openEnds>>) => unknown,
): Promise<void> {
  const ends = await openEnds(role, options);
  const ended = ending(ends.socket);
  await act(ends);
  ends.peer.end();
  expect((await ended).errors).toMatchObject([{ name: 'LimitError', ...error }]);
}

type ConnectionOption = keyof ServerOptions &
  Exclude<keyof ClientOptions, 'host' | 'path' | 'port' | 'origin' | 'handshakeTimeout' | 'perMessageDeflate'>;

/** A check of each option that means the same on a server and on a client. */
export const CONNECTION_CHECKS: Readonly<Record<ConnectionOption, Check>> = {
  maxPayload: (role) =>
    expectLimit(role, { maxPayload: 10 }, { option: 'maxPayload', limit: 10 }, ({ send }) =>
      send({ opcode: 2, payload: Buffer.alloc(11) }),
    ),
  maxFragments: (role) =>
    expectLimit(role, { maxFragments: 2 }, { option: 'maxFragments', limit: 2 }, ({ send }) =>
      send({ opcode: 1, fin: false }, { opcode: 0, fin: false }, { opcode: 0, fin: false }),
    ),
  maxBufferedChunks: (role) =>
    expectLimit(role, { maxBufferedChunks: 1 }, { option: 'maxBufferedChunks', limit: 1 }, async ({ frames, peer }) => {
      const message = frames({ opcode: 2, payload: Buffer.alloc(100) });
      for (let offset = 0; offset < 60; offset += 20) {
        peer.write(message.subarray(offset, offset + 20));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }),
  skipUTF8Validation: async (role) => {
    const { socket, send } = await openEnds(role, { skipUTF8Validation: true });
    const message = once(socket, 'message');
    send({ opcode: 1, payload: Buffer.of(0xff) });
    expect(await message).toEqual([Buffer.of(0xff), false]);
  },
  autoPong: async (role) => {
    const { socket, peer, send } = await openEnds(role, { autoPong: false });
    socket.on('ping', () => socket.send('a ping, but no pong'));
    send({ opcode: 9 });
    expect((await peer.readFrame()).payload.toString()).toBe('a ping, but no pong');
  },
  maxPendingAutoPongs: async (role) => {
    const { peer, send } = await openEnds(role, { maxPendingAutoPongs: 0 });
    // The option has no effect: the endpoint answers the ping.
    send({ opcode: 9, payload: 'answered' });
    expect((await peer.readFrame()).payload.toString()).toBe('answered');
  },
  allowSynchronousEvents: async (role) => {
    for (const [allowSynchronousEvents, order] of [
      [true, 'one two microtask microtask'],
      [false, 'one microtask two microtask'],
    ] as const) {
      const { socket, send } = await openEnds(role, { allowSynchronousEvents });
      const events: string[] = [];
      socket.on('message', (data) => {
        events.push(String(data));
        queueMicrotask(() => events.push('microtask'));
      });
      send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' });
      await expect.poll(() => events.join(' ')).toBe(order);
    }
  },
  maxBackpressure: (role) =>
    expectLimit(
      role,
      { maxBackpressure: 1000 },
      { option: 'maxBackpressure', limit: 1000 },
      async ({ socket, peer }) => {
        peer.socket.pause();
        while (socket.readyState === socket.OPEN) {
          socket.send(Buffer.alloc(64 * 1024));
          await new Promise(setImmediate);
        }
      },
    ),
  closeTimeout: async (role) => {
    // The peer does not answer the Close frame. The default is longer than the timeout of a test.
    const { socket } = await openEnds(role, { closeTimeout: 20 });
    const ended = ending(socket);
    socket.close();
    expect((await ended).code).toBe(1006);
  },
  heartbeatInterval: async (role) => {
    const { peer } = await openEnds(role, { heartbeatInterval: 20 });
    expect((await peer.readFrame()).opcode).toBe(9);
  },
  heartbeatTimeout: (role) =>
    expectLimit(
      role,
      { heartbeatInterval: 20, heartbeatTimeout: 40 },
      { option: 'heartbeatTimeout', limit: 40 },
      ({ socket }) => once(socket, 'error'),
    ),
};

/** The values that these options allow. */
export const CONNECTION_VALUES: Readonly<Record<ConnectionOption, Allowed>> = {
  maxPayload: NUMBER,
  maxFragments: NUMBER,
  maxBufferedChunks: NUMBER,
  skipUTF8Validation: FLAG,
  autoPong: FLAG,
  maxPendingAutoPongs: NUMBER,
  allowSynchronousEvents: FLAG,
  maxBackpressure: NUMBER,
  closeTimeout: NUMBER,
  heartbeatInterval: NUMBER,
  heartbeatTimeout: NUMBER,
};

/** The values that the options of permessage-deflate allow. */
export const DEFLATE_VALUES: Readonly<Record<keyof PerMessageDeflateOptions, Allowed>> = {
  serverNoContextTakeover: FLAG,
  clientNoContextTakeover: FLAG,
  serverMaxWindowBits: { values: ['true', 'null'], why: 'as in ws; null means the default' },
  clientMaxWindowBits: { values: ['true', 'null'], why: 'as in ws; null means the default' },
  threshold: NUMBER,
  concurrencyLimit: NUMBER,
  zlibDeflateOptions: OBJECT,
  zlibInflateOptions: OBJECT,
};

/** The values that the members of `zlibDeflateOptions` allow. */
export const ZLIB_VALUES: Readonly<Record<string, Allowed>> = {
  level: { values: ['5', '-1', 'null'], why: 'from -1 to 9; null means the default' },
  memLevel: NUMBER,
  strategy: { values: ['null'], why: 'from 0 to 4; null means the default' },
};

interface DeflateEnds {
  readonly socket: WebSocket;
  readonly peer: RawPeer;
  /** The value of Sec-WebSocket-Extensions: a client's offer, or a server's response. */
  readonly negotiated: string;
}

const negotiatedIn = (head: string): string => /^Sec-WebSocket-Extensions: (.*)\r$/im.exec(head)?.[1] ?? '';

/** Opens a connection that uses permessage-deflate, with a raw peer. */
async function openDeflated(role: Role, perMessageDeflate: PerMessageDeflateOptions): Promise<DeflateEnds> {
  if (role === 'server') {
    const { server, port } = await startServer({ perMessageDeflate });
    const accepted = nextConnection(server);
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
    return { negotiated: negotiatedIn(await peer.readHead()), socket: await accepted, peer };
  }
  let accept: (ends: [RawPeer, string]) => void;
  const accepted = new Promise<[RawPeer, string]>((resolve) => {
    accept = resolve;
  });
  const port = await rawServer(async (peer) => {
    const head = await peer.readHead();
    const offer = negotiatedIn(head);
    // Accept what the client requires of the server and of itself.
    const parameters = offer.replace('; client_max_window_bits', '').replace('permessage-deflate', '');
    const response = offer.includes('client_max_window_bits=') ? offer : `permessage-deflate${parameters}`;
    peer.write(upgradeResponse(head, { 'Sec-WebSocket-Extensions': response }));
    accept([peer, offer]);
  });
  const socket = await openClient(`ws://127.0.0.1:${port}`, { perMessageDeflate });
  const [peer, negotiated] = await accepted;
  return { socket, peer, negotiated };
}

/** Expects a parameter in the response of a server and in the offer of a client. */
function negotiates(options: PerMessageDeflateOptions, parameter: string): Check {
  return async (role) => {
    const { negotiated } = await openDeflated(role, options);
    expect(negotiated.split('; ')).toContain(parameter);
  };
}

/** A check of each option of permessage-deflate. */
export const DEFLATE_CHECKS: Readonly<Record<keyof PerMessageDeflateOptions, Check>> = {
  serverNoContextTakeover: negotiates({ serverNoContextTakeover: true }, 'server_no_context_takeover'),
  clientNoContextTakeover: negotiates({ clientNoContextTakeover: true }, 'client_no_context_takeover'),
  serverMaxWindowBits: negotiates({ serverMaxWindowBits: 10 }, 'server_max_window_bits=10'),
  clientMaxWindowBits: negotiates({ clientMaxWindowBits: 10 }, 'client_max_window_bits=10'),
  threshold: async (role) => {
    const options = { threshold: 100, serverNoContextTakeover: true, clientNoContextTakeover: true };
    const { socket, peer } = await openDeflated(role, options);
    socket.send('x'.repeat(99));
    socket.send('x'.repeat(100));
    // RSV1 marks a compressed message (RFC 7692 §7.2.1).
    expect((await peer.readFrames(2)).map(({ rsv }) => rsv)).toEqual([0, 4]);
  },
  concurrencyLimit: async (role) => {
    for (const [concurrencyLimit, order] of [
      [10, 'short, long'],
      [1, 'long, short'],
    ] as const) {
      const ends = [await openDeflated(role, { concurrencyLimit }), await openDeflated(role, { concurrencyLimit })];
      const sent: string[] = [];
      ends[0]!.socket.send(Buffer.alloc(32 * 1024 * 1024), () => sent.push('long'));
      ends[1]!.socket.send(Buffer.alloc(20 * 1024), () => sent.push('short'));
      await expect.poll(() => sent.join(', '), { timeout: 10_000 }).toBe(order);
    }
  },
  zlibDeflateOptions: async (role) => {
    // Level 0 stores the data without compression.
    const { socket, peer } = await openDeflated(role, { zlibDeflateOptions: { level: 0 } });
    socket.send('x'.repeat(2000));
    expect((await peer.readFrame()).payload.length).toBeGreaterThan(2000);
  },
  zlibInflateOptions: async (role) => {
    // The option has no effect: zlib would reject this value.
    const { socket, peer } = await openDeflated(role, { zlibInflateOptions: { chunkSize: -1 } });
    const received = messages(socket, 1);
    const hello = { opcode: 1, rsv: 4, payload: Buffer.from('f248cdc9c90700', 'hex') };
    peer.write(frame(role === 'server' ? hello : { ...hello, mask: false }));
    // The example of RFC 7692 §7.2.3.1.
    expect(await received).toEqual(['Hello']);
  },
};
