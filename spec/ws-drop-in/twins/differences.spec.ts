/** The rows of docs/from-ws.md that no other twin test proves, and that each row is proved somewhere. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type ClientRequest, createServer, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServerOptions, WebSocket } from 'ws';
import { frame } from '../../support/frames.ts';
import { RawPeer, rawServer, upgradeRequest, upgradeResponse } from '../../support/raw-peer.ts';
import type { Implementation } from '../implementations.ts';
import {
  closeOf,
  DIFFERENCES,
  openPair,
  outcome,
  portOf,
  quiet,
  startServer,
  type Twin,
  transportOf,
  turns,
  twins,
  until,
} from './twin.ts';

const MIB = 1024 * 1024;

/** The status of the response to a request. */
async function statusOf(port: number, changes: Record<string, string | null>, requestLine?: string): Promise<number> {
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest(changes, requestLine));
  const head = await peer.readHead();
  peer.socket.destroy();
  return Number(head.split(' ')[1]);
}

const statusWith =
  (options: ServerOptions, changes: Record<string, string | null>, requestLine?: string): Twin['record'] =>
  async (library) =>
    statusOf(portOf(await startServer(library, options)), changes, requestLine);

/** Sends a message that is too long to one end: the messages of its errors, and the close code at the other end. */
const tooLong =
  (role: 'client' | 'server', length: number): Twin['record'] =>
  async (library) => {
    const { client, peer } = await openPair(library);
    const [receiver, sender] = role === 'server' ? [peer, client] : [client, peer];
    const errors: string[] = [];
    receiver.on('error', ({ message }) => errors.push(message));
    receiver.on('message', () => receiver.close(4000));
    const closed = closeOf(sender);
    sender.send(Buffer.alloc(length));
    return { errors, code: (await closed)[0] };
  };

const exceeded = (actual: number) => ({
  errors: [`Message exceeds maxPayload (limit ${16 * MIB} bytes, received at least ${actual})`],
  code: 1009,
});

async function handshakeError(library: Implementation): Promise<object> {
  const port = await rawServer(async (peer) => peer.write(upgradeResponse(await peer.readHead(), { Upgrade: 'foo' })));
  const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${port}`));
  return new Promise((resolve) => socket.once('error', resolve));
}

twins('limits', [
  { title: 'exactly 16 MiB', record: tooLong('server', 16 * MIB) },
  {
    title: '17 MiB to a server',
    record: tooLong('server', 17 * MIB),
    differs: '`maxPayload`',
    here: exceeded(17 * MIB),
  },
  {
    title: '17 MiB to a client',
    record: tooLong('client', 17 * MIB),
    differs: '`maxPayload`',
    here: exceeded(17 * MIB),
  },
  {
    title: 'a peer that does not read',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      transportOf(peer).pause();
      const errors: string[] = [];
      client.on('error', ({ message }) => errors.push(message.replace(/queued \d+/, 'queued …')));
      const callbacks: unknown[] = [];
      for (let count = 0; count < 8 && client.readyState === 1; count++) {
        client.send(Buffer.alloc(5 * MIB), (error) => callbacks.push((error?.cause as Error | undefined)?.message));
        await turns(2);
      }
      const isOpen = client.readyState === 1;
      await turns(2);
      return { errors, isOpen, caused: callbacks.filter((message) => message !== undefined).length > 0 };
    },
    differs: 'messages to a peer that does not read',
    here: {
      errors: [`Data queued for the peer exceeds maxBackpressure (limit ${16 * MIB} bytes, queued …)`],
      isOpen: false,
      caused: true,
    },
  },
  {
    title: 'two pings in one chunk, with maxPendingAutoPongs: 1',
    record: async (library) => {
      const { client, peer } = await openPair(library, { maxPendingAutoPongs: 1 } as ServerOptions);
      const closed = closeOf(client);
      peer.on('message', () => peer.close(4000));
      const ping = frame({ opcode: 9 });
      transportOf(client).write(Buffer.concat([ping, ping, frame({ opcode: 1, payload: 'x' })]));
      return closed;
    },
    differs: '`maxPendingAutoPongs`',
    here: [4000, ''],
  },
]);

twins('requests', [
  {
    title: 'no Host',
    record: statusWith({}, { Host: null }),
    differs: 'HTTP/1.0, or a request without `Host`',
    here: 400,
  },
  {
    title: 'two Host fields',
    record: statusWith({}, { Host: 'a\r\nHost: b' }),
    differs: 'two `Host` fields',
    here: 400,
  },
  {
    title: 'a complete URL as the request target',
    record: statusWith({ path: '/chat' }, {}, 'GET http://127.0.0.1/chat HTTP/1.1'),
    differs: 'a request target that is a complete URL, or has a fragment, with `path`',
    here: 101,
  },
  {
    title: 'a Connection field without Upgrade, passed to handleUpgrade()',
    record: async ({ WebSocketServer }) => {
      const server = new WebSocketServer({ noServer: true });
      const http = createServer((request) => {
        server.handleUpgrade(request, request.socket, Buffer.alloc(0), (webSocket) => webSocket.terminate());
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      return statusOf(portOf(http), { Connection: 'keep-alive' });
    },
    differs: 'a `Connection` field without `Upgrade`',
    here: 400,
  },
  {
    title: 'a header field with a line break from verifyClient',
    record: statusWith(
      { verifyClient: (_information, callback) => callback(false, 403, 'No', { 'X-A': 'b\r\nX-C: d' }) },
      {},
    ),
    differs: '`verifyClient` refuses with a header field that has a line break',
    here: 500,
  },
  {
    title: 'two servers with different paths on one HTTP server',
    record: async ({ WebSocketServer }) => {
      const http = createServer();
      for (const path of ['/a', '/b']) {
        new WebSocketServer({ server: http, path }).on('connection', (socket) => socket.close(4000, path));
      }
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const answers: string[] = [];
      for (const path of ['/a', '/b']) {
        const peer = await RawPeer.connect(portOf(http));
        peer.write(upgradeRequest({}, `GET ${path} HTTP/1.1`));
        const head = await peer.readHead();
        // A frame of the client: the Close frame, so that the connection ends.
        peer.write(frame({ opcode: 8, payload: Buffer.of(3, 232) }));
        const rest = String(await peer.readToEnd());
        answers.push(head.slice(0, head.indexOf('\r\n')), rest.slice(-2));
      }
      return answers;
    },
    differs: 'two servers with different `path` on one HTTP server',
    here: ['HTTP/1.1 101 Switching Protocols', '/a', 'HTTP/1.1 101 Switching Protocols', '/b'],
  },
  {
    title: "another path, and a listener of 'upgrade' that only looks",
    record: async ({ WebSocketServer }) => {
      const http = createServer();
      new WebSocketServer({ server: http, path: '/a', handshakeTimeout: 50 } as ServerOptions);
      http.on('upgrade', () => {});
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      return statusOf(portOf(http), {}, 'GET /b HTTP/1.1');
    },
    differs: "a request for a path other than `path`, if there is another listener of 'upgrade'",
    here: 404,
  },
  {
    title: 'Upgrade: h2c at an HTTP server of the application',
    record: async ({ WebSocketServer }) => {
      const http = createServer((_request, response) => void response.writeHead(204).end());
      new WebSocketServer({ server: http });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      return statusOf(portOf(http), { Upgrade: 'h2c' });
    },
    differs: 'a request with `Upgrade: h2c`',
    here: 204,
  },
]);

/** A header field of a request after a redirect to another port, which is another origin. */
const afterRedirect =
  (field: string): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    const http = createServer();
    http.on('upgrade', (_request, socket) => {
      const location = `ws://127.0.0.1:${portOf(server)}/`;
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\n\r\n`);
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const accepted = once(server, 'connection');
    const headers = { Authorization: 'secret', 'X-A': 'b' };
    quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}/`, { followRedirects: true, headers }));
    const [, request] = await accepted;
    return request.headers[field];
  };

/** `Authorization` of three requests: to one host, to another, and back. */
const thereAndBack: Twin['record'] = async (library) => {
  const seen: unknown[] = [];
  const http = createServer();
  http.on('upgrade', (request, socket) => {
    seen.push(request.headers.authorization ?? null);
    const next = ['localhost', '127.0.0.1'][seen.length - 1];
    const head =
      next === undefined ? 'HTTP/1.1 403 Forbidden' : `HTTP/1.1 302 Found\r\nLocation: ws://${next}:${portOf(http)}/`;
    socket.end(`${head}\r\nConnection: close\r\n\r\n`);
  });
  http.listen(0);
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const options = { followRedirects: true, headers: { Authorization: 'secret' } };
  await closeOf(quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}/`, options)));
  return seen;
};

twins('a client', [
  {
    title: 'a field of its own after a redirect to another origin',
    record: afterRedirect('x-a'),
    differs: 'a redirect to another origin keeps',
    here: undefined,
  },
  { title: 'Authorization after a redirect to another origin', record: afterRedirect('authorization') },
  {
    title: 'Authorization after a redirect to another host and back',
    record: thereAndBack,
    differs: 'a redirect removes credentials',
    here: ['secret', null, null],
  },
  {
    title: 'two subprotocols in a request',
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}/`, ['a', 'b']));
      const [, request] = await accepted;
      return request.headers['sec-websocket-protocol'];
    },
    differs: 'the text of header fields',
    here: 'a, b',
  },
  {
    title: 'the parameters of permessage-deflate in a response',
    record: async (library) => {
      const server = await startServer(library, { perMessageDeflate: true });
      const peer = await RawPeer.connect(portOf(server));
      const offer = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';
      peer.write(upgradeRequest({ 'Sec-WebSocket-Extensions': offer }));
      const head = await peer.readHead();
      peer.socket.destroy();
      return /^sec-websocket-extensions: (.*)$/im.exec(head)?.[1]?.trim();
    },
    differs: 'the text of header fields',
    here: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  },
  {
    title: 'the error of a response that is not a valid handshake',
    record: async (library) => Object.keys(await handshakeError(library)).sort(),
    differs: 'an error of the handshake',
    here: ['headers', 'name', 'reason', 'status'],
  },
  {
    title: 'a redirect to a Unix domain socket',
    record: async (library) => {
      const http = createServer();
      http.on('upgrade', (_request, socket) => {
        socket.end('HTTP/1.1 302 Found\r\nLocation: ws+unix:/nowhere.sock\r\nConnection: close\r\n\r\n');
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const socket: WebSocket = quiet(
        new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`, { followRedirects: true }),
      );
      return new Promise((resolve) => socket.once('error', (error) => resolve(error instanceof SyntaxError)));
    },
    differs: 'a redirect to `ws+unix:`',
    here: true,
  },
]);

/** What a client emits whose listener of 'unexpected-response' does no more than this. Another client measures the time. */
const afterUnexpectedResponse =
  (handle: (request: ClientRequest, response: IncomingMessage) => void): Twin['record'] =>
  async (library) => {
    const http = createServer();
    http.on('upgrade', (request, socket) => {
      // The path of the client that waits in vain.
      if (request.url !== '/') return;
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const url = `ws://127.0.0.1:${portOf(http)}`;
    const socket = quiet(new library.WebSocket(url, { handshakeTimeout: 50 }));
    const events: unknown[] = [];
    socket.on('unexpected-response', handle);
    socket.on('error', ({ message }) => events.push(message));
    socket.on('close', (code) => events.push(code));
    await once(socket, 'unexpected-response');
    await closeOf(quiet(new library.WebSocket(`${url}/silent`, { handshakeTimeout: 100 })));
    return events;
  };

twins(
  "a listener of 'unexpected-response' that does not close the WebSocket",
  Object.entries<(request: ClientRequest, response: IncomingMessage) => void>({
    'destroys the request': (request) => void request.destroy(),
    'reads the response': (_request, response) => void response.resume(),
  }).map(
    ([title, handle]): Twin => ({
      title,
      record: afterUnexpectedResponse(handle),
      differs: "a listener of 'unexpected-response' that does not close the WebSocket",
      here: ['Opening handshake has timed out', 1006],
    }),
  ),
);

twins('an open connection', [
  {
    title: 'the text of a violation',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const failed = new Promise<Error>((resolve) => peer.once('error', resolve));
      transportOf(client).write(frame({ opcode: 3 }));
      return (await failed).message;
    },
    differs: 'the error of a violation',
    here: 'Peer violated RFC 6455 §5.2: the opcode is reserved',
  },
  {
    title: 'what send() returns',
    record: async (library) => (await openPair(library)).client.send('x') as unknown,
    differs: '`send()` returns',
    here: true,
  },
  {
    title: 'what a callback receives after success',
    record: async (library) => {
      const { client } = await openPair(library);
      return new Promise((resolve) => client.send('x', resolve));
    },
    differs: 'the argument of a callback of `send()`, `ping()` or `pong()` after success',
    here: undefined,
  },
  {
    title: "binaryType 'fragments'",
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const received: unknown[] = [];
      const ended = new Promise<void>((resolve) => {
        peer.on('message', (data, isBinary) => {
          if (isBinary) received.push((data as Buffer[]).map(String));
          else resolve();
        });
      });
      peer.binaryType = 'fragments';
      client.send(Buffer.from('a'), { fin: false });
      client.send(Buffer.from('b'));
      client.send(Buffer.alloc(0));
      client.send('end');
      await ended;
      return received;
    },
    differs: "`binaryType` 'fragments'",
    here: [['ab'], ['']],
  },
  {
    title: 'a replaced pong()',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      let calls = 0;
      const { pong } = peer;
      peer.pong = (...args) => {
        calls++;
        pong.apply(peer, args);
      };
      const answered = once(client, 'pong');
      client.ping();
      await answered;
      return calls;
    },
    differs: 'a ping of the peer',
    here: 0,
  },
  {
    title: 'the answer to a ping while a large message is being compressed',
    record: async (library) => {
      const { client, peer } = await openPair(library, { perMessageDeflate: true });
      const received: string[] = [];
      client.on('message', () => client.send('x'.repeat(MIB)));
      peer.on('message', () => received.push('message'));
      peer.on('pong', () => received.push('pong'));
      // In one chunk, so that the ping arrives while the client compresses.
      transportOf(peer).write(
        Buffer.concat([
          frame({ opcode: 1, payload: 'x', mask: false }),
          frame({ opcode: 9, payload: 'ping', mask: false }),
        ]),
      );
      await until(() => received.length === 2);
      return received;
    },
    differs: 'an automatic pong while a large message is being compressed',
    here: ['pong', 'message'],
  },
  {
    title: 'a listener whose signal is aborted',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const controller = new AbortController();
      const received: unknown[] = [];
      client.addEventListener('message', ({ data }) => received.push(data), { signal: controller.signal } as object);
      controller.abort();
      const arrived = once(client, 'message');
      peer.send('x');
      await arrived;
      return received;
    },
    differs: 'the option `signal` of `addEventListener()`',
    here: [],
  },
  {
    title: 'a Proxy of a socket, an object that inherits from one, and a Proxy of a server',
    record: async (library) => {
      const { client, server } = await openPair(library);
      return [
        outcome(() => new Proxy(client, {}).readyState),
        outcome(() => Object.create(client).send('x')),
        outcome(() => new Proxy(server, {}).address() !== null),
      ];
    },
    differs: 'a Proxy of a socket or of a server, and `Object.create(socket)`',
    here: ['throws TypeError', 'throws TypeError', 'throws TypeError'],
  },
  {
    title: 'a Proxy of a socket that binds its methods',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const proxy = new Proxy(client, {
        get(socket, name) {
          const value = Reflect.get(socket, name);
          return typeof value === 'function' ? value.bind(socket) : value;
        },
      });
      const received = once(peer, 'message');
      proxy.send('x');
      return [proxy.readyState, String((await received)[0])];
    },
  },
  {
    title: 'members of the classes',
    record: ({ WebSocket, WebSocketServer }) => [
      'failure' in WebSocket.prototype,
      ...['metrics', 'shutdown', 'broadcast'].map((name) => name in WebSocketServer.prototype),
    ],
    differs: '`failure`, `metrics()`, `shutdown()`, `broadcast()`',
    here: [true, true, true, true],
  },
  {
    title: 'bufferedAmount after a small message',
    record: async (library) => {
      const { client } = await openPair(library);
      client.send('x');
      return client.bufferedAmount;
    },
    differs: '`bufferedAmount`',
    here: 1,
  },
  {
    title: 'the code of the error for a call that comes too early',
    record: (library) => {
      const socket = quiet(new library.WebSocket('ws://127.0.0.1:9'));
      try {
        socket.send('x');
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return 'sent';
    },
    differs: '`code` of an error about a URL, an argument or a call',
    here: 'WS_ERR_NOT_OPEN',
  },
]);

/** Rows that another spec proves for pushwire: the file, and words of it. */
const PROVED_ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  '`createWebSocketStream()` that is not read': [
    'spec/websocket/websocket-stream.spec.ts',
    'makes the peer wait for what messages %s cost while %s are not read',
  ],
  '`handshakeTimeout`': [
    'spec/rfc6455/04.1-client-requirements.spec.ts',
    'when the response takes longer than handshakeTimeout, even if bytes trickle in',
  ],
  'a silent peer, an endless message, many unfinished messages': [
    'spec/websocket/session/supervisor.spec.ts',
    'sends a ping after silence, and terminates a peer that does not respond, with one error',
  ],
  '`zlibInflateOptions`, `chunkSize` and `dictionary` of `zlibDeflateOptions`': [
    'spec/support/option-checks.ts',
    'The option has no effect',
  ],
  'an unknown option, such as `maxPayLoad`': ['spec/shared/unknown-options.spec.ts', 'is a warning: %s'],
  'a `path` that no request has, such as `echo`': ['spec/shared/unknown-options.spec.ts', 'A path that no request has'],
  '`bufferutil`, `utf-8-validate`, `WS_NO_BUFFER_UTIL`, `WS_NO_UTF_8_VALIDATE`': [
    'spec/packages.spec.ts',
    'has no dependencies',
  ],
  "`verifyClient`, `handleProtocols`, `shouldHandle()` or a listener of 'headers' throws": [
    'spec/websocket/server/upgrade-attempt.spec.ts',
    'responds with 500, frees the socket, and reports the error',
  ],
  "'error' without a listener": ['spec/rfc6455/07.2-abnormal-closures.spec.ts', 'with a warning instead of a crash'],
  'the callback of a `send()` that fails because the connection ended': [
    'spec/websocket/session/unsent-callbacks.spec.ts',
    'are called in order, with one code',
  ],
  '`import` and `require()` of the package in one process': [
    'spec/module-formats/project/programs/both.mjs',
    'assert.notEqual(commonJs.WebSocket, esm.WebSocket)',
  ],
  '`createWebSocketStream()` of a closed WebSocket': ['spec/ws-drop-in/streams.spec.ts', "'late'"],
};

describe('docs/from-ws.md', () => {
  const folder = new URL('.', import.meta.url);
  const texts = readdirSync(folder)
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .map((text) => text.replaceAll("\\'", "'"));

  it.each([...DIFFERENCES])('has a test for the row: %s', (row) => {
    const elsewhere = PROVED_ELSEWHERE[row];
    if (elsewhere !== undefined) {
      const [file, words] = elsewhere;
      expect(readFileSync(new URL(`../../../${file}`, folder), 'utf8')).toContain(words);
    } else expect(texts.some((text) => text.includes(`'${row}'`) || text.includes(`"${row}"`))).toBe(true);
  });

  it('has every row that the tests name', () => {
    for (const row of Object.keys(PROVED_ELSEWHERE)) expect(DIFFERENCES).toContain(row);
  });
});
