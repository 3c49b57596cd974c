import { once } from 'node:events';
import { Agent, WebSocket as UndiciWebSocket } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as ws from 'ws';
import * as pushwire from '../../src/websocket/index.ts';
import { isDue } from '../support/full-run.ts';
import { expectSame, fragmentsOf, listen, type Message } from './echo.ts';

type Options = pushwire.PerMessageDeflateOptions;

const PAIRS = [
  { server: 'ws', client: 'pushwire', Server: ws.WebSocketServer, Client: pushwire.WebSocket },
  { server: 'pushwire', client: 'ws', Server: pushwire.WebSocketServer, Client: ws.WebSocket },
  { server: 'pushwire', client: 'pushwire', Server: pushwire.WebSocketServer, Client: pushwire.WebSocket },
] as const;

/** Messages that compress well and messages that do not: small ones, and some that are large enough for zlib's threads. */
const ALL_MESSAGES: readonly Message[] = [
  { bytes: Buffer.alloc(0), isBinary: false },
  { bytes: Buffer.from('Hello'), isBinary: false },
  { bytes: Buffer.from('Hello'), isBinary: false },
  ...[300, 5_000, 100_000, 300, 2_000_000].map((length, index) => ({
    bytes: Buffer.alloc(
      length,
      JSON.stringify({ index, id: 'f81d4fae', text: 'grüße an alle', list: [1, 2, 3, 4, 5] }).padEnd(128),
    ),
    isBinary: true,
  })),
  ...[10, 300, 20_000, 1_000_000].map((length, seed) => ({ bytes: noise(length, seed + 1), isBinary: true })),
];

/** The options that change how a long message is compressed or which thread does it, and the server that has them. */
const WITH_LONGEST: Readonly<Record<string, string>> = {
  'context takeover on both sides': 'pushwire',
  'no context takeover on either side': 'ws',
  'one job at a time': 'pushwire',
};

/** Without the messages over 100 KB. */
const FEWER_MESSAGES = ALL_MESSAGES.filter(({ bytes }) => bytes.length <= 100_000);

/** Bytes that hardly compress, the same in each run. */
function noise(length: number, seed: number): Buffer {
  let state = seed;
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

async function roundTrips(
  { Server, Client }: (typeof PAIRS)[number],
  serverOptions: Options,
  clientOptions: Options,
  sent: readonly Message[],
): Promise<string> {
  const { http, url } = await listen('ws');
  const server = new (Server as typeof ws.WebSocketServer)({
    server: http,
    perMessageDeflate: serverOptions as object,
  });
  const echoing = once(server, 'connection').then(([socket]: ws.WebSocket[]) => {
    socket!.on('error', () => {});
    socket!.on('message', (data, isBinary) => {
      // Whole, then in fragments.
      socket!.send(data, { binary: isBinary });
      const fragments = fragmentsOf(data as Buffer);
      fragments.forEach((fragment, index) => {
        socket!.send(fragment, { binary: isBinary, fin: index === fragments.length - 1 });
      });
    });
  });
  const client = new (Client as typeof ws.WebSocket)(url, { perMessageDeflate: clientOptions as object });
  onTestFinished(() => {
    client.terminate();
    http.close();
  });
  await Promise.all([once(client, 'open'), echoing]);
  const received: Message[] = [];
  const all = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data, isBinary) => {
      received.push({ bytes: data as Buffer, isBinary });
      if (received.length === sent.length * 2) resolve();
    });
  });
  for (const { bytes, isBinary } of sent) client.send(bytes, { binary: isBinary });
  await all;
  expectSame(
    received,
    sent.flatMap((message) => [message, message]),
  );
  return client.extensions;
}

describe.each(PAIRS)('permessage-deflate between a server of $server and a client of $client', (pair) => {
  const cases: readonly [string, Options, Options][] = [
    ['context takeover on both sides', {}, {}],
    ['no context takeover in the server', { serverNoContextTakeover: true }, {}],
    ['no context takeover in the client', { clientNoContextTakeover: true }, {}],
    ['no context takeover on either side', {}, { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ['a threshold', { threshold: 1_000, serverNoContextTakeover: true }, { threshold: 100 }],
    [
      'different options of zlib',
      { zlibDeflateOptions: { level: 9, memLevel: 9 } },
      { zlibDeflateOptions: { level: 1 } },
    ],
    ['one job at a time', { concurrencyLimit: 1 }, { concurrencyLimit: 1 }],
    ...[8, 9, 10, 11, 12, 13, 14, 15].flatMap((windowBits): [string, Options, Options][] => [
      [
        `a window of ${windowBits} bits, set by the server`,
        { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits },
        {},
      ],
      [
        `a window of ${windowBits} bits, set by the client`,
        {},
        { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits },
      ],
    ]),
  ];
  for (const [title, serverOptions, clientOptions] of cases) {
    // Without a full run, pushwire sets each window, in each role, for `ws`, and has the longest messages with `ws`, in one role, and
    // some of the options.
    const isOwn = pair.server === pair.client;
    const isSetByWs = title.endsWith(`set by the ${pair.server === 'ws' ? 'server' : 'client'}`);
    const isInFullRun = isDue(`${pair.server} ${pair.client} ${title}`);
    if (title.startsWith('a window') && (isOwn || isSetByWs) && !isInFullRun) continue;
    it(`echoes each message: ${title}`, async () => {
      const isWhole = (!isOwn && WITH_LONGEST[title] === pair.server) || isInFullRun;
      const sent = isWhole ? ALL_MESSAGES : FEWER_MESSAGES;
      expect(await roundTrips(pair, serverOptions, clientOptions, sent)).toBe('permessage-deflate');
    });
  }
});

describe("permessage-deflate with undici's client", () => {
  for (const [title, options] of [
    ['context takeover', true],
    ['no context takeover', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ] as const) {
    it(`receives each message as it was sent: ${title}`, async () => {
      const { http, url } = await listen('ws');
      const server = new pushwire.WebSocketServer({ server: http, perMessageDeflate: options });
      server.on('connection', (socket) => {
        for (const { bytes, isBinary } of ALL_MESSAGES) socket.send(bytes, { binary: isBinary });
      });
      const dispatcher = new Agent();
      const client = new UndiciWebSocket(url, { dispatcher });
      client.binaryType = 'arraybuffer';
      onTestFinished(async () => {
        for (const socket of server.clients) socket.terminate();
        http.close();
        await dispatcher.destroy();
      });
      const received: Message[] = [];
      await new Promise<void>((resolve) => {
        client.addEventListener('message', ({ data }) => {
          received.push({ bytes: Buffer.from(data), isBinary: typeof data !== 'string' });
          if (received.length === ALL_MESSAGES.length) resolve();
        });
      });
      expect(client.extensions).toContain('permessage-deflate');
      expectSame(received, ALL_MESSAGES);
    });
  }
});
