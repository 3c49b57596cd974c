/** The opening handshake of a client. */
import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ClientOptions, WebSocket } from 'ws';
import { rawServer, upgradeResponse } from '../../support/raw-peer.ts';
import { handshakeEvents, redirect, startHttp } from './handshakes.ts';
import { closeOf, portOf, quiet, startServer, type Twin, twins } from './twin.ts';

/** A handshake with a response of a raw server. */
const respondedWith =
  (
    changes: Record<string, string | string[] | null>,
    protocols: string[] = [],
    options: ClientOptions = {},
  ): Twin['record'] =>
  async (library) => {
    const port = await rawServer(async (peer) => peer.write(upgradeResponse(await peer.readHead(), changes)));
    return handshakeEvents(library, `ws://127.0.0.1:${port}`, protocols, options);
  };

const answeredWith =
  (text: string, options: ClientOptions = {}): Twin['record'] =>
  async (library) => {
    const port = await rawServer(async (peer) => {
      await peer.readHead();
      peer.write(text);
      peer.end();
    });
    return handshakeEvents(library, `ws://127.0.0.1:${port}`, [], options);
  };

const EXTENSION = 'Sec-WebSocket-Extensions';
twins('responses of a server', [
  { title: 'a valid one', record: respondedWith({}) },
  { title: 'Upgrade in capitals', record: respondedWith({ Upgrade: 'WebSocket' }) },
  { title: 'another Upgrade', record: respondedWith({ Upgrade: 'foo' }) },
  {
    title: 'a wrong Sec-WebSocket-Accept',
    record: respondedWith({ 'Sec-WebSocket-Accept': 'CxYS6+NgJSBG74mdgLvGscRvpns=' }),
  },
  { title: 'no Sec-WebSocket-Accept', record: respondedWith({ 'Sec-WebSocket-Accept': null }) },
  { title: 'a subprotocol that was requested', record: respondedWith({ 'Sec-WebSocket-Protocol': 'b' }, ['a', 'b']) },
  {
    title: 'a subprotocol that was not requested',
    record: respondedWith({ 'Sec-WebSocket-Protocol': 'c' }, ['a', 'b']),
  },
  { title: 'a subprotocol although none was requested', record: respondedWith({ 'Sec-WebSocket-Protocol': 'a' }) },
  { title: 'no subprotocol although one was requested', record: respondedWith({}, ['a']) },
  { title: 'two subprotocols', record: respondedWith({ 'Sec-WebSocket-Protocol': 'a, b' }, ['a', 'b']) },
  { title: 'permessage-deflate', record: respondedWith({ [EXTENSION]: 'permessage-deflate' }) },
  {
    title: 'permessage-deflate that was not requested',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate' }, [], { perMessageDeflate: false }),
  },
  {
    title: 'permessage-deflate with all parameters',
    record: respondedWith({
      [EXTENSION]:
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
    }),
  },
  {
    title: 'a quoted value',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate; server_max_window_bits="10"' }),
  },
  ...[
    'foo',
    'foo, permessage-deflate',
    'permessage-deflate, permessage-deflate; x',
    'foo=;bar',
    ';',
    'permessage-deflate; foo',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=8; server_max_window_bits=8',
    'permessage-deflate; server_no_context_takeover=1',
  ].map((value): Twin => ({ title: `the invalid extension ${value}`, record: respondedWith({ [EXTENSION]: value }) })),
  {
    title: 'an empty element after the extension',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate,' }),
    differs: '`Sec-WebSocket-Extensions` in a response: `permessage-deflate,`',
    here: [
      ['upgrade', 101],
      ['open', '', 'permessage-deflate'],
      ['close', 1006, '', 3],
    ],
  },
  ...['permessage-deflate, permessage-deflate', 'permessage-deflate; client_max_window_bits=08'].map(
    (value): Twin => ({
      title: `the extension ${value}`,
      record: respondedWith({ [EXTENSION]: value }),
      differs: '`Sec-WebSocket-Extensions` in a response: permessage-deflate twice, or a number with a leading zero',
      here: [
        ['upgrade', 101],
        ['error', ['Error', undefined, 'another text'], 2],
        ['close', 1006, '', 3],
      ],
    }),
  ),
  {
    title: 'client_max_window_bits above the option',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate; client_max_window_bits=12' }, [], {
      perMessageDeflate: { clientMaxWindowBits: 10 },
    }),
  },
  {
    title: 'client_max_window_bits that was not offered',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate; client_max_window_bits=12' }, [], {
      perMessageDeflate: { clientMaxWindowBits: false as never },
    }),
  },
  {
    title: 'client_no_context_takeover against the option',
    record: respondedWith({ [EXTENSION]: 'permessage-deflate; client_no_context_takeover' }, [], {
      perMessageDeflate: { clientNoContextTakeover: false },
    }),
  },
  ...[200, 204, 301, 400, 401, 403, 404, 426, 500, 503].map(
    (status): Twin => ({
      title: `the status ${status}`,
      record: answeredWith(`HTTP/1.1 ${status} Text\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
    }),
  ),
  {
    title: 'a redirect without Location',
    record: answeredWith('HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', {
      followRedirects: true,
    }),
  },
  { title: 'no HTTP', record: answeredWith('hello\r\n\r\n') },
  { title: 'the end of the connection', record: answeredWith('') },
  {
    title: 'the status 101 without Upgrade',
    record: answeredWith('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'),
  },
  {
    title: 'the status 101 without Connection',
    record: answeredWith('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'),
  },
  {
    title: 'the status 101 without Upgrade, with a listener of unexpected-response',
    record: async (library) => {
      const port = await rawServer(async (peer) => {
        await peer.readHead();
        peer.write('HTTP/1.1 101 Switching Protocols\r\nX-A: b\r\n\r\n');
      });
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${port}`));
      let upgrades = 0;
      socket.on('upgrade', () => upgrades++);
      const [, response] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
      return [response.statusCode, response.headers['x-a'], upgrades, socket.readyState];
    },
  },
  { title: 'the middle of a response', record: answeredWith('HTTP/1.1 101 Switching Protocols\r\nUpgrade:') },
  {
    title: 'a server that does not answer: handshakeTimeout',
    record: async (library) => {
      const port = await rawServer(() => {});
      return handshakeEvents(library, `ws://127.0.0.1:${port}`, [], { handshakeTimeout: 30 });
    },
  },
  {
    title: 'a port that nobody listens on',
    record: async (library) => {
      const http = createServer().listen(0, '127.0.0.1');
      await once(http, 'listening');
      const port = portOf(http);
      await new Promise((resolve) => http.close(resolve));
      return handshakeEvents(library, `ws://127.0.0.1:${port}`);
    },
  },
]);

twins('the opening handshake', [
  {
    title: "'unexpected-response' with its arguments, and no other event",
    record: async (library) => {
      const http = await startHttp(
        () => 'HTTP/1.1 401 Unauthorized\r\nX-A: b\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody',
      );
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}/x`));
      const [request, response] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
      const body = String(Buffer.concat(await response.toArray()));
      return [request.path, response.statusCode, response.headers['x-a'], body, socket.readyState];
    },
  },
  {
    title: "'upgrade' with the response, before 'open'",
    record: async (library) => {
      const server = await startServer(library);
      server.on('headers', (headers) => headers.push('X-A: b'));
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      const [response] = (await once(socket, 'upgrade')) as [IncomingMessage];
      return [response.statusCode, response.headers['x-a'], socket.readyState];
    },
  },
  {
    title: 'finishRequest gets the request and the socket',
    record: async (library) => {
      const server = await startServer(library);
      const seen: unknown[] = [];
      server.on('connection', (_socket, request) => seen.push(request.headers['x-a']));
      const socket: WebSocket = quiet(
        new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`, {
          finishRequest: (request: ClientRequest, webSocket: WebSocket) => {
            setImmediate(() => seen.unshift(webSocket === socket));
            request.setHeader('X-A', 'b');
            request.end();
          },
        } as ClientOptions),
      );
      await once(socket, 'open');
      return seen;
    },
  },
  {
    title: 'createConnection',
    record: async (library) => {
      const server = await startServer(library);
      const port = portOf(server);
      const socket = quiet(
        new library.WebSocket('ws://nowhere.invalid', { createConnection: () => connect(port, '127.0.0.1') } as never),
      );
      await once(socket, 'open');
      return socket.url;
    },
  },
  {
    title: 'a Unix domain socket',
    record: async (library) => {
      const http = createServer();
      const server = new library.WebSocketServer({ server: http });
      const path = join(tmpdir(), `pushwire-twin-${library.name}-${process.pid}.sock`);
      http.listen(path);
      await once(http, 'listening');
      onTestFinished(() => void http.close());
      const accepted = once(server, 'connection');
      const socket = quiet(new library.WebSocket(`ws+unix:${path}:/target?x=y`));
      const [peer, request] = await accepted;
      await once(socket, 'open');
      const record = [
        request.url,
        request.headers.host,
        socket.url === `ws+unix:${path}:/target?x=y`,
        server.address() === path,
      ];
      peer.terminate();
      return record;
    },
  },
  ...[
    ['to its own URL', 'SELF:/b'],
    ['to a path', '/pushwire-nowhere'],
  ].map(
    ([title, location]): Twin => ({
      title: `a Unix domain socket that redirects ${title}`,
      record: async (library) => {
        const path = join(tmpdir(), `pushwire-twin-redirect-${library.name}-${process.pid}.sock`);
        const requests: unknown[] = [];
        const http = createServer().on('upgrade', ({ url }, socket) => {
          requests.push(url);
          socket.end(
            url === '/a' ? redirect(location!.replace('SELF', `ws+unix:${path}`)) : 'HTTP/1.1 403 Forbidden\r\n\r\n',
          );
        });
        http.listen(path);
        await once(http, 'listening');
        onTestFinished(() => void http.close());
        await closeOf(quiet(new library.WebSocket(`ws+unix:${path}:/a`, { followRedirects: true })));
        return requests;
      },
      ...(title === 'to a path' && {
        differs: 'a redirect from a `ws+unix:` URL to a path',
        here: ['/a', '/pushwire-nowhere'],
      }),
    }),
  ),
  {
    title: 'a Blob, a message and a close, sent in a listener of open',
    record: async (library) => {
      const server = await startServer(library);
      const received: unknown[] = [];
      const ended = new Promise<void>((resolve) => {
        server.on('connection', (peer) => {
          peer.on('message', (data, isBinary) => received.push([String(data), isBinary]));
          peer.on('close', (code, reason) => {
            received.push([code, String(reason)]);
            resolve();
          });
        });
      });
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
      socket.on('open', () => {
        socket.send(new Blob(['blob']));
        socket.send('text');
        socket.close(3000, 'done');
      });
      await ended;
      return received;
    },
  },
]);
