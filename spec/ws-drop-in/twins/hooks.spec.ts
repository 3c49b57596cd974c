/** Functions of the application that a server or a client calls during an upgrade: their `this`, and what they may return. */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ClientOptions, ServerOptions, WebSocketServer } from 'ws';
import { ask, PROTOCOL, responseOf } from './requests.ts';
import { closeOf, portOf, quiet, startServer, type Twin, twins } from './twin.ts';

const answered =
  (options: object): Twin['record'] =>
  async (library) =>
    responseOf(portOf(await startServer(library, options as ServerOptions)), { [PROTOCOL]: 'a, b' });

interface Owner {
  readonly token: string;
}

twins('methods of an options literal, which use `this`', [
  {
    title: 'verifyClient',
    record: answered({
      token: 'secret',
      verifyClient(this: Owner) {
        return this.token === 'secret';
      },
    }),
  },
  {
    title: 'verifyClient with a callback',
    record: answered({
      token: 'secret',
      verifyClient(this: Owner, _information: unknown, callback: (result: boolean) => void) {
        callback(this.token === 'secret');
      },
    }),
  },
  {
    title: 'handleProtocols',
    record: answered({
      token: 'b',
      handleProtocols(this: Owner) {
        return this.token;
      },
    }),
  },
  {
    title: 'finishRequest',
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      const options = {
        token: 'secret',
        finishRequest(this: Owner, request: ClientRequest) {
          request.setHeader('X-Token', this.token);
          request.end();
        },
      };
      quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`, options as ClientOptions));
      const [, request] = await accepted;
      return request.headers['x-token'];
    },
  },
  {
    title: 'verifyClient and handleProtocols that are set later',
    record: async (library) => {
      const server = await startServer(library);
      Object.assign(server.options, {
        token: 'b',
        verifyClient(this: Owner) {
          return this.token === 'b';
        },
        handleProtocols(this: Owner) {
          return this.token;
        },
      });
      return responseOf(portOf(server), { [PROTOCOL]: 'a, b' });
    },
  },
]);

twins('shouldHandle() that returns another value than a boolean', [
  ...[1, 'yes', {}, [], /^\//.exec('/')].map(
    (value): Twin => ({
      title: `truthy: ${JSON.stringify(value)}`,
      record: async (library) => {
        const server = await startServer(library);
        server.shouldHandle = () => value as never;
        return responseOf(portOf(server));
      },
    }),
  ),
  ...[0, '', null, undefined].map(
    (value): Twin => ({
      title: `falsy: ${JSON.stringify(value)}`,
      record: async (library) => {
        const server = await startServer(library);
        server.shouldHandle = () => value as never;
        return ((await responseOf(portOf(server))) as { status: number }).status;
      },
      differs: 'a request for another `path`, or one for which `shouldHandle()` returns false',
      here: 404,
    }),
  ),
  {
    title: 'truthy, and the option verifyClient',
    record: async (library) => {
      const server = await startServer(library, { verifyClient: () => false });
      server.shouldHandle = () => 1 as never;
      return responseOf(portOf(server));
    },
  },
]);

/** A line that a listener of 'headers' adds: the status, and a field that the line is or contains. */
const withLine =
  (line: unknown): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    server.on('headers', (lines) => lines.push(line as string));
    const { status, fields } = await ask(portOf(server));
    return [status, fields['x-a']];
  };
const REFUSED_LINE = {
  differs: "a listener of 'headers' adds a line that is not a string, or has a line break",
  here: [500, undefined],
};
twins("a listener of 'headers' that adds", [
  { title: 'a line', record: withLine('X-A: b') },
  { title: 'two lines as one', record: withLine('X-B: c\r\nX-A: b'), ...REFUSED_LINE },
  { title: 'an object', record: withLine({ toString: () => 'X-A: b' }), ...REFUSED_LINE },
]);

/** What a client with permessage-deflate gets, and whether the server then accepts a message of 20 bytes. */
const withOptions =
  (change: (server: WebSocketServer) => void): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    change(server);
    server.on('connection', (socket) => {
      quiet(socket);
      socket.on('message', () => socket.close(4000));
    });
    const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`));
    client.on('open', () => client.send('x'.repeat(20)));
    const [code] = await closeOf(client);
    return [client.extensions, code];
  };
const CHANGED_OPTIONS = {
  differs: '`server.options` is changed later: `maxPayload`, `perMessageDeflate`, and other options except functions',
  here: ['', 4000],
};
twins('options of a server that are changed later', [
  {
    title: 'maxPayload',
    record: withOptions((server) => void Object.assign(server.options, { maxPayload: 10 })),
    ...CHANGED_OPTIONS,
  },
  {
    title: 'perMessageDeflate',
    record: withOptions((server) => void Object.assign(server.options, { perMessageDeflate: true })),
    ...CHANGED_OPTIONS,
  },
]);

const INHERITED = { differs: 'an option that `options` inherits, such as a getter of a class' };
twins('options that are inherited', [
  {
    title: 'verifyClient of a server',
    record: async ({ WebSocketServer }) => {
      const options = Object.create({ verifyClient: () => false });
      const server = new WebSocketServer(Object.assign(options, { port: 0, host: '127.0.0.1' }));
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      return (await ask(portOf(server))).status;
    },
    ...INHERITED,
    here: 401,
  },
  {
    title: 'headers of a client',
    record: async (library) => {
      const server = await startServer(library);
      const accepted = once(server, 'connection');
      class Options {
        get headers() {
          return { 'X-A': 'b' };
        }
      }
      quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`, new Options() as ClientOptions));
      const [, request] = await accepted;
      return request.headers['x-a'];
    },
    ...INHERITED,
    here: 'b',
  },
]);

type Answer = (result: boolean, ...rest: unknown[]) => void;
const calledBack = (...args: Parameters<Answer>): Twin['record'] =>
  answered({ verifyClient: (_information: unknown, callback: Answer) => callback(...args) });

twins('the callback of verifyClient', [
  { title: '0 as the status', record: calledBack(false, 0) },
  { title: 'null as the status', record: calledBack(false, null) },
  { title: 'a string as the status', record: calledBack(false, '403') },
  { title: 'null as the text and the header fields', record: calledBack(false, 403, null, null) },
  { title: 'null as everything', record: calledBack(false, null, null, null) },
]);

type Information = { req: IncomingMessage };
twins('the parameters of verifyClient: only two of them mean a callback', [
  { title: 'none', record: answered({ verifyClient: () => true }) },
  {
    title: 'three, and it accepts',
    record: answered({ verifyClient: (_1: Information, _2: unknown, _3: unknown) => true }),
  },
  {
    title: 'three, and it refuses',
    record: answered({ verifyClient: (_1: Information, _2: unknown, _3: unknown) => false }),
  },
  {
    title: 'any number',
    record: answered({ verifyClient: (...[, callback]: unknown[]) => callback === undefined }),
  },
  {
    title: 'the second one with a default',
    record: answered({ verifyClient: (_information: Information, callback = null) => callback === null }),
  },
]);
