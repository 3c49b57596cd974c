import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Hub, MemoryLog } from '../../src/hub/index.ts';
import { JetStreamLog } from '../../src/hub/nats/index.ts';
import { RedisLog } from '../../src/hub/redis/index.ts';
import { EventChannel, EventParser, EventParserStream, EventSource, EventStream } from '../../src/sse/index.ts';
import { warnOfSimilarOptions } from '../../src/websocket/client/client-options.ts';
import { BrowserWebSocket, createWebSocketStream, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { FakeStream, settled } from '../support/fake-stream.ts';
import { serve } from '../support/http-server.ts';
import { connectPair } from '../support/sockets.ts';

const UNKNOWN = 'PUSHWIRE_UNKNOWN_OPTION';

/** Runs a function. Returns the messages of the warnings with a code. */
async function warningsOf(act: () => unknown, expected = UNKNOWN): Promise<string[]> {
  const messages: string[] = [];
  const note = ({ code, message }: Error & { code?: string }): void => {
    if (code === expected) messages.push(message);
  };
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', note);
  try {
    await act();
    await settled(2);
  } finally {
    process.removeAllListeners('warning');
    for (const other of others) process.on('warning', other);
  }
  return messages;
}

/** Opens the stream of a request that is made up. */
async function openStream(options: object): Promise<EventStream> {
  const url = await serve((request, response) => resolve(EventStream.open(request, response, options)));
  let resolve: (stream: EventStream) => void = () => {};
  const opened = new Promise<EventStream>((onOpen) => (resolve = onOpen));
  const source = new EventSource(url);
  onTestFinished(() => source.close());
  return opened;
}

const newServer = (options: object): WebSocketServer => new WebSocketServer({ noServer: true, ...options });

function newClient(options: object): void {
  const socket = new WebSocket('ws://127.0.0.1:1', options);
  socket.on('error', () => {});
  socket.terminate();
}

const natsConnection = { publish() {}, subscribe() {}, async *status() {}, isClosed: () => false };
const redisClient = { duplicate: () => ({}), sendCommand() {}, isOpen: false, on() {} };

/** Calls each class and function that has options with a mistyped one: the mistake, what the warning says, and the call. */
const CALLS: readonly [owner: string, mistake: string, meant: string, call: (options: object) => unknown][] = [
  ['WebSocketServer', 'maxPayLoad', 'maxPayload', newServer],
  ['perMessageDeflate', 'treshold', 'threshold', (perMessageDeflate) => newServer({ perMessageDeflate })],
  ['WebSocket', 'handshakeTimout', 'handshakeTimeout', newClient],
  [
    'setSocket()',
    'maxpayload',
    'maxPayload',
    (options) => new WebSocket(null).setSocket(new Duplex({ read() {} }), Buffer.alloc(0), options),
  ],
  [
    'createWebSocketStream()',
    'highWatermark',
    'highWaterMark',
    async (options) => createWebSocketStream((await connectPair()).clientEnd, options).destroy(),
  ],
  ['broadcast()', 'compres', 'compress', (options) => newServer({}).broadcast('text', options)],
  ['EventStream', 'hartbeat', 'heartbeat', openStream],
  ['EventChannel', 'histroy', 'history', (options) => new EventChannel(options)],
  ['history', 'cout', 'count', (history) => new EventChannel({ history })],
  ['add()', 'last_event_id', 'lastEventId', (options) => new EventChannel().add(new FakeStream().asStream, options)],
  ['EventParser', 'maxEventsSize', 'maxEventSize', (options) => new EventParser({ onEvent() {} }, options)],
  ['EventParserStream', 'oncomment', 'onComment', (options) => new EventParserStream(options)],
  [
    'EventSource',
    'reconnectTime',
    'reconnectionTime',
    (options) => new EventSource('http://127.0.0.1:1', options).close(),
  ],
  ['Hub', 'logs', 'log', (options) => new Hub(options)],
  ['recent', 'byte', 'bytes', (recent) => new Hub({ recent })],
  ['subscribe()', 'filters', 'filter', (options) => new Hub().subscribe(new FakeStream().asStream, 'a', options)],
  [
    'accept()',
    'autorize',
    'authorize',
    async (options) =>
      new Hub().accept((await connectPair()).serverEnd, {} as never, { authorize: () => true, ...options }),
  ],
  ['MemoryLog', 'ages', 'age', (options) => new MemoryLog(options)],
  ['RedisLog', 'maxlenght', 'maxLength', (options) => new RedisLog({ client: redisClient as never, ...options })],
  [
    'JetStreamLog',
    'duplicatewindow',
    'duplicateWindow',
    (options) => new JetStreamLog({ connection: natsConnection as never, ...options }),
  ],
];

/** Those of `shutdown()` have one owner: each call has a mistake of its own. */
const SHUTDOWNS: readonly [mistake: string, meant: string, call: (options: object) => unknown][] = [
  ['tiemout', 'timeout', (options) => newServer({}).shutdown(options)],
  ['timeouts', 'timeout', (options) => new EventChannel().shutdown(options)],
  ['timeOut', 'timeout', async (options) => (await openStream({})).shutdown(options)],
  ['spred', 'spread', (options) => new Hub().shutdown(options)],
];

describe('A mistyped option', () => {
  it.each([...CALLS, ...SHUTDOWNS.map(([mistake, meant, call]) => ['shutdown()', mistake, meant, call] as const)])(
    'of %s is a warning: %s',
    async (owner, mistake, meant, call) => {
      const message = `Unknown option "${mistake}" of ${owner} (did you mean ${meant}?)`;
      expect(await warningsOf(() => call({ [mistake]: null }))).toEqual([message]);
      // It is a mistake in the program: one warning is enough.
      expect(await warningsOf(() => call({ [mistake]: null }))).toEqual([]);
    },
  );

  it('of an event for publish() is a warning, and the members of a HubEvent are none', async () => {
    const publish = (event: object): unknown => new Hub().publish('a', { data: 1, ...event });
    expect(await warningsOf(() => publish({ idempotencykey: 'key', type: 'created' }))).toEqual([
      'Unknown option "idempotencykey" of publish() (did you mean idempotencyKey?)',
      'Unknown option "type" of publish()',
    ]);
    expect(await warningsOf(() => publish({ topic: 'b', id: '1', event: 'created' }))).toEqual([]);
  });

  it('of a BrowserWebSocket is a warning', async () => {
    const open = (options: object): void => new BrowserWebSocket('ws://127.0.0.1:1', [], options).close();
    expect(await warningsOf(() => open({ closeTimout: 1 }))).toEqual([
      'Unknown option "closeTimout" of WebSocket (did you mean closeTimeout?)',
    ]);
  });

  it.each([
    ['max_payload', 'maxPayload'],
    ['maxpayload', 'maxPayload'],
    ['payload', 'maxPayload'],
    ['foo', undefined],
    ['port_', 'port'],
    ['x'.repeat(100), undefined],
  ])('suggests what is similar: %s', async (mistake, meant) => {
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    const [warning] = await warningsOf(() => newServer({ [mistake]: 1 }));
    expect(warning).toMatch(/^Unknown option "\w+…?" of WebSocketServer/);
    expect(warning!.endsWith(`of WebSocketServer${hint}`)).toBe(true);
  });
});

describe('No warning', () => {
  it('follows an option that is inherited, a symbol, or undefined', async () => {
    const options = Object.create({ inheritedOption: 1 });
    options[Symbol('option')] = 1;
    options.undefinedOption = undefined;
    options.noServer = true;
    expect(await warningsOf(() => new WebSocketServer(options))).toEqual([]);
  });

  it('follows an option of a class of the application, unless its name is similar to one of the server', async () => {
    class Socket extends WebSocket {}
    const options = { WebSocket: Socket, userOfSocket: 1, maxPayloads: 1 };
    expect(await warningsOf(() => newServer(options))).toEqual([
      'Unknown option "maxPayloads" of WebSocketServer (did you mean maxPayload?)',
    ]);
  });

  it.each([
    ['WebSocketServer', class extends WebSocketServer {}, 'maxPayloadd', 'maxPayload'],
    ['EventChannel', class extends EventChannel {}, 'maxStreamss', 'maxStreams'],
    ['Hub', class extends Hub {}, 'maxTopicss', 'maxTopics'],
    ['EventSource', class extends EventSource {}, 'maxEventSizes', 'maxEventSize'],
  ])(
    'follows an option of a subclass, unless its name is similar to one of the class: %s',
    async (owner, Class, mistake, meant) => {
      const create = (options: object): unknown =>
        owner === 'EventSource'
          ? new (Class as typeof EventSource)('http://127.0.0.1:1', { ...options, signal: AbortSignal.abort() })
          : new (Class as new (options: object) => unknown)({
              ...(owner === 'WebSocketServer' && { noServer: true }),
              ...options,
            });
      expect(await warningsOf(() => create({ optionOfSubclass: 1, [mistake]: 1 }))).toEqual([
        `Unknown option "${mistake}" of ${owner} (did you mean ${meant}?)`,
      ]);
    },
  );

  it('follows a getter, which is not called', async () => {
    const read = (): never => {
      throw new Error('read');
    };
    const options = Object.defineProperty({ noServer: true }, 'getter', { get: read, enumerable: true });
    expect(await warningsOf(() => new WebSocketServer(options))).toEqual([]);
  });

  it.each([
    'bodyTimeout connectTimeout freeSocketTimeout headersTimeout idleTimeout proxyTimeout requestTimeout socketTimeout',
    'beforeRedirect keepAliveTimeout maxBodyLength maxRetries protocolRewrite trackRedirects webSocketVersion',
  ])('follows an option of an HTTP library for a client: %s', async (names) => {
    const options = Object.fromEntries(names.split(' ').map((name) => [name, 1]));
    expect(await warningsOf(() => warnOfSimilarOptions('WebSocket', options))).toEqual([]);
  });

  it('follows an option of an agent', async () => {
    expect(await warningsOf(() => newClient({ agent: new Agent(), optionOfAgent: 1 }))).toEqual([]);
  });

  it('follows an option of ws', async () => {
    const options = { backlog: 1, host: '127.0.0.1', path: '/', skipUTF8Validation: false, autoPong: true };
    const others = { maxPayload: 1, clientTracking: true, handleProtocols: null, verifyClient: null, closeTimeout: 1 };
    const more = { allowSynchronousEvents: true, perMessageDeflate: false, maxFragments: 1, maxBufferedChunks: 1 };
    expect(await warningsOf(() => newServer({ ...options, ...others, ...more, WebSocket: null }))).toEqual([]);
  });

  it.each([
    'abort agent allowPartialTrustChain ALPNCallback ALPNProtocols auth autoSelectFamily',
    'autoSelectFamilyAttemptTimeout ca cert checkServerIdentity ciphers clientCertEngine createConnection crl',
    'defaultPort dhparam ecdhCurve enableTrace family headers hints honorCipherOrder host hostname',
    'insecureHTTPParser joinDuplicateHeaders keepAlive keepAliveInitialDelay key localAddress localPort lookup',
    'maxHeaderSize maxVersion method minDHSize minVersion noDelay onread passphrase path pfx port',
    'privateKeyEngine privateKeyIdentifier protocol pskCallback rejectUnauthorized requestCert requestOCSP',
    'secureContext secureOptions secureProtocol servername session sessionIdContext sessionTimeout setDefaultHeaders',
    'setHost sigalgs signal socketPath ticketKeys timeout uniqueHeaders highWaterMark allowHalfOpen blockList',
    'maxSockets maxTotalSockets maxFreeSockets maxCachedSessions scheduling typeOfService proxyEnv options',
  ])('follows an option of Node.js for a client: %s', async (names) => {
    const options = Object.fromEntries(names.split(' ').map((name) => [name, 1]));
    expect(await warningsOf(() => warnOfSimilarOptions('WebSocket', options))).toEqual([]);
  });
});

describe('A path that no request has', () => {
  it.each(['echo', '/echo?a=b', '?'])('is a warning: %s', async (path) => {
    expect(await warningsOf(() => newServer({ path }), 'PUSHWIRE_UNMATCHED_PATH')).toEqual([
      `path must begin with "/" and have no query; received "${path}": no request has this path`,
    ]);
  });

  it.each(['/', '/echo', '', null])('is not: %s', async (path) => {
    expect(await warningsOf(() => newServer({ path }), 'PUSHWIRE_UNMATCHED_PATH')).toEqual([]);
  });
});

it('checks a bounded number of names', async () => {
  const act = (): void => {
    for (let index = 0; index < 3000; index++) new EventChannel({ [`made up ${index}`]: 1 });
  };
  expect((await warningsOf(act)).length).toBeLessThanOrEqual(1000);
});
