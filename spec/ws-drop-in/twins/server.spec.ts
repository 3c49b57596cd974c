/** The constructor of a server, its options, its methods and events, and its responses. */
import { once } from 'node:events';
import { createServer, get, type Server as HttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import type { Implementation } from '../implementations.ts';
import { classOf, outcome, portOf, quiet, startServer, type Twin, turns, twins } from './twin.ts';

/** Sends an upgrade request, and reads the response up to the end of its head, and its body if it is not 101. */
async function ask(
  port: number,
  changes: Record<string, string | string[] | null> = {},
  requestLine?: string,
): Promise<unknown> {
  const peer = await RawPeer.connect(port);
  peer.write(upgradeRequest(changes, requestLine));
  const head = await peer.readHead();
  const [statusLine, ...lines] = head.trimEnd().split('\r\n');
  const status = Number(statusLine!.split(' ')[1]);
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [name, ...value] = line.split(': ');
    fields[name!.toLowerCase()] = value.join(': ');
  }
  const body = status === 101 ? '' : String(await peer.readToEnd());
  peer.socket.destroy();
  return {
    status,
    accept: fields['sec-websocket-accept'],
    protocol: fields['sec-websocket-protocol'],
    extensions: fields['sec-websocket-extensions'],
    body: status === 101 || body.length > 0,
    fields,
  };
}

/** What programs and proxies look at. The text of a refusal is for people. */
async function responseOf(
  port: number,
  changes?: Record<string, string | string[] | null>,
  requestLine?: string,
): Promise<unknown> {
  const { fields, ...response } = (await ask(port, changes, requestLine)) as {
    fields: Record<string, string>;
    status: number;
  };
  return {
    ...response,
    connection: fields.connection,
    upgrade: fields.upgrade,
    version: response.status === 101 ? undefined : fields['sec-websocket-version'],
  };
}

const requested =
  (
    changes: Record<string, string | string[] | null> = {},
    options: ServerOptions = {},
    requestLine?: string,
  ): Twin['record'] =>
  async (library) =>
    responseOf(portOf(await startServer(library, options)), changes, requestLine);

const refusedWith = (status: number, version?: string): unknown => ({
  status,
  accept: undefined,
  protocol: undefined,
  extensions: undefined,
  body: true,
  connection: 'close',
  upgrade: undefined,
  version,
});

const ACCEPTED = {
  status: 101,
  accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  protocol: undefined,
  extensions: undefined,
  body: true,
  connection: 'Upgrade',
  upgrade: 'websocket',
  version: undefined,
};
const KEY = 'Sec-WebSocket-Key';
const VERSION = 'Sec-WebSocket-Version';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';
twins('requests to a server', [
  { title: 'a valid one', record: requested() },
  { title: 'Upgrade in capitals', record: requested({ Upgrade: 'WebSocket' }) },
  { title: 'Connection with several values', record: requested({ Connection: 'keep-alive, Upgrade' }) },
  { title: 'another method', record: requested({}, {}, 'POST /chat HTTP/1.1') },
  { title: 'another Upgrade', record: requested({ Upgrade: 'foo' }) },
  { title: 'no key', record: requested({ [KEY]: null }) },
  { title: 'an invalid key', record: requested({ [KEY]: 'foo' }) },
  { title: 'a key of 15 bytes', record: requested({ [KEY]: 'MTIzNDU2Nzg5MDEyMzQ1' }) },
  {
    title: 'no version',
    record: requested({ [VERSION]: null }),
    differs: 'a refusal that names versions',
    here: refusedWith(400, '13'),
  },
  {
    title: 'version 12',
    record: requested({ [VERSION]: '12' }),
    differs: 'another `Sec-WebSocket-Version`, 8 included, at a server',
    here: { ...(refusedWith(426, '13') as object), upgrade: 'websocket' },
  },
  {
    title: 'version 8',
    record: requested({ [VERSION]: '8' }),
    differs: 'another `Sec-WebSocket-Version`, 8 included, at a server',
    here: { ...(refusedWith(426, '13') as object), upgrade: 'websocket' },
  },
  {
    title: 'HTTP/1.0',
    record: requested({}, {}, 'GET /chat HTTP/1.0'),
    differs: 'HTTP/1.0, or a request without `Host`',
    here: refusedWith(400),
  },
  { title: 'one subprotocol', record: requested({ [PROTOCOL]: 'a' }) },
  { title: 'two subprotocols', record: requested({ [PROTOCOL]: 'a, b' }) },
  { title: 'subprotocols in two fields', record: requested({ [PROTOCOL]: ['a', 'b'] }) },
  ...[',', 'a b', 'a, a', 'a;b'].map(
    (value): Twin => ({ title: `the invalid subprotocols "${value}"`, record: requested({ [PROTOCOL]: value }) }),
  ),
  ...['a,', 'a,,b'].map(
    (value): Twin => ({
      title: `subprotocols with an empty element: "${value}"`,
      record: requested({ [PROTOCOL]: value }),
      differs: 'empty elements in `Sec-WebSocket-Protocol`, such as `a,,b`',
      here: { ...ACCEPTED, protocol: 'a' },
    }),
  ),
  { title: 'no subprotocols: handleProtocols is not called', record: requested({}, { handleProtocols: () => 'x' }) },
  {
    title: 'handleProtocols returns the last',
    record: requested({ [PROTOCOL]: 'a, b' }, { handleProtocols: (protocols) => [...protocols].pop()! }),
  },
  { title: 'handleProtocols returns false', record: requested({ [PROTOCOL]: 'a' }, { handleProtocols: () => false }) },
  {
    title: 'handleProtocols returns an empty string',
    record: requested({ [PROTOCOL]: 'a' }, { handleProtocols: () => '' }),
  },
  {
    title: 'handleProtocols returns undefined',
    record: requested({ [PROTOCOL]: 'a' }, { handleProtocols: (() => undefined) as never }),
  },
  {
    title: 'handleProtocols returns what was not offered',
    record: requested({ [PROTOCOL]: 'a' }, { handleProtocols: () => 'b' }),
    differs: '`handleProtocols` returns what was not offered',
    here: refusedWith(500),
  },
  { title: 'the option path', record: requested({}, { path: '/chat' }) },
  { title: 'the option path, and a query', record: requested({}, { path: '/chat' }, 'GET /chat?a=b HTTP/1.1') },
  {
    title: 'another path',
    record: requested({}, { path: '/other' }),
    differs: 'a request for another `path`',
    here: refusedWith(404),
  },
]);

const offered = (offer: string, perMessageDeflate: ServerOptions['perMessageDeflate'] = true): Twin['record'] =>
  requested({ [EXTENSIONS]: offer }, { perMessageDeflate });
const UNMET = { differs: 'an offer of permessage-deflate that cannot be met', here: ACCEPTED };
const DEFLATE = 'permessage-deflate';
const smallerWindow = (parameter: string) => ({
  differs: 'an offer of permessage-deflate with a smaller window than the option',
  here: { ...ACCEPTED, extensions: `${DEFLATE}; ${parameter}` },
});
twins('offers of permessage-deflate', [
  { title: 'without the option', record: offered(DEFLATE, false) },
  { title: 'with the option', record: offered(DEFLATE) },
  { title: 'another extension', record: offered('foo') },
  { title: 'another extension first', record: offered(`foo, ${DEFLATE}`) },
  ...[
    'server_no_context_takeover',
    'client_no_context_takeover',
    'server_max_window_bits=10',
    'client_max_window_bits',
    'client_max_window_bits=10',
    'server_max_window_bits=8',
  ].map((parameter): Twin => ({ title: parameter, record: offered(`${DEFLATE}; ${parameter}`) })),
  {
    title: 'client_max_window_bits=15',
    record: offered(`${DEFLATE}; client_max_window_bits=15`),
    differs: 'parameters of permessage-deflate that say the default, such as `client_max_window_bits=15`',
    here: { ...ACCEPTED, extensions: DEFLATE },
  },
  {
    title: 'all parameters',
    record: offered(
      `${DEFLATE}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10`,
    ),
  },
  { title: 'serverNoContextTakeover: true', record: offered(DEFLATE, { serverNoContextTakeover: true }) },
  { title: 'clientNoContextTakeover: true', record: offered(DEFLATE, { clientNoContextTakeover: true }) },
  { title: 'serverMaxWindowBits: 10', record: offered(DEFLATE, { serverMaxWindowBits: 10 }) },
  {
    title: 'clientMaxWindowBits: 10',
    record: offered(`${DEFLATE}; client_max_window_bits`, { clientMaxWindowBits: 10 }),
  },
  {
    title: 'clientMaxWindowBits: 10, and a larger offer',
    record: offered(`${DEFLATE}; client_max_window_bits=12`, { clientMaxWindowBits: 10 }),
  },
  {
    title: 'serverMaxWindowBits: 10, and a larger offer',
    record: offered(`${DEFLATE}; server_max_window_bits=12`, { serverMaxWindowBits: 10 }),
  },
  {
    title: 'serverNoContextTakeover: false, and an offer without',
    record: offered(DEFLATE, { serverNoContextTakeover: false }),
  },
  {
    title: 'serverNoContextTakeover: false, and an offer with it',
    record: offered(`${DEFLATE}; server_no_context_takeover`, { serverNoContextTakeover: false }),
    ...UNMET,
  },
  {
    title: 'serverMaxWindowBits above the offer',
    record: offered(`${DEFLATE}; server_max_window_bits=9`, { serverMaxWindowBits: 10 }),
    ...smallerWindow('server_max_window_bits=9'),
  },
  {
    title: 'clientMaxWindowBits that the client does not offer',
    record: offered(DEFLATE, { clientMaxWindowBits: 10 }),
    ...UNMET,
  },
  {
    title: 'clientMaxWindowBits above the offer',
    record: offered(`${DEFLATE}; client_max_window_bits=9`, { clientMaxWindowBits: 10 }),
    ...smallerWindow('client_max_window_bits=9'),
  },
  {
    title: 'the second offer can be met',
    record: offered(`${DEFLATE}; server_max_window_bits=9, ${DEFLATE}`, { serverMaxWindowBits: 10 }),
    ...smallerWindow('server_max_window_bits=9'),
  },
  { title: 'a parameter that is unknown', record: offered(`${DEFLATE}; foo`), ...UNMET },
  { title: 'a value that is too large', record: offered(`${DEFLATE}; server_max_window_bits=16`), ...UNMET },
  { title: 'a value that is not expected', record: offered(`${DEFLATE}; server_no_context_takeover=1`), ...UNMET },
  {
    title: 'a parameter twice',
    record: offered(`${DEFLATE}; client_max_window_bits; client_max_window_bits`),
    ...UNMET,
  },
  ...['foo=;bar', ';', `${DEFLATE};`, `${DEFLATE}; a="`, 'a b'].map(
    (value): Twin => ({ title: `the malformed field ${value}`, record: offered(value) }),
  ),
]);

type Verify = NonNullable<ServerOptions['verifyClient']>;
const verified = (verifyClient: Verify, changes: Record<string, string> = {}): Twin['record'] =>
  requested(changes, { verifyClient });
twins('verifyClient', [
  { title: 'true', record: verified(() => true) },
  { title: 'false', record: verified(() => false) },
  {
    title: 'a truthy value',
    record: verified((() => 'alice') as never),
    differs: '`verifyClient` decides with a truthy value that is not `true`',
    here: refusedWith(401),
  },
  { title: 'undefined', record: verified((() => undefined) as never) },
  { title: 'a callback with true', record: verified((_information, callback) => callback(true)) },
  {
    title: 'a callback with true, later',
    record: verified((_information, callback) => void setImmediate(callback, true)),
  },
  { title: 'a callback with false', record: verified((_information, callback) => callback(false)) },
  { title: 'a callback with a status', record: verified((_information, callback) => callback(false, 403)) },
  {
    title: 'a callback with a status and a text',
    record: verified((_information, callback) => callback(false, 429, 'Slow down')),
  },
  {
    title: 'a callback with a status, a text and header fields',
    record: async (library) => {
      const verifyClient: Verify = (_information, callback) => callback(false, 503, 'Later', { 'Retry-After': '120' });
      const server = await startServer(library, { verifyClient });
      const { fields, ...response } = (await ask(portOf(server))) as { fields: Record<string, string> };
      return [response, fields['retry-after'], fields['content-length'], fields.connection];
    },
  },
  {
    title: 'its information',
    record: async (library) => {
      const seen: unknown[] = [];
      const verifyClient: Verify = (information: { origin: string; secure: boolean; req: IncomingMessage }) => {
        seen.push(information.origin, information.secure, information.req.url, Object.keys(information).sort());
        return true;
      };
      const server = await startServer(library, { verifyClient });
      await ask(portOf(server), { Origin: 'https://example.com' });
      return seen;
    },
  },
  {
    title: 'its information without Origin',
    record: async (library) => {
      const seen: unknown[] = [];
      const verifyClient: Verify = (information: { origin: string }) => seen.push(information.origin) > 0;
      await ask(portOf(await startServer(library, { verifyClient })));
      return seen;
    },
  },
]);

const constructed =
  (options: unknown, callback?: unknown): Twin['record'] =>
  (library) =>
    outcome(() => {
      const server = new library.WebSocketServer(options as ServerOptions, callback as () => void);
      server.on('error', () => {});
      server.close();
      return undefined;
    });
twins('the constructor of a server', [
  ...Object.entries({
    'no options': undefined,
    'empty options': {},
    'port and server': { port: 0, server: createServer() },
    'port and noServer': { port: 0, noServer: true },
    'server and noServer': { server: createServer(), noServer: true },
    'noServer: false': { noServer: false },
    'port: null': { port: null },
    noServer: { noServer: true },
    port: { port: 0 },
    server: { server: createServer() },
  } as Record<string, unknown>).map(([title, options]): Twin => ({ title, record: constructed(options) })),
  ...Object.entries({
    'verifyClient: 5': { verifyClient: 5 },
    'handleProtocols: "x"': { handleProtocols: 'x' },
    'maxPayload: "1mb"': { maxPayload: '1mb' },
    'WebSocket: class {}': { WebSocket: class {} },
    'perMessageDeflate: 5': { perMessageDeflate: 5 },
  } as Record<string, object>).map(
    ([title, options]): Twin => ({
      title,
      record: constructed({ noServer: true, ...options }),
      differs: 'a wrong option, such as `verifyClient: 5`',
      here: 'throws TypeError',
    }),
  ),
  {
    title: 'options: what was passed',
    record: ({ WebSocketServer }) => {
      const { options } = new WebSocketServer({ noServer: true, path: '/a' });
      return [options.noServer, options.path];
    },
  },
  {
    title: 'options: with the defaults',
    record: ({ WebSocketServer }) => new WebSocketServer({ noServer: true }).options.clientTracking,
    differs: '`server.options`',
    here: undefined,
  },
  {
    title: 'null for options',
    record: constructed({
      noServer: true,
      server: null,
      path: null,
      host: null,
      verifyClient: null,
      handleProtocols: null,
      port: null,
      backlog: null,
    }),
  },
  { title: 'backlog', record: constructed({ port: 0, backlog: 5 }) },
  {
    title: 'the callback is called on listening, without arguments',
    record: async (library) =>
      new Promise((resolve) => {
        const server = new library.WebSocketServer({ port: 0 }, (...args: unknown[]) => {
          server.close();
          resolve(args);
        });
      }),
  },
  {
    title: 'the callback is not called with noServer',
    record: async (library) => {
      let called = false;
      new library.WebSocketServer({ noServer: true }, () => {
        called = true;
      });
      await turns(3);
      return called;
    },
  },
  {
    title: 'a request without Upgrade: 426',
    record: async (library) => {
      const server = await startServer(library);
      const [response] = (await once(get({ port: portOf(server), host: '127.0.0.1', agent: false }), 'response')) as [
        IncomingMessage,
      ];
      return [
        response.statusCode,
        String(Buffer.concat(await response.toArray())),
        response.headers['content-type'],
        response.headers['content-length'],
      ];
    },
  },
]);

twins('address(), clients and close()', [
  {
    title: 'address()',
    record: async (library) => {
      const address = (await startServer(library)).address();
      return address !== null && typeof address === 'object' && [address.address, address.family, address.port > 0];
    },
  },
  {
    title: 'address() with noServer throws',
    record: ({ WebSocketServer }) => {
      try {
        return new WebSocketServer({ noServer: true }).address();
      } catch (error) {
        return [classOf(error), (error as Error).message];
      }
    },
  },
  {
    title: 'address() of a server that does not listen',
    record: ({ WebSocketServer }) => new WebSocketServer({ server: createServer() }).address(),
  },
  {
    title: 'address() after close()',
    record: async (library) => {
      const server = await startServer(library);
      server.close();
      return server.address();
    },
  },
  {
    title: 'clients',
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      const [socket] = await accepted;
      await once(client, 'open');
      const open = [server.clients instanceof Set, server.clients.size, server.clients.has(socket)];
      const closed = once(socket, 'close');
      client.close();
      await closed;
      return [open, server.clients.size];
    },
  },
  {
    title: 'clients in a listener of close',
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      const [socket] = (await accepted) as [WebSocket];
      const size = new Promise((resolve) => socket.on('close', () => resolve(server.clients.size)));
      client.terminate();
      return size;
    },
  },
  {
    title: 'clientTracking: false',
    record: ({ WebSocketServer }) => new WebSocketServer({ noServer: true, clientTracking: false }).clients,
  },
  {
    title: 'close(): its callback and its event',
    record: async (library) => {
      const server = await startServer(library);
      const order: unknown[] = [];
      server.on('close', (...args: unknown[]) => order.push(['close', args]));
      await new Promise<void>((resolve) =>
        server.close((...args: unknown[]) => {
          order.push(['callback', args]);
          resolve();
        }),
      );
      return order;
    },
  },
  {
    title: 'close() twice: both callbacks',
    record: async (library) => {
      const server = await startServer(library);
      const order: unknown[] = [];
      await Promise.all(
        ['first', 'second'].map(
          (name) =>
            new Promise<void>((resolve) =>
              server.close((error) => {
                order.push([name, error?.message]);
                resolve();
              }),
            ),
        ),
      );
      return order;
    },
  },
  {
    title: 'close() of a closed server',
    record: async (library) => {
      const server = await startServer(library);
      await new Promise((resolve) => server.close(resolve));
      const events: string[] = [];
      server.on('close', () => events.push('close'));
      const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
      return [classOf(error), error?.message, events];
    },
  },
  {
    title: 'close() with noServer',
    record: async (library) =>
      new Promise((resolve) =>
        new library.WebSocketServer({ noServer: true }).close((error) => resolve(error === undefined)),
      ),
  },
  {
    title: 'close() does not close an HTTP server that was passed, and removes its listeners',
    record: async (library) => {
      const http = createServer();
      const before = ['listening', 'error', 'upgrade'].map((event) => http.listenerCount(event));
      const server = new library.WebSocketServer({ server: http });
      const during = http.listenerCount('upgrade');
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      await new Promise((resolve) => server.close(resolve));
      const after = ['listening', 'error', 'upgrade'].map((event) => http.listenerCount(event));
      const record = [during, after.join() === before.join(), http.listening];
      http.close();
      return record;
    },
  },
  {
    title: 'close() leaves connections open, and refuses further ones',
    record: async (library) => {
      const http = createServer();
      const server = new library.WebSocketServer({ noServer: true });
      const responses: unknown[] = [];
      http.on('upgrade', (request, socket, head) =>
        server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request)),
      );
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`));
      await once(client, 'open');
      const closed = new Promise((resolve) => server.close(resolve));
      responses.push(await responseOf(portOf(http)), client.readyState, server.clients.size);
      client.terminate();
      await closed;
      return responses;
    },
  },
]);

/** An HTTP server of the application, and a WebSocketServer without one. */
async function upgradeWith(
  library: Implementation,
  onUpgrade: (server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<HttpServer> {
  const http = createServer();
  const server = new library.WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    onUpgrade(server, request, socket, head);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return http;
}

const COMPLETE_TARGET = {
  differs: 'a request target that is a complete URL, or has a fragment, with `path`',
  here: true,
};

twins('handleUpgrade() and shouldHandle()', [
  {
    title: 'the callback gets the socket and the request, after the response was written',
    record: async (library) => {
      let args: unknown[] = [];
      const http = await upgradeWith(library, (server, request, socket, head) => {
        server.handleUpgrade(request, socket, head, (webSocket, given) => {
          args = [webSocket instanceof library.WebSocket, webSocket.readyState, given === request, server.clients.size];
          webSocket.terminate();
        });
      });
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`));
      await new Promise((resolve) => client.once('close', resolve));
      return args;
    },
  },
  {
    title: 'no connection event of its own',
    record: async (library) => {
      let emitted = false;
      const http = await upgradeWith(library, (server, request, socket, head) => {
        server.on('connection', () => {
          emitted = true;
        });
        server.handleUpgrade(request, socket, head, (webSocket) => webSocket.close());
      });
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`));
      await new Promise((resolve) => client.once('close', resolve));
      return emitted;
    },
  },
  {
    title: 'messages in the head of the request',
    record: async (library) => {
      const received = new Promise((resolve) => {
        void upgradeWith(library, (server, request, socket, head) => {
          server.handleUpgrade(request, socket, head, (webSocket) =>
            webSocket.on('message', (data) => resolve([head.length, String(data)])),
          );
        }).then(async (http) => {
          const peer = await RawPeer.connect(portOf(http));
          peer.write(
            Buffer.concat([Buffer.from(upgradeRequest()), Buffer.from('818200000000', 'hex'), Buffer.from('hi')]),
          );
        });
      });
      return received;
    },
  },
  {
    title: 'a second call with the same socket throws',
    record: async (library) => {
      const http = await upgradeWith(library, (server, request, socket, head) => {
        server.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.close(3000, String(outcome(() => server.handleUpgrade(request, socket, head, () => {}))));
        });
      });
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`));
      return new Promise((resolve) => client.once('close', (code, reason) => resolve([code, String(reason)])));
    },
  },
  ...['/foo', '/foo?bar', '/foo/', '/bar', '/foo#x', '//foo', ''].map(
    (url): Twin => ({
      title: `shouldHandle() with path: '/foo' of "${url}"`,
      record: ({ WebSocketServer }) =>
        new WebSocketServer({ noServer: true, path: '/foo' }).shouldHandle({ url } as IncomingMessage),
      ...(url === '/foo#x' ? COMPLETE_TARGET : {}),
    }),
  ),
  {
    title: 'shouldHandle() without path',
    record: ({ WebSocketServer }) =>
      new WebSocketServer({ noServer: true }).shouldHandle({ url: '/x' } as IncomingMessage),
  },
  {
    title: 'shouldHandle() that a subclass overrides',
    record: async (library) => {
      class Picky extends library.WebSocketServer {
        override shouldHandle(request: IncomingMessage): boolean {
          return request.headers['x-a'] === 'b';
        }
      }
      const server = new Picky({ port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const { status } = (await ask(portOf(server), { 'X-A': 'b' })) as { status: number };
      const { status: other } = (await ask(portOf(server))) as { status: number };
      return [status, other >= 400];
    },
  },
]);

twins('events of a server', [
  {
    title: "'listening' without arguments",
    record: async (library) => {
      const server = new library.WebSocketServer({ port: 0 });
      onTestFinished(() => void server.close());
      return once(server, 'listening');
    },
  },
  {
    title: "'connection' with the socket and the request",
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}/a?b`));
      const args = await accepted;
      await once(client, 'open');
      return [
        args.length,
        args[0] instanceof library.WebSocket,
        args[0].readyState,
        args[1].url,
        args[1].socket === args[0]._socket,
      ];
    },
  },
  {
    title: "'headers' before 'connection', with lines that may be changed",
    record: async (library) => {
      const server = await startServer(library);
      const order: unknown[] = [];
      server.on('headers', (headers, request) => {
        order.push(['headers', headers.slice(0, 3), headers.length, request.url]);
        headers.push('X-A: b');
      });
      server.on('connection', () => order.push('connection'));
      const { fields } = (await ask(portOf(server))) as { fields: Record<string, string> };
      await turns(1);
      return [order, fields['x-a']];
    },
  },
  {
    title: "'wsClientError' with the error, the socket and the request, instead of a response",
    record: async (library) => {
      const server = await startServer(library);
      const seen: unknown[] = [];
      server.on('wsClientError', (error, socket, request) => {
        seen.push(classOf(error), typeof socket.end, request.url);
        socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\nContent-Length: 3\r\n\r\nown');
      });
      return [await ask(portOf(server), { [KEY]: 'foo' }), seen];
    },
  },
  ...Object.entries({
    'an invalid method': [{}, 'POST /chat HTTP/1.1'],
    'an invalid Upgrade': [{ Upgrade: 'foo' }],
    'an invalid key': [{ [KEY]: 'foo' }],
    'an invalid subprotocol': [{ [PROTOCOL]: 'a b' }],
  } as Record<string, [Record<string, string>, string?]>).map(
    ([name, [changes, line]]): Twin => ({
      title: `'wsClientError' for ${name}`,
      record: async (library) => {
        const server = await startServer(library);
        let count = 0;
        server.on('wsClientError', (_error, socket) => {
          count++;
          socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
        });
        const { status } = (await ask(portOf(server), changes, line)) as { status: number };
        return [status, count];
      },
    }),
  ),
  {
    title: "no 'wsClientError' for a client that verifyClient refuses",
    record: async (library) => {
      const server = await startServer(library, { verifyClient: () => false });
      let count = 0;
      server.on('wsClientError', () => count++);
      const { status } = (await ask(portOf(server))) as { status: number };
      return [status, count];
    },
  },
  {
    title: "'error' of the HTTP server",
    record: async (library) => {
      const first = await startServer(library);
      const second = new library.WebSocketServer({ port: portOf(first), host: '127.0.0.1' });
      const [error] = await once(second, 'error');
      return error.code;
    },
  },
  {
    title: 'events of an HTTP server that was passed',
    record: async (library) => {
      const http = createServer();
      const server = new library.WebSocketServer({ server: http });
      const seen: unknown[] = [];
      server.on('listening', () => seen.push('listening'));
      server.on('error', (error) => seen.push(error.message));
      http.emit('listening');
      http.emit('error', new Error('made up'));
      server.close();
      return seen;
    },
  },
  {
    title: 'the class of the option WebSocket',
    record: async (library) => {
      class Player extends library.WebSocket {
        readonly score = 7;
      }
      const server = await startServer(library, { WebSocket: Player as never });
      const accepted = once(server, 'connection');
      quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      const [socket] = await accepted;
      return [socket instanceof Player, socket.score];
    },
  },
  {
    title: 'a request that is sent with http.request',
    record: async (library) => {
      const server = await startServer(library);
      const request = httpRequest({
        port: portOf(server),
        host: '127.0.0.1',
        path: '/x',
        headers: { Connection: 'Upgrade', Upgrade: 'websocket', [KEY]: 'dGhlIHNhbXBsZSBub25jZQ==', [VERSION]: '13' },
      }).end();
      const [response, socket] = await once(request, 'upgrade');
      socket.destroy();
      return [response.statusCode, response.statusMessage, response.rawHeaders];
    },
  },
]);
