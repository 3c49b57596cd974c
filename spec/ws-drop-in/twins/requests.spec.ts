/** The responses of a server to upgrade requests. */
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'ws';
import { ask, EXTENSIONS, KEY, PROTOCOL, responseOf, VERSION } from './requests.ts';
import { portOf, startServer, type Twin, twins } from './twin.ts';

const requested =
  (
    changes: Record<string, string | string[] | null> = {},
    options: ServerOptions = {},
    requestLine?: string,
  ): Twin['record'] =>
  async (library) =>
    responseOf(portOf(await startServer(library, options)), changes, requestLine);

const refusedWith = (status: number, version?: string): object => ({
  status,
  accept: undefined,
  protocol: undefined,
  extensions: undefined,
  body: true,
  connection: 'close',
  upgrade: undefined,
  version,
});

const UNSUPPORTED_VERSION = { ...refusedWith(426, '13'), connection: 'close, Upgrade', upgrade: 'websocket' };

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
twins('requests to a server', [
  { title: 'a valid one', record: requested() },
  { title: 'Upgrade in capitals', record: requested({ Upgrade: 'WebSocket' }) },
  { title: 'Connection with several values', record: requested({ Connection: 'keep-alive, Upgrade' }) },
  { title: 'another method', record: requested({}, {}, 'POST /chat HTTP/1.1') },
  {
    title: 'another method: Allow',
    record: async (library) => (await ask(portOf(await startServer(library)), {}, 'POST / HTTP/1.1')).fields.allow,
    differs: 'the response 405 to a method other than GET',
    here: 'GET',
  },
  { title: 'another Upgrade', record: requested({ Upgrade: 'foo' }) },
  ...['websocket, foo', 'foo, WebSocket', 'websocket,', ['websocket', 'foo'], ['h2c', 'websocket']].map(
    (value): Twin => ({
      title: `Upgrade with several elements: ${JSON.stringify(value)}`,
      record: requested({ Upgrade: value }),
      differs: 'an `Upgrade` field with several protocols, such as `websocket, foo`',
      here: ACCEPTED,
    }),
  ),
  ...['websocket/13', 'websocket foo', 'xwebsocket'].map(
    (value): Twin => ({ title: `Upgrade: "${value}"`, record: requested({ Upgrade: value }) }),
  ),
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
    differs: 'a `Sec-WebSocket-Version` other than 13',
    here: UNSUPPORTED_VERSION,
  },
  {
    title: 'version 8',
    record: requested({ [VERSION]: '8' }),
    differs: 'a `Sec-WebSocket-Version` other than 13',
    here: UNSUPPORTED_VERSION,
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
    differs: '`handleProtocols` returns a subprotocol that was not offered',
    here: refusedWith(500),
  },
  { title: 'the option path', record: requested({}, { path: '/chat' }) },
  { title: 'the option path, and a query', record: requested({}, { path: '/chat' }, 'GET /chat?a=b HTTP/1.1') },
  {
    title: 'another path',
    record: requested({}, { path: '/other' }),
    differs: 'a request for another `path`, or one for which `shouldHandle()` returns false',
    here: refusedWith(404),
  },
]);

const offered = (offer: string, perMessageDeflate: ServerOptions['perMessageDeflate'] = true): Twin['record'] =>
  requested({ [EXTENSIONS]: offer }, { perMessageDeflate });
const UNMET = { differs: 'an offer of permessage-deflate that cannot be accepted', here: ACCEPTED };
const DEFLATE = 'permessage-deflate';
const smallerWindow = (parameter: string) => ({
  differs: 'an offer of permessage-deflate with a smaller window than the option',
  here: { ...ACCEPTED, extensions: `${DEFLATE}; ${parameter}` },
});
twins('offers of permessage-deflate', [
  { title: 'without the option', record: offered(DEFLATE, false) },
  ...['foo; =', 'a b', ';', 'foo=;bar', 'foo; a="'].map(
    (value): Twin => ({
      title: `the malformed field ${value} without the option`,
      record: offered(value, false),
      differs: 'a malformed `Sec-WebSocket-Extensions`, without permessage-deflate',
      here: refusedWith(400),
    }),
  ),
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
    differs: 'parameters of permessage-deflate with their default value, such as `client_max_window_bits=15`',
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
  ...Object.entries({
    [`${DEFLATE},`]: DEFLATE,
    [`${DEFLATE}; server_max_window_bits = 10`]: `${DEFLATE}; server_max_window_bits=10`,
  }).map(
    ([value, extensions]): Twin => ({
      title: `the offer ${value}`,
      record: offered(value),
      differs: 'an offer such as `permessage-deflate,` or `permessage-deflate; server_max_window_bits = 10`',
      here: { ...ACCEPTED, extensions },
    }),
  ),
  {
    title: 'a number with a leading zero',
    record: offered(`${DEFLATE}; server_max_window_bits=09`),
    differs: 'an offer with a number with a leading zero, such as `server_max_window_bits=09`',
    here: ACCEPTED,
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
    differs: '`verifyClient` returns a truthy value other than `true`',
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
      const { fields, ...response } = await ask(portOf(server));
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
