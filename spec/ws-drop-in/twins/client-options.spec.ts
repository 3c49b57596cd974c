/** The constructor of a client, and the request that it would send. */
import { Agent, type ClientRequest } from 'node:http';
import type { ClientOptions, WebSocket } from 'ws';
import { outcome, quiet, type Twin, twins } from './twin.ts';

/** An agent that records the request and does not send it. */
class IdleAgent extends Agent {
  readonly taken: { request: ClientRequest; options: Record<string, unknown> }[] = [];

  addRequest(request: ClientRequest, options: Record<string, unknown>): void {
    this.taken.push({ request, options });
  }
}

const WRONG_TYPE = { differs: 'an invalid option, such as `verifyClient: 5`', here: 'throws TypeError' };

/** `ws` does not see the empty fragment. */
const EMPTY_FRAGMENT = { differs: 'a URL with an empty fragment, such as `ws://a#`', here: 'throws SyntaxError' };

/** What a client would send: its URL, the target, where to, and the header fields, without the key. */
const requestOf =
  (url: unknown, ...args: unknown[]): Twin['record'] =>
  (library) => {
    const agent = new IdleAgent();
    let socket: WebSocket;
    const last = args.at(-1);
    const options = { ...(typeof last === 'object' && !Array.isArray(last) ? last : {}), agent };
    const rest = typeof last === 'object' && !Array.isArray(last) ? args.slice(0, -1) : args;
    const result = outcome(() => {
      socket = quiet(new library.WebSocket(url as string, ...(rest as []), options as ClientOptions));
      return undefined;
    });
    if (result !== 'done') return result;
    const { request, options: target } = agent.taken[0]!;
    const fields = Object.fromEntries(
      Object.entries(request.getHeaders()).map(([name, value]) => [
        name,
        name === 'sec-websocket-key' ? 'key' : String(value).replaceAll(', ', ','),
      ]),
    );
    return {
      url: socket!.url,
      method: request.method,
      // RFC 9112 §3.2.1: a request target is never empty. node:http sends a slash for it.
      path: request.path || '/',
      to: [target.host, Number(target.port), target.socketPath],
      fields,
    };
  };

const INVALID_URLS: readonly unknown[] = [
  '',
  'foo',
  '/path',
  'ftp://a',
  'ws://',
  'ws://a#',
  'ws://a#b',
  'ws+unix:',
  'ws://a:99999',
  'mailto:a@b',
  undefined,
  5,
  {},
];
twins('URLs', [
  ...[
    'ws://a',
    'ws://a/',
    'ws://a:80/',
    'ws://a:81/b?c=d',
    'ws://A/%20 x',
    'ws://[::1]:8080/',
    'ws://127.0.0.1',
    'http://a/b',
    'https://a/b',
    'wss://a',
    'wss://a:443',
    'wss://a:8443',
    'ws+unix:/tmp/a.sock',
    'ws+unix:/tmp/a.sock:/b?c',
    'ws://user:password@a/',
    'ws://user@a',
    'ws://:password@a',
    'ws://u%40x:p%3A@a',
    'ws://a/b?c#',
    ' ws://a ',
    'WS://a',
    'ws:a',
  ].map((url): Twin => ({ title: url, record: requestOf(url), ...(url === 'ws://a/b?c#' ? EMPTY_FRAGMENT : {}) })),
  { title: 'a URL object', record: requestOf(new URL('ws://a/b')) },
  { title: 'a URL object of http', record: requestOf(new URL('http://a/b')) },
  ...INVALID_URLS.map(
    (url): Twin => ({
      title: `the invalid URL ${typeof url === 'string' ? `"${url}"` : String(url)}`,
      record: requestOf(url),
      ...(url === 'ws://a#' ? EMPTY_FRAGMENT : {}),
    }),
  ),
]);

twins('subprotocols', [
  ...Object.entries({
    'a string': 'chat',
    'an array': ['a', 'b'],
    'an empty array': [],
    undefined,
    'an empty string': '',
    'a space': 'a b',
    'a comma': 'a,b',
    'a duplicate': ['a', 'a'],
    'two cases of one name': ['a', 'A'],
    'all token characters': "!#$%&'*+-.^_`|~09azAZ",
    'a separator': 'a/b',
    'a number': 5,
    'a number in an array': [5],
    null: null,
  } as Record<string, unknown>).map(([title, protocols]): Twin => ({ title, record: requestOf('ws://a', protocols) })),
  { title: 'the option protocols', record: requestOf('ws://a', { protocols: ['a', 'b'] }) },
  { title: 'the option protocols as a string', record: requestOf('ws://a', { protocols: 'a' }) },
  { title: 'the argument is preferred to the option', record: requestOf('ws://a', ['a'], { protocols: ['b'] }) },
]);

twins('options of the request', [
  ...Object.entries({
    'no options': {},
    origin: { origin: 'https://example.com' },
    'origin with protocolVersion 8': { origin: 'https://example.com', protocolVersion: 8 },
    'protocolVersion 13': { protocolVersion: 13 },
    'protocolVersion 7': { protocolVersion: 7 },
    'protocolVersion "13"': { protocolVersion: '13' },
    headers: { headers: { 'X-A': 'b', Cookie: 'c=d' } },
    'headers of the handshake are not replaced': {
      headers: { Upgrade: 'x', Connection: 'y', 'Sec-WebSocket-Version': '9' },
    },
    'headers.host': { headers: { host: 'other' } },
    'headers.origin': { headers: { origin: 'https://example.com' } },
    'a header field with several values': { headers: { 'X-A': ['b', 'c'] } },
    auth: { auth: 'user:password' },
    'headers.authorization and auth': { headers: { authorization: 'Bearer x' }, auth: 'user:password' },
    'perMessageDeflate: false': { perMessageDeflate: false },
    'perMessageDeflate: true': { perMessageDeflate: true },
    'perMessageDeflate: {}': { perMessageDeflate: {} },
    'clientNoContextTakeover: true': { perMessageDeflate: { clientNoContextTakeover: true } },
    'clientNoContextTakeover: false': { perMessageDeflate: { clientNoContextTakeover: false } },
    'serverNoContextTakeover: true': { perMessageDeflate: { serverNoContextTakeover: true } },
    'clientMaxWindowBits: 10': { perMessageDeflate: { clientMaxWindowBits: 10 } },
    'clientMaxWindowBits: true': { perMessageDeflate: { clientMaxWindowBits: true } },
    'clientMaxWindowBits: false': { perMessageDeflate: { clientMaxWindowBits: false } },
    'serverMaxWindowBits: 9': { perMessageDeflate: { serverMaxWindowBits: 9 } },
    'all of perMessageDeflate': {
      perMessageDeflate: {
        clientNoContextTakeover: true,
        serverNoContextTakeover: true,
        clientMaxWindowBits: 11,
        serverMaxWindowBits: 12,
      },
    },
    'options that the URL determines': {
      host: 'b',
      hostname: 'b',
      port: 1,
      path: '/b',
      protocol: 'https:',
      socketPath: '/b',
      method: 'POST',
    },
    defaultPort: { defaultPort: 1234 },
    'options without effect on the request': {
      allowSynchronousEvents: false,
      autoPong: false,
      maxPayload: 5,
      skipUTF8Validation: true,
      closeTimeout: 5,
      maxRedirects: 2,
      maxFragments: 3,
      maxBufferedChunks: 3,
      maxPendingAutoPongs: 3,
      followRedirects: true,
    },
  } as Record<string, object>).map(
    ([title, options]): Twin => ({
      title,
      record: requestOf('ws://a/b', options),
      ...(title === 'protocolVersion "13"' ? WRONG_TYPE : {}),
    }),
  ),
  { title: 'options as the third argument', record: requestOf('ws://a', ['x'], { origin: 'o' }) },
  { title: 'options as the third argument after undefined', record: requestOf('ws://a', undefined, { origin: 'o' }) },
  {
    title: 'headers that are an instance of Headers',
    record: requestOf('ws://a', { headers: new Headers({ Authorization: 'Bearer token' }) }),
    differs: '`headers` that are a Map or an instance of `Headers`',
    here: 'throws TypeError',
  },
  { title: 'timeout, an option of http.request, has no effect', record: requestOf('ws://a', { timeout: 5 }) },
]);
