/** What a listener may do, and how a transport may end: in each order, at each end. */
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { onTestFinished } from 'vitest';
import type { VerifyClientCallbackAsync, WebSocket } from 'ws';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { closePayload, frame } from '../../support/frames.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';
import type { Implementation } from '../implementations.ts';
import {
  classOf,
  closeOf,
  openPair,
  portOf,
  quiet,
  recordEvents,
  startServer,
  type Twin,
  transportOf,
  turns,
  twins,
} from './twin.ts';

/** In one chunk: what a peer sends, with a Close frame at the end. */
const CHUNK = Buffer.concat(
  [
    { opcode: 1, payload: 'one' },
    { opcode: 9, payload: 'ping' },
    { opcode: 10, payload: 'pong' },
    { opcode: 2, payload: 'two' },
    { opcode: 8, payload: closePayload(4000, 'bye') },
  ].map((description) => frame({ ...description, mask: false })),
);

const CALLS: Readonly<Record<string, (socket: WebSocket) => void>> = {
  'send()': (socket) => socket.send('x'),
  'ping()': (socket) => socket.ping(),
  'close()': (socket) => socket.close(3000, 'here'),
  'terminate()': (socket) => socket.terminate(),
  'pause(), resume() in a later turn': (socket) => {
    socket.pause();
    setImmediate(() => socket.resume());
  },
  'removeAllListeners()': (socket) => void socket.removeAllListeners('message'),
};

const EVENTS = ['message', 'ping', 'pong', 'close'] as const;

const FIRST = [
  ['message', 'Buffer one', false],
  ['ping', 'Buffer ping'],
  ['pong', 'Buffer pong'],
];

/** Nothing that was received with the event is emitted. */
function terminatedIn(event: (typeof EVENTS)[number]): Pick<Twin, 'differs' | 'here'> {
  const emitted = FIRST.slice(0, FIRST.findIndex(([name]) => name === event) + 1);
  return {
    differs: 'events after `terminate()`',
    here: { events: [...emitted, 'after the call: 2', ['close', 1006, 'Buffer ']], heard: [['close', '1006', '']] },
  };
}

twins(
  'a call in a listener',
  EVENTS.flatMap((event) =>
    Object.entries(CALLS).map(
      ([name, call]): Twin => ({
        title: `${name} in a listener of '${event}'`,
        record: async (library) => {
          const { client, peer } = await openPair(library);
          const heard: unknown[] = [];
          for (const what of ['message', 'ping', 'close']) {
            peer.on(what, (...args: unknown[]) => heard.push([what, ...args.map(String)]));
          }
          const events = recordEvents(client);
          client.once(event, () => {
            try {
              call(client);
            } catch (error) {
              events.push(`throws ${classOf(error)}`);
            }
            events.push(`after the call: ${client.readyState}`);
          });
          const closed = [closeOf(client), closeOf(peer)];
          transportOf(peer).write(CHUNK);
          await Promise.all(closed);
          await turns(2);
          return { events, heard };
        },
        ...(name === 'terminate()' && event !== 'close' ? terminatedIn(event) : {}),
      }),
    ),
  ),
);

const VIOLATIONS: Readonly<Record<string, Buffer>> = {
  'a reserved opcode': frame({ opcode: 3, mask: false }),
  'text that is not UTF-8': frame({ opcode: 1, payload: Buffer.of(0xff), mask: false }),
  'a message that is too long': frame({ opcode: 2, payload: Buffer.alloc(20), mask: false }),
};

twins(
  "a call in a listener of 'error': the code that the peer receives",
  Object.entries(VIOLATIONS).flatMap(([violation, bytes]) =>
    Object.entries<(socket: WebSocket) => void>({
      'terminate()': (socket) => socket.terminate(),
      'send() and terminate()': (socket) => {
        socket.send('x');
        socket.terminate();
      },
      '_socket.end()': (socket) => void transportOf(socket).end(),
      '_socket.destroy()': (socket) => void transportOf(socket).destroy(),
    }).map(
      ([name, call]): Twin => ({
        title: `${name} after ${violation}`,
        record: async (library) => {
          const { client, peer } = await openPair(library, {}, { maxPayload: 10 });
          client.on('error', () => call(client));
          const closed = [closeOf(client), closeOf(peer)];
          transportOf(peer).write(bytes);
          return Promise.all(closed);
        },
      }),
    ),
  ),
);

twins('a listener', [
  {
    title: 'of message that pauses: what was received with it',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const received: string[] = [];
      client.on('message', (data) => {
        received.push(String(data));
        client.pause();
      });
      const paused = once(client, 'message');
      transportOf(peer).write(Buffer.from('810161' + '810162', 'hex'));
      await paused;
      await turns(2);
      return received;
    },
    differs: 'events after `pause()`',
    here: ['a'],
  },
  {
    title: 'of message that throws: the uncaught exception, and the next message',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const received: string[] = [];
      client.on('message', (data) => {
        received.push(String(data));
        if (received.length === 1) throw new Error('of a listener');
      });
      const uncaught = nextUncaughtException();
      transportOf(peer).write(Buffer.from('810161' + '810162', 'hex'));
      const { message } = await uncaught;
      await turns(5);
      return [message, received];
    },
    differs: 'a listener that throws',
    here: ['of a listener', ['a', 'b']],
  },
  {
    title: 'for a Close frame: the codes with which a replaced close() is called',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const codes: unknown[] = [];
      const { close } = client;
      client.close = (code, reason) => {
        codes.push(code);
        close.call(client, code, reason);
      };
      const closed = closeOf(peer);
      peer.close(4001);
      return [codes, (await closed)[0]];
    },
    differs: 'a Close frame of the peer',
    here: [[], 4001],
  },
  {
    title: 'of open that throws: the uncaught exception',
    record: async (library) => {
      const server = await startServer(library);
      const uncaught = nextUncaughtException();
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      client.on('open', () => {
        throw new Error('of a listener');
      });
      return (await uncaught).message;
    },
  },
  ...Object.entries<VerifyClientCallbackAsync>({
    'calls back at once': (_information, callback) => callback(true),
    'calls back later': (_information, callback) => void setImmediate(callback, true),
  }).map(
    ([title, verifyClient]): Twin => ({
      title: `of connection that throws, with verifyClient that ${title}: the uncaught exception`,
      record: async (library) => {
        const server = await startServer(library, { verifyClient });
        const uncaught = nextUncaughtException();
        server.on('connection', () => {
          throw new Error('of a listener');
        });
        const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
        await once(client, 'open');
        return (await uncaught).message;
      },
    }),
  ),
  {
    title: 'of close that throws: the uncaught exception, and the other end',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const uncaught = nextUncaughtException();
      client.on('close', () => {
        throw new Error('of a listener');
      });
      const closed = closeOf(peer);
      peer.close(1000);
      return [(await uncaught).message, await closed];
    },
  },
]);

const ENDINGS: Readonly<Record<string, (socket: WebSocket) => void>> = {
  FIN: (socket) => void transportOf(socket).end(),
  RST: (socket) => void transportOf(socket).resetAndDestroy(),
  'FIN within a header': (socket) => void transportOf(socket).end(Buffer.of(0x81)),
  'FIN within a payload': (socket) => void transportOf(socket).end(Buffer.of(0x82, 0x05, 0x61)),
  'FIN between fragments': (socket) => void transportOf(socket).end(Buffer.of(0x01, 0x01, 0x61)),
  'FIN after a message': (socket) => void transportOf(socket).end(Buffer.of(0x81, 0x01, 0x61)),
  'FIN after a Close frame': (socket) => void transportOf(socket).end(Buffer.from('880203e8', 'hex')),
  'a message, and FIN after a Close frame': (socket) =>
    void transportOf(socket).end(Buffer.from('810161880203e8', 'hex')),
};

twins(
  'the end of the transport',
  Object.entries(ENDINGS).flatMap(([name, end]) =>
    ['reading', 'paused', 'closing'].map(
      (state): Twin => ({
        title: `${name} while the client is ${state}`,
        record: async (library) => {
          const { client, peer } = await openPair(library);
          const events = recordEvents(client);
          const errors: unknown[] = [];
          const closed = closeOf(client);
          if (state === 'paused') client.pause();
          if (state === 'closing') {
            transportOf(peer).pause();
            client.close(3000);
          }
          end(peer);
          if (state === 'paused') {
            await turns(5);
            // Nothing is delivered before.
            errors.push(events.length);
            client.resume();
          }
          await closed;
          return { events, errors, readyState: client.readyState, buffered: client.bufferedAmount > 1000 };
        },
      }),
    ),
  ),
);

async function startTls(library: Implementation) {
  const certificate = await selfSignedCertificate();
  const https = createHttpsServer(certificate);
  const server = new library.WebSocketServer({ server: https });
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    https.close();
  });
  return { server, certificate, port: portOf(https) };
}

twins('TLS', [
  ...Object.entries({
    'with the certificate': (certificate: { cert: string }) => ({ ca: certificate.cert }),
    'without a check': () => ({ rejectUnauthorized: false }),
    'without the certificate': () => ({}),
  } as Record<string, (certificate: { cert: string }) => object>).map(
    ([title, options]): Twin => ({
      title,
      record: async (library) => {
        const { server, certificate, port } = await startTls(library);
        const secure = new Promise((resolve) =>
          server.on('connection', (_socket, { socket }) => resolve('encrypted' in socket)),
        );
        const socket = quiet(
          new library.WebSocket(`wss://localhost:${port}`, options(certificate as { cert: string })),
        );
        const result = await Promise.race([
          once(socket, 'open').then(
            () => 'open',
            (error) => error.code,
          ),
          closeOf(socket).then(() => 'closed'),
        ]);
        return [result, result === 'open' && (await secure)];
      },
    }),
  ),
  {
    title: 'ws: to a TLS server',
    record: async (library) => {
      const { port } = await startTls(library);
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${port}`));
      return closeOf(socket);
    },
  },
  {
    title: 'secure in verifyClient',
    record: async (library) => {
      const certificate = await selfSignedCertificate();
      const https = createHttpsServer(certificate);
      let secure: unknown;
      new library.WebSocketServer({
        server: https,
        verifyClient: (information: { secure: boolean }) => {
          secure = information.secure;
          return true;
        },
      });
      https.listen(0, '127.0.0.1');
      await once(https, 'listening');
      onTestFinished(() => void https.close());
      const socket = quiet(new library.WebSocket(`wss://localhost:${portOf(https)}`, { rejectUnauthorized: false }));
      await once(socket, 'open');
      socket.terminate();
      return secure;
    },
  },
]);

twins('generateMask', [
  {
    title: 'its argument, and the frames',
    record: async (library) => {
      const calls: unknown[] = [];
      const generateMask = (mask: Buffer): void => {
        calls.push([Buffer.isBuffer(mask), mask.length]);
        mask.writeUInt32BE(0x01020304);
      };
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      const client = quiet(
        new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`, { generateMask, perMessageDeflate: false }),
      );
      const [peer] = (await accepted) as [WebSocket];
      quiet(peer);
      if (client.readyState !== 1) await once(client, 'open');
      const bytes: Buffer[] = [];
      transportOf(peer).prependListener('data', (chunk) => bytes.push(Buffer.from(chunk)));
      const closed = closeOf(peer);
      client.send('text');
      client.send('');
      client.ping('p');
      client.close(1000);
      await closed;
      return [calls, Buffer.concat(bytes).toString('hex')];
    },
  },
]);

twins('close() without a code, but with a reason', [
  {
    title: 'is received as',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const closed = closeOf(peer);
      client.close(undefined, 'why');
      const [code, reason] = await closed;
      return [code, String(reason)];
    },
    differs: '`close(undefined, reason)`',
    here: [1000, 'why'],
  },
]);

twins('createWebSocketStream() with', [
  ...[true, false].map((isEarly) => ({
    title: `a signal that is aborted ${isEarly ? 'before' : 'after'} the call: the error`,
    record: async (library: Implementation) => {
      const { client } = await openPair(library);
      const controller = new AbortController();
      if (isEarly) controller.abort();
      const stream = library.createWebSocketStream(client, { signal: controller.signal });
      const error = once(stream, 'error');
      const closed = closeOf(client);
      controller.abort();
      const [{ name, code }] = await error;
      // `ws` leaves the connection open if the signal was aborted before.
      if (isEarly) client.terminate();
      return [name, code, (await closed)[0]];
    },
  })),
  {
    title: 'methods as options, which are not used: what the peer receives',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const unused = (): void => {
        throw new Error('an option was used');
      };
      const stream = library.createWebSocketStream(client, {
        read: unused,
        write: unused,
        final: unused,
        destroy: unused,
      });
      const message = once(peer, 'message');
      const closed = closeOf(peer);
      stream.end('text');
      const [data] = await message;
      stream.resume();
      return [String(data), (await closed)[0]];
    },
  },
]);

twins('close() with a code that must not be sent', [
  {
    title: 'throws if the connection is open only',
    record: async (library) => {
      const { client } = await openPair(library);
      const connecting = quiet(new library.WebSocket('ws://127.0.0.1:1'));
      const failed = closeOf(connecting);
      const results: string[] = [];
      const tryToClose = (socket: WebSocket): void => {
        try {
          socket.close(1006);
          results.push('nothing');
        } catch (error) {
          results.push((error as Error).constructor.name);
        }
      };
      tryToClose(connecting);
      tryToClose(client);
      const closed = closeOf(client);
      client.close();
      tryToClose(client);
      await Promise.all([closed, failed]);
      tryToClose(client);
      return results;
    },
  },
]);
