/** handleUpgrade(), shouldHandle(), and the events of a server. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { ServerOptions, WebSocketServer } from 'ws';
import { frame } from '../../support/frames.ts';
import { KEY as KEY_VALUE, RawPeer, upgradeRequest } from '../../support/raw-peer.ts';
import type { Implementation } from '../implementations.ts';
import { ask, KEY, PROTOCOL, VERSION } from './requests.ts';
import { classOf, outcome, portOf, quiet, startServer, type Twin, turns, twins, until } from './twin.ts';

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
      const { status } = await ask(portOf(server), { 'X-A': 'b' });
      const { status: other } = await ask(portOf(server));
      return [status, other >= 400];
    },
  },
]);

/** Streams that are no sockets: the stream, a function that receives bytes of the client, and the bytes for it. */
const STREAMS: Readonly<Record<string, () => readonly [Duplex, (bytes: Buffer) => void, Buffer[]]>> = {
  'a Duplex': () => {
    const sent: Buffer[] = [];
    const write = (chunk: Buffer, _encoding: string, callback: () => void): void => {
      sent.push(Buffer.from(chunk));
      callback();
    };
    const stream = new Duplex({ read: () => {}, write });
    return [stream, (bytes) => stream.push(bytes), sent];
  },
  'a Duplex that is slow': () => {
    const sent: Buffer[] = [];
    const write = (chunk: Buffer, _encoding: string, callback: () => void): void => {
      sent.push(Buffer.from(chunk));
      setImmediate(callback);
    };
    const stream = new Duplex({ highWaterMark: 1, read: () => {}, write });
    return [stream, (bytes) => stream.push(bytes), sent];
  },
  'a Duplex that writes several chunks at once': () => {
    const sent: Buffer[] = [];
    const writev = (chunks: { chunk: Buffer }[], callback: () => void): void => {
      for (const { chunk } of chunks) sent.push(Buffer.from(chunk));
      callback();
    };
    const stream = new Duplex({ read: () => {}, writev });
    return [stream, (bytes) => stream.push(bytes), sent];
  },
  'a Duplex of two streams': () => {
    const [readable, writable, sent] = [new PassThrough(), new PassThrough(), [] as Buffer[]];
    writable.on('data', (chunk) => sent.push(chunk));
    return [Duplex.from({ readable, writable }), (bytes) => readable.write(bytes), sent];
  },
};

twins('streams that are no sockets', [
  ...Object.entries(STREAMS).map(
    ([title, open]): Twin => ({
      title: `${title}: a message, its answer, and a Close frame`,
      record: async (library) => {
        const [stream, receive, sent] = open();
        onTestFinished(() => void stream.destroy());
        const headers = { host: 'a', upgrade: 'websocket', connection: 'Upgrade' };
        const fields = { ...headers, 'sec-websocket-key': KEY_VALUE, 'sec-websocket-version': '13' };
        const request = { method: 'GET', url: '/', headers: fields } as unknown as IncomingMessage;
        const seen: unknown[] = [];
        const server = new library.WebSocketServer({ noServer: true });
        server.handleUpgrade(request, stream, Buffer.alloc(0), (webSocket) => {
          webSocket.on('message', (data) => {
            seen.push(String(data));
            webSocket.send('answer');
          });
          webSocket.on('close', (code) => seen.push(code));
        });
        receive(frame({ opcode: 1, payload: 'message' }));
        await until(() => sent.length > 1);
        receive(frame({ opcode: 8, payload: Buffer.of(3, 232) }));
        stream.push(null);
        await until(() => seen.length > 1);
        return [seen, Buffer.concat(sent).toString('latin1')];
      },
    }),
  ),
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
      const { fields } = await ask(portOf(server));
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
        const { status } = await ask(portOf(server), changes, line);
        return [status, count];
      },
    }),
  ),
  {
    title: "no 'wsClientError' for another path, or for a request that shouldHandle() refuses",
    record: async (library) => {
      let count = 0;
      const refused = async (options: ServerOptions, target: string): Promise<boolean> => {
        const server = await startServer(library, options);
        server.on('wsClientError', () => count++);
        if (options.path === undefined) server.shouldHandle = () => false;
        const client = new library.WebSocket(`ws://127.0.0.1:${portOf(server)}${target}`);
        const [error] = await once(client, 'error');
        return /^Unexpected server response: 40[04]$/.test(error.message);
      };
      return [await refused({ path: '/here' }, '/there'), await refused({}, '/'), count];
    },
  },
  {
    title: "no 'wsClientError' for a client that verifyClient refuses",
    record: async (library) => {
      const server = await startServer(library, { verifyClient: () => false });
      let count = 0;
      server.on('wsClientError', () => count++);
      const { status } = await ask(portOf(server));
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
