/** The constructor of a server, its options, address(), clients and close(). */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ServerOptions, WebSocket } from 'ws';
import { responseOf } from './requests.ts';
import { classOf, outcome, portOf, quiet, startServer, type Twin, turns, twins } from './twin.ts';

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
      differs: 'an invalid option, such as `verifyClient: 5`',
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
  {
    title: 'a request without Upgrade: the fields Upgrade and Connection',
    record: async (library) => {
      const server = await startServer(library);
      const [response] = (await once(get({ port: portOf(server), host: '127.0.0.1', agent: false }), 'response')) as [
        IncomingMessage,
      ];
      response.resume();
      return [response.headers.upgrade, response.headers.connection];
    },
    differs: 'the response 426 to a request without `Upgrade`',
    here: ['websocket', 'Upgrade'],
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
  ...['server', 'noServer', 'port'].map(
    (mode): Twin => ({
      title: `close() with clientTracking: false and ${mode}, while a connection is open`,
      record: async (library) => {
        const http = createServer();
        const modes = { server: { server: http }, noServer: { noServer: true }, port: { port: 0, host: '127.0.0.1' } };
        const server = new library.WebSocketServer({ clientTracking: false, ...modes[mode as keyof typeof modes] });
        const accepted = once(server, 'connection');
        if (mode === 'noServer') {
          http.on('upgrade', (request, socket, head) =>
            server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request)),
          );
        }
        if (mode === 'port') await once(server, 'listening');
        else {
          http.listen(0, '127.0.0.1');
          await once(http, 'listening');
          onTestFinished(() => void http.close());
        }
        const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(mode === 'port' ? server : http)}`));
        const opened = once(client, 'open');
        const [socket] = (await accepted) as [WebSocket];
        await opened;
        const closed = new Promise((resolve) => server.close(() => resolve(mode === 'port' || socket.readyState)));
        if (mode === 'port') socket.terminate();
        return closed;
      },
    }),
  ),
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
