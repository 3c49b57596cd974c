/** Requests that an application has edited before handleUpgrade(), or that it has made up. */
import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ServerOptions } from 'ws';
import { KEY as KEY_VALUE } from '../../support/raw-peer.ts';
import { streamPair } from '../../support/stream-pair.ts';
import type { Implementation } from '../implementations.ts';
import { ask, EXTENSIONS, KEY, PROTOCOL, VERSION } from './requests.ts';
import { classOf, portOf, type Twin, turns, twins } from './twin.ts';

type Edit = (request: IncomingMessage) => void;
type Lines = Record<string, string | string[] | null>;

const OFFERED: Lines = {
  Host: 'example.com',
  Origin: 'https://received.example',
  [PROTOCOL]: ['a', 'b'],
  [EXTENSIONS]: 'permessage-deflate',
};

/** What the server answers, and what its functions see. */
async function answerTo(
  { WebSocketServer }: Implementation,
  edit: Edit,
  lines: Lines,
  when: 'upgrade' | 'shouldHandle',
  options: ServerOptions = {},
): Promise<unknown> {
  const seen: unknown[] = [];
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    verifyClient: ({ origin }: { origin: string }) => seen.push(origin) > 0,
    handleProtocols: (protocols) => {
      seen.push([...protocols]);
      return [...protocols][0] ?? false;
    },
    ...options,
  });
  const { shouldHandle } = server;
  if (when === 'shouldHandle') {
    server.shouldHandle = (request) => {
      edit(request);
      return shouldHandle.call(server, request);
    };
  }
  const http = createServer();
  http.on('upgrade', (request, socket, head) => {
    if (when === 'upgrade') edit(request);
    try {
      server.handleUpgrade(request, socket, head, (webSocket) => webSocket.terminate());
    } catch (error) {
      socket.end(`HTTP/1.1 999 ${classOf(error)}\r\n\r\n`);
    }
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const { status, accept, protocol, extensions } = await ask(portOf(http), lines);
  return { status, accept, protocol, extensions, seen };
}

const edited = (title: string, edit: Edit, lines: Lines = {}, options: ServerOptions = {}): Twin => ({
  title,
  record: (library) => answerTo(library, edit, { ...OFFERED, ...lines }, 'upgrade', options),
});

const set =
  (name: string, value: unknown): Edit =>
  ({ headers }) => {
    headers[name.toLowerCase()] = value as string;
  };

const remove =
  (name: string): Edit =>
  ({ headers }) => {
    delete headers[name.toLowerCase()];
  };

twins('a request that a listener of upgrade has edited', [
  edited('not at all', () => {}),
  edited('another subprotocol', set(PROTOCOL, 'c')),
  edited('the first of two subprotocols', set(PROTOCOL, 'a')),
  edited('more subprotocols', set(PROTOCOL, 'x, y')),
  edited('a subprotocol that the client has not offered', set(PROTOCOL, 'c'), { [PROTOCOL]: null }),
  edited('an invalid subprotocol', set(PROTOCOL, 'a b')),
  edited('no subprotocols', remove(PROTOCOL)),
  edited('undefined subprotocols', set(PROTOCOL, undefined)),
  edited('no extensions', remove(EXTENSIONS)),
  edited('other parameters', set(EXTENSIONS, 'permessage-deflate; server_no_context_takeover')),
  edited('extensions that the client has not offered', set(EXTENSIONS, 'permessage-deflate'), { [EXTENSIONS]: null }),
  edited('a malformed extension', set(EXTENSIONS, 'a b')),
  edited('another Origin', set('origin', 'https://edited.example')),
  edited('no Origin', remove('origin')),
  edited('an Origin that the client has not sent', set('origin', 'https://edited.example'), { Origin: null }),
  edited('another Host', set('host', 'edited.example')),
  edited('another key', set(KEY, 'MTIzNDU2Nzg5MDEyMzQ1Ng==')),
  edited('an invalid key', set(KEY, 'foo')),
  edited('no key', remove(KEY)),
  edited('a key that the client has not sent', set(KEY, KEY_VALUE), { [KEY]: null }),
  edited('the version 13 instead of another', set(VERSION, '13'), { [VERSION]: '7' }),
  edited('the version 13 as a number', set(VERSION, 13), { [VERSION]: '7' }),
  edited('Upgrade', set('upgrade', 'h2c')),
  edited('an empty Upgrade', set('upgrade', '')),
  ...[null, 5, ['websocket']].map(
    (value): Twin => ({
      ...edited(`Upgrade: ${JSON.stringify(value)}`, set('upgrade', value)),
      differs: '`request.headers.upgrade` that is not a string',
      here: { status: 400, accept: undefined, protocol: undefined, extensions: undefined, seen: [] },
    }),
  ),
  edited('no Upgrade', remove('upgrade')),
  edited('Upgrade: websocket instead of another', set('upgrade', 'websocket'), { Upgrade: 'other' }),
  edited('the method', (request) => {
    request.method = 'POST';
  }),
  edited(
    'the URL, with the option path',
    (request) => {
      request.url = '/edited';
    },
    {},
    { path: '/edited' },
  ),
  edited('all header fields, with a new object', (request) => {
    request.headers = {
      host: 'a',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': KEY_VALUE,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'replaced',
      origin: 'https://replaced.example',
    };
  }),
  edited('all header fields, with a copy', (request) => {
    request.headers = { ...request.headers };
  }),
  edited('all header fields, with an empty object', (request) => {
    request.headers = {};
  }),
  edited('all header fields, each deleted', ({ headers }) => {
    for (const name of Object.keys(headers)) delete headers[name];
  }),
  edited('all header fields, with Headers', (request) => {
    request.headers = new Headers(request.headers as Record<string, string>) as never;
  }),
  ...[null, 5, true, false, {}, [], ['a'], ['a', 'b'], ''].flatMap((value) =>
    [PROTOCOL, EXTENSIONS, KEY, 'Origin'].map((name) => edited(`${name}: ${JSON.stringify(value)}`, set(name, value))),
  ),
  ...[null, 5, true, ['a'], ['13', '13'], '', '13.0'].map(
    (value): Twin => ({
      ...edited(`Sec-WebSocket-Version: ${JSON.stringify(value)}`, set(VERSION, value)),
      differs: 'a `Sec-WebSocket-Version` other than 13',
      here: { status: 426, accept: undefined, protocol: undefined, extensions: undefined, seen: [] },
    }),
  ),
  edited('Sec-WebSocket-Extensions: an array of an extension', set(EXTENSIONS, ['permessage-deflate'])),
  edited('Sec-WebSocket-Key: an array of the key', set(KEY, [KEY_VALUE])),
  edited('Sec-WebSocket-Version: an array of the version', set(VERSION, ['13'])),
  edited('fields that do not belong to the handshake', set('x-user', 'alice')),
  edited('nothing, with two lines of Origin', () => {}, { Origin: ['https://a.example', 'https://b.example'] }),
  edited('nothing, with two lines of Sec-WebSocket-Key', () => {}, { [KEY]: [KEY_VALUE, KEY_VALUE] }),
  {
    title: 'the subprotocol and Origin, in shouldHandle()',
    record: (library) => {
      const edit: Edit = ({ headers }) => Object.assign(headers, { origin: 'b', 'sec-websocket-protocol': 'c' });
      return answerTo(library, edit, OFFERED, 'shouldHandle');
    },
  },
  {
    title: 'a malformed subprotocol, in shouldHandle()',
    record: (library) => answerTo(library, set(PROTOCOL, 'a b'), OFFERED, 'shouldHandle'),
  },
  {
    ...edited('no Host', remove('host')),
    differs: 'HTTP/1.0, or a request without `Host`',
    here: { status: 400, accept: undefined, protocol: undefined, extensions: undefined, seen: [] },
  },
  {
    ...edited('no Connection', remove('connection')),
    differs: 'a `Connection` field without `Upgrade`',
    here: { status: 400, accept: undefined, protocol: undefined, extensions: undefined, seen: [] },
  },
]);

const HEADERS = {
  upgrade: 'websocket',
  'sec-websocket-key': KEY_VALUE,
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'a',
};

/** The first line of the answer to a request that was made up, on a stream that is no socket; and what the functions see. */
async function answerToMadeUp(library: Implementation, request: unknown, path = ''): Promise<unknown> {
  const [transport, peer] = streamPair();
  const seen: unknown[] = [];
  const server = new library.WebSocketServer({
    noServer: true,
    path,
    verifyClient: (information: { origin: string }) => seen.push(information.origin) > 0,
  } as ServerOptions);
  let answer = '';
  peer.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  let protocol: string | undefined;
  server.handleUpgrade(request as IncomingMessage, transport, Buffer.alloc(0), (webSocket) => {
    protocol = webSocket.protocol;
  });
  await turns(3);
  transport.destroy();
  return [answer.slice(0, answer.indexOf('\r\n')), protocol, seen];
}

const constructed = (headers: object): IncomingMessage => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: '/' });
  Object.assign(request.headers, headers);
  return request;
};

/** `verifyClient` of `ws` reads it. */
const socket = {};
twins('a request that an application has made up', [
  ...Object.entries({
    'an object with headers, method and url': () => ({ method: 'GET', url: '/', headers: HEADERS, socket }),
    'an object without a URL': () => ({ method: 'GET', headers: HEADERS, socket }),
    'an object without a method': () => ({ url: '/', headers: HEADERS, socket }),
    'an object with empty rawHeaders': () => ({ method: 'GET', url: '/', headers: HEADERS, rawHeaders: [], socket }),
    'an object with Origin': () => ({ method: 'GET', url: '/', headers: { ...HEADERS, origin: 'b' }, socket }),
    'an object without a key': () => ({
      method: 'GET',
      url: '/',
      headers: { ...HEADERS, 'sec-websocket-key': undefined },
      socket,
    }),
    'an object without header fields': () => ({ method: 'GET', url: '/', headers: {}, socket }),
    'an IncomingMessage with header fields': () => constructed(HEADERS),
    'an IncomingMessage with Host and Connection': () =>
      constructed({ ...HEADERS, host: 'a', connection: 'keep-alive, Upgrade' }),
    'an IncomingMessage without header fields': () => constructed({}),
    'an IncomingMessage with new header fields': () =>
      Object.assign(constructed({}), { headers: { ...HEADERS, origin: 'b' } }),
  }).map(([title, makeUp]): Twin => ({ title, record: (library) => answerToMadeUp(library, makeUp()) })),
  {
    title: 'an object at the option path',
    record: (library) =>
      answerToMadeUp(library, { method: 'GET', url: '/here?a=b', headers: HEADERS, socket }, '/here'),
  },
]);
