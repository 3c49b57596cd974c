/** Redirects of a client. */
import { once } from 'node:events';
import { type ClientRequest, createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ClientOptions, WebSocket } from 'ws';
import { nextUncaughtException } from '../../support/uncaught.ts';
import { handshakeEvents, redirect, startHttp } from './handshakes.ts';
import { closeOf, portOf, quiet, startServer, type Twin, turns, twins } from './twin.ts';

/** A client that is redirected once, to a server of the library. */
const redirected =
  (location: (port: number) => string, options: ClientOptions = {}, status = 302): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    const requests: unknown[] = [];
    server.on('connection', (_socket, request) =>
      requests.push([request.url, request.headers['x-a'], request.headers.authorization]),
    );
    const http = await startHttp(() => redirect(location(portOf(server)), status));
    const events = await handshakeEvents(library, `ws://127.0.0.1:${portOf(http)}/from`, [], {
      followRedirects: true,
      ...options,
    });
    return { events, requests };
  };

const CODE_OF_URL = {
  differs: '`code` of an error about a URL, an argument or a call',
  here: {
    events: [
      ['error', ['SyntaxError', 'WS_ERR_INVALID_URL', 'another text'], 2],
      ['close', 1006, '', 3],
    ],
    requests: [],
  },
};

/** `Authorization` of each request: to one host, and where it redirects. `localhost` is another host. */
const authorizations =
  (
    url: string,
    locations: readonly string[],
    options: ClientOptions = {},
    listens: boolean | 'once' = false,
  ): Twin['record'] =>
  async (library) => {
    const seen: unknown[] = [];
    const http = createServer();
    const here = (text: string): string => text.replace('PORT', String(portOf(http)));
    http.on('upgrade', (request, socket) => {
      const { authorization } = request.headers;
      seen.push(authorization?.startsWith('Basic ') ? atob(authorization.slice(6)) : authorization);
      const location = locations[seen.length - 1];
      socket.end(
        location === undefined ? 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n' : redirect(here(location)),
      );
    });
    http.listen(0);
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const socket = quiet(new library.WebSocket(here(url), { followRedirects: true, ...options }));
    if (listens) socket[listens === 'once' ? 'once' : 'on']('redirect', () => {});
    await closeOf(socket);
    return seen;
  };

const HERE = 'ws://127.0.0.1:PORT';
const CREDENTIALS = 'ws://u:p@127.0.0.1:PORT/c';
twins('credentials in the URL of a redirect', [
  { title: 'to the same host', record: authorizations(HERE, [CREDENTIALS]) },
  { title: 'percent-encoded', record: authorizations(HERE, ['ws://u%3a:%20p%zz@127.0.0.1:PORT/c']) },
  { title: 'a user without a password', record: authorizations(HERE, ['ws://u@127.0.0.1:PORT/c']) },
  { title: 'are kept at the next redirect', record: authorizations(HERE, [CREDENTIALS, '/d', `${HERE}/e`]) },
  { title: 'are replaced by those of the first URL', record: authorizations('ws://a:b@127.0.0.1:PORT', [CREDENTIALS]) },
  {
    title: 'are replaced by the option auth',
    record: authorizations(HERE, [CREDENTIALS], { auth: 'a:b' } as ClientOptions),
  },
  {
    title: 'are replaced by the header field',
    record: authorizations(HERE, [CREDENTIALS], { headers: { authorization: 'x' } }),
  },
  { title: 'to another host', record: authorizations(HERE, ['ws://u:p@localhost:PORT/c']) },
  { title: 'to another host, and a path of it', record: authorizations(HERE, ['ws://u:p@localhost:PORT/c', '/d']) },
  {
    title: 'to another host, which redirects to itself',
    record: authorizations(HERE, ['ws://localhost:PORT/c', 'ws://u:p@localhost:PORT/d']),
  },
  {
    title: 'to another host, with a listener of redirect',
    record: authorizations(HERE, ['ws://u:p@localhost:PORT/c', '/d'], {}, true),
  },
  {
    title: 'to the same host, with a listener of redirect',
    record: authorizations(HERE, [CREDENTIALS, 'ws://localhost:PORT/d'], {}, true),
  },
  ...[
    ['in the URL', 'ws://u:p@127.0.0.1:PORT', {}],
    ['as the option auth', HERE, { auth: 'a:b' }],
    ['as a header field', HERE, { headers: { authorization: 'x' } }],
  ].map(([place, url, options]) => ({
    title: `${place}, to another host that redirects to itself, with a listener of the first redirect only`,
    record: authorizations(url as string, ['ws://localhost:PORT/c', '/d'], options as ClientOptions, 'once'),
  })),
  {
    title: 'to the first host, from another one, with a listener of the first redirect only',
    record: authorizations('ws://u:p@127.0.0.1:PORT', ['ws://localhost:PORT/c', `${HERE}/d`], {}, 'once'),
  },
  {
    title: 'to the first host, from another one',
    record: authorizations(HERE, ['ws://localhost:PORT', CREDENTIALS]),
    differs: 'a redirect removes credentials',
    here: [undefined, undefined, undefined],
  },
]);

twins('redirects', [
  ...[300, 301, 302, 303, 304, 305, 306, 307, 308, 399, 299, 400].map(
    (status): Twin => ({
      title: `the status ${status} with Location`,
      record: redirected((port) => `ws://127.0.0.1:${port}/to`, {}, status),
    }),
  ),
  { title: 'to http', record: redirected((port) => `http://127.0.0.1:${port}/to?x`) },
  { title: 'to a URL without a path', record: redirected((port) => `//127.0.0.1:${port}`) },
  {
    title: 'not followed by default',
    record: redirected((port) => `ws://127.0.0.1:${port}/to`, { followRedirects: false }),
  },
  { title: 'maxRedirects: 0', record: redirected((port) => `ws://127.0.0.1:${port}/to`, { maxRedirects: 0 }) },
  { title: 'to an invalid URL', record: redirected(() => 'ws://'), ...CODE_OF_URL },
  { title: 'to another scheme', record: redirected(() => 'ftp://a'), ...CODE_OF_URL },
  { title: 'to a fragment', record: redirected((port) => `ws://127.0.0.1:${port}/to#fragment`), ...CODE_OF_URL },
  {
    title: 'with a listener of redirect, all header fields are sent',
    record: redirected((port) => `ws://127.0.0.1:${port}/to`, { headers: { 'X-A': 'b', Authorization: 'c' } }),
  },
  {
    title: 'without end: maxRedirects',
    record: async (library) => {
      const http = await startHttp((_request, port) => redirect(`ws://127.0.0.1:${port}/again`));
      return handshakeEvents(library, `ws://127.0.0.1:${portOf(http)}`, [], { followRedirects: true, maxRedirects: 3 });
    },
  },
  {
    title: 'finishRequest is called for each request',
    record: async (library) => {
      const paths: (string | undefined)[] = [];
      const finishRequest = (request: ClientRequest): void => {
        paths.push(request.path);
        request.end();
      };
      return [
        await redirected((port) => `ws://127.0.0.1:${port}/to`, { finishRequest } as ClientOptions)(library),
        paths,
      ];
    },
  },
]);

/** A client with a listener that throws: the uncaught exception, whether it opens, and how many requests each host receives. */
const throwingListener =
  (event: 'redirect' | 'upgrade' | 'unexpected-response', options: ClientOptions = {}): Twin['record'] =>
  async (library) => {
    const server = await startServer(library);
    const requests: string[] = [];
    const http = await startHttp(({ headers }) => {
      requests.push(`first: ${headers.authorization}`);
      return event === 'redirect'
        ? redirect(`ws://localhost:${portOf(server)}/to`)
        : 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n';
    });
    server.on('headers', (_lines, { headers }) => requests.push(`second: ${headers.authorization}`));
    const port = portOf(event === 'upgrade' ? server : http);
    const uncaught = nextUncaughtException();
    const socket: WebSocket = quiet(
      new library.WebSocket(`ws://127.0.0.1:${port}`, {
        followRedirects: true,
        headers: { Authorization: 'secret' },
        ...options,
      }),
    );
    let opened = false;
    socket.on('open', () => {
      opened = true;
    });
    socket.on(event, (...args: unknown[]) => {
      // `ws` does not listen to the errors of this request.
      if (event === 'redirect') (args[1] as ClientRequest).on('error', () => {});
      throw new Error('of a listener');
    });
    const { message } = await uncaught;
    await turns(20);
    return { message, opened, requests };
  };

twins('a listener that throws during the opening handshake', [
  { title: 'of redirect: nothing is sent to the other host', record: throwingListener('redirect') },
  {
    title: 'of redirect: finishRequest is not called again',
    record: async (library) => {
      let calls = 0;
      const finishRequest = (request: ClientRequest): void => {
        calls++;
        request.end();
      };
      return [await throwingListener('redirect', { finishRequest } as ClientOptions)(library), calls];
    },
  },
  { title: 'of upgrade: the connection does not open', record: throwingListener('upgrade') },
  { title: 'of unexpected-response', record: throwingListener('unexpected-response') },
]);

/** The URL of a client after a redirect that failed. */
const urlAfter =
  (location: string, options: ClientOptions = {}): Twin['record'] =>
  async (library) => {
    const http = await startHttp(({ url }, port) =>
      url === '/from' ? redirect(location.replace('PORT', String(port))) : 'HTTP/1.1 403 Forbidden\r\n\r\n',
    );
    const url = `ws://127.0.0.1:${portOf(http)}/from`;
    const socket = quiet(new library.WebSocket(url, { followRedirects: true, ...options }));
    await closeOf(socket);
    return socket.url.replace(/:\d+/, '');
  };

twins('the URL after a redirect that failed', [
  ...['/to', 'ws://', 'ftp://a/b', 'http://127.0.0.1:PORT/to', '/to#fragment', '#fragment', 'mailto:a'].map(
    (location): Twin => ({ title: location, record: urlAfter(location) }),
  ),
  { title: 'to a host that does not exist', record: urlAfter('ws://x.invalid/a') },
  { title: 'beyond maxRedirects', record: urlAfter('/to', { maxRedirects: 0 }) },
]);

twins('finishRequest that throws', [
  {
    title: 'at a redirect: the uncaught exception, or the error and the close code',
    record: async (library) => {
      const http = await startHttp(() => redirect('/to'));
      const thrown = library.name === 'ws' ? nextUncaughtException() : null;
      let calls = 0;
      const finishRequest = (request: ClientRequest): void => {
        if (++calls === 2) throw new Error('on purpose');
        request.end();
      };
      const options = { followRedirects: true, finishRequest };
      const socket = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(http)}`, options));
      const errors: string[] = [];
      socket.on('error', ({ message }) => errors.push(message));
      if (thrown !== null) return (await thrown).message;
      return [errors, (await closeOf(socket))[0]];
    },
    differs: '`finishRequest` throws at a redirect',
    here: [['on purpose'], 1006],
  },
]);
