import { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from '../../../src/websocket/index.ts';
import { openEnds } from '../../support/ends.ts';
import { nextTurns } from '../../support/held-transport.ts';
import {
  type Check,
  CONNECTION_CHECKS,
  CONNECTION_VALUES,
  DEFLATE_CHECKS,
  expectEffect,
} from '../../support/option-checks.ts';
import { rawServer, rawWebSocketServer, upgradeResponse } from '../../support/raw-peer.ts';
import { ending, openClient } from '../../support/sockets.ts';
import {
  type Allowed,
  VALUES as ANY_VALUES,
  expectRejected,
  FLAG,
  FUNCTION,
  NODE,
  NUMBER,
  OBJECT,
  TEXT,
} from '../../support/wrong-values.ts';

/** The head of the upgrade request that a client with these options sends. */
async function requestOf(options: ClientOptions, url = (port: number) => `ws://127.0.0.1:${port}`): Promise<string> {
  let receive: (head: string) => void;
  const received = new Promise<string>((resolve) => {
    receive = resolve;
  });
  const port = await rawWebSocketServer((_peer, head) => receive(head));
  new WebSocket(url(port), options).on('error', () => {});
  return received;
}

/** The port of a server that redirects a client once, to itself. */
async function redirectingServer(): Promise<number> {
  let redirected = false;
  const port = await rawServer(async (peer) => {
    const head = await peer.readHead();
    if (redirected) return peer.write(upgradeResponse(head));
    redirected = true;
    peer.write('HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /there\r\n\r\n');
  });
  return port;
}

type OwnOption = Exclude<keyof ClientOptions, keyof RequestOptions>;

/** A check of each option that `https.request` does not have. The compiler refuses this table if an option is missing. */
const OWN_CHECKS: Readonly<Record<OwnOption, Check>> = {
  ...CONNECTION_CHECKS,
  handshakeTimeout: async () => {
    const port = await rawServer(() => {});
    const { errors } = await ending(new WebSocket(`ws://127.0.0.1:${port}`, { handshakeTimeout: 20 }));
    expect(errors).toMatchObject([{ reason: 'WS_ERR_HANDSHAKE_TIMEOUT' }]);
  },
  followRedirects: async () => {
    const url = async (): Promise<string> => `ws://127.0.0.1:${await redirectingServer()}/`;
    expect((await openClient(await url(), { followRedirects: true })).url).toMatch(/\/there$/);
    const { errors } = await ending(new WebSocket(await url(), { followRedirects: false }));
    expect(errors).toMatchObject([{ message: 'Unexpected server response: 302' }]);
  },
  maxRedirects: async () => {
    const options = { followRedirects: true, maxRedirects: 0 };
    const { errors } = await ending(new WebSocket(`ws://127.0.0.1:${await redirectingServer()}`, options));
    expect(errors).toMatchObject([{ message: 'Maximum redirects exceeded' }]);
  },
  serializeHandshakes: async () => {
    const requests: unknown[] = [];
    const port = await rawServer(async (peer) => void requests.push(await peer.readHead()));
    const sockets = [1, 2, 3].map(() => new WebSocket(`ws://127.0.0.1:${port}`, { serializeHandshakes: true }));
    for (const socket of sockets) onTestFinished(() => void socket.on('error', () => {}).terminate());
    await expect.poll(() => requests.length).toBe(1);
    await nextTurns();
    expect(requests).toHaveLength(1);
  },
  origin: async () => {
    expect(await requestOf({ origin: 'https://example.com' })).toContain('\r\nOrigin: https://example.com\r\n');
  },
  protocolVersion: async () => {
    expect(await requestOf({ protocolVersion: 8 })).toContain('\r\nSec-WebSocket-Version: 8\r\n');
  },
  generateMask: async () => {
    const { socket, peer } = await openEnds('client', { generateMask: (maskingKey) => maskingKey.write('mask') });
    socket.send('');
    expect(await peer.readBytes(6)).toEqual(Buffer.from([0x81, 0x80, ...Buffer.from('mask')]));
  },
  protocols: async () => {
    expect(await requestOf({ protocols: ['a', 'b'] })).toContain('\r\nSec-WebSocket-Protocol: a, b\r\n');
  },
  finishRequest: async () => {
    const head = await requestOf({
      finishRequest: (request, socket) => {
        request.setHeader('X-Url', socket.url);
        request.end();
      },
    });
    expect(head).toMatch(/^X-Url: ws:\/\/127\.0\.0\.1:\d+\/\r$/m);
  },
  perMessageDeflate: async () => {
    const offer = '\r\nSec-WebSocket-Extensions: permessage-deflate';
    for (const perMessageDeflate of [true, {}, undefined]) {
      expect(await requestOf({ perMessageDeflate })).toContain(offer);
    }
    expect(await requestOf({ perMessageDeflate: false })).not.toContain(offer);
  },
};

/** The options of `https.request` that the URL or the opening handshake determines. */
const DETERMINED = {
  host: 'example.com',
  hostname: 'example.com',
  port: 1,
  path: '/example',
  method: 'POST',
  protocol: 'ftp:',
  socketPath: '/example',
  timeout: 1,
} satisfies Partial<Record<keyof RequestOptions, unknown>>;

/** Checks of options of `https.request` that are more than passed on. */
const SPECIAL_CHECKS = {
  headers: async () => {
    expect(await requestOf({ headers: { 'X-Header': 'value' } })).toContain('\r\nX-Header: value\r\n');
  },
  auth: async () => {
    expect(await requestOf({ auth: 'user:password' })).toContain('\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n');
  },
  agent: async () => {
    const agent = new Agent();
    let used = false;
    const { createConnection } = agent as unknown as { createConnection: (options: object) => Socket };
    Object.assign(agent, {
      createConnection: (options: object) => {
        used = true;
        return createConnection.call(agent, options);
      },
    });
    await requestOf({ agent });
    expect(used).toBe(true);
  },
  createConnection: async () => {
    let used = false;
    await requestOf({
      createConnection: (options: object) => {
        used = true;
        return connect(options as NetConnectOpts);
      },
    });
    expect(used).toBe(true);
  },
  signal: async () => {
    const port = await rawServer(() => {});
    const controller = new AbortController();
    const ended = ending(new WebSocket(`ws://127.0.0.1:${port}`, { signal: controller.signal }));
    controller.abort();
    expect((await ended).errors).toMatchObject([{ name: 'AbortError' }]);
  },
} satisfies Partial<Record<keyof RequestOptions, () => Promise<void>>>;

type PassedOn = Exclude<keyof RequestOptions, keyof typeof SPECIAL_CHECKS | keyof typeof DETERMINED>;

/** Any valid value of each option that is passed on. The compiler refuses this table if an option is missing. */
const PASSED_ON: Readonly<Record<PassedOn, unknown>> = {
  ALPNCallback: () => undefined,
  _defaultAgent: new Agent(),
  allowPartialTrustChain: true,
  ca: 'ca',
  cert: 'cert',
  checkServerIdentity: () => undefined,
  ciphers: 'ciphers',
  clientCertEngine: 'engine',
  crl: 'crl',
  defaultPort: 81,
  dhparam: 'dhparam',
  ecdhCurve: 'auto',
  family: 4,
  hints: 0,
  honorCipherOrder: true,
  insecureHTTPParser: false,
  joinDuplicateHeaders: true,
  key: 'key',
  localAddress: '127.0.0.1',
  localPort: 0,
  lookup: () => {},
  maxHeaderSize: 4096,
  maxVersion: 'TLSv1.3',
  minVersion: 'TLSv1.2',
  passphrase: 'passphrase',
  pfx: 'pfx',
  privateKeyEngine: 'engine',
  privateKeyIdentifier: 'identifier',
  rejectUnauthorized: false,
  secureOptions: 0,
  secureProtocol: 'TLS_method',
  servername: 'localhost',
  sessionIdContext: 'context',
  sessionTimeout: 300,
  setHost: true,
  sigalgs: 'sigalgs',
  ticketKeys: Buffer.alloc(48),
  uniqueHeaders: [],
};

/** The options that `https.request` has when a client is constructed with these. */
async function requestOptionsOf(options: object): Promise<Readonly<Record<string, unknown>>> {
  let received: Record<string, unknown> = {};
  await requestOf({
    ...options,
    createConnection: (given: object) => {
      received = given as Record<string, unknown>;
      const { host, port } = given as { host: string; port: number };
      return connect({ host, port });
    },
  });
  return received;
}

/** The values that each option allows. The compiler refuses this table if an option is missing. */
const VALUES: Readonly<
  Record<OwnOption | keyof typeof SPECIAL_CHECKS | 'checkServerIdentity' | 'lookup' | 'servername', Allowed>
> = {
  ...CONNECTION_VALUES,
  handshakeTimeout: NUMBER,
  followRedirects: FLAG,
  maxRedirects: NUMBER,
  serializeHandshakes: FLAG,
  origin: { values: ['"x"', 'null'], why: 'a string, or a URL object as in ws; null means the default' },
  protocolVersion: { values: ['null'], why: 'null means the default' },
  generateMask: FUNCTION,
  protocols: { values: ['"x"', '[]', 'null'], why: 'subprotocols; null means the default' },
  finishRequest: FUNCTION,
  perMessageDeflate: { values: ['true', '{}', 'null'], why: 'a boolean or an object; null means the default' },
  headers: { ...OBJECT, values: ['{}', '[]', 'null'] },
  auth: TEXT,
  agent: NODE,
  createConnection: FUNCTION,
  signal: NODE,
  checkServerIdentity: FUNCTION,
  lookup: FUNCTION,
  servername: TEXT,
};

/** Connects with an option. Returns the error that is thrown, or undefined once the socket is closed. */
async function outcome(port: number, options: object): Promise<unknown> {
  try {
    const socket = new WebSocket(`wss://127.0.0.1:${port}`, options as ClientOptions);
    const ended = ending(socket);
    socket.on('error', () => {});
    await ended;
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('ClientOptions', () => {
  it.each(Object.entries(VALUES))('%s rejects wrong values at the call', async (name, allowed) => {
    const port = await rawServer((peer) => void peer.socket.destroy());
    const use = (value: unknown): unknown => new WebSocket('ws://127.0.0.1:1', { [name]: value });
    const code = name === 'protocols' ? /WS_ERR_INVALID_(OPTION|PROTOCOL)/ : 'WS_ERR_INVALID_OPTION';
    for (const value of expectRejected(allowed, code, use)) {
      const error = await outcome(port, { [name]: value });
      // Only Node itself rejects a value of its own option.
      if (error !== undefined) expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    }
  });

  it.each(Object.keys(PASSED_ON))(
    '%s of a wrong type is an error of Node, and not an uncaught exception',
    async (name) => {
      const port = await rawServer((peer) => void peer.socket.destroy());
      for (const value of Object.values(ANY_VALUES)) {
        const error = await outcome(port, { [name]: value });
        expect(error === undefined || error instanceof Error).toBe(true);
      }
    },
  );

  it('are an object', () => {
    const use = (value: unknown): unknown => new WebSocket('wss://127.0.0.1:1', [], value as ClientOptions);
    for (const options of expectRejected(OBJECT, 'WS_ERR_INVALID_OPTION', use)) {
      (use(options) as WebSocket).on('error', () => {});
    }
    expect(() => new WebSocket('ws://127.0.0.1:1', [], 5 as never)).toThrow('options must be an object; received 5');
  });

  it('have an origin that is a URL object, as in ws', async () => {
    const origin = new URL('https://example.com') as never;
    expect(await requestOf({ origin })).toContain('\r\nOrigin: https://example.com/\r\n');
  });

  it.each(['finishRequest', 'generateMask'])('%s is a function; null means the default', async (name) => {
    expect(() => new WebSocket('ws://127.0.0.1:1', { [name]: 'x' })).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_OPTION', message: `${name} must be a function; received "x"` }),
    );
    const { socket, peer } = await openEnds('client', { [name]: null });
    socket.send('');
    expect(await peer.readBytes(2)).toEqual(Buffer.from([0x81, 0x80]));
  });

  it.each(Object.entries(OWN_CHECKS))('%s takes effect', async (_name, check) => {
    await expectEffect(check, 'client');
  });

  it.each(Object.entries(SPECIAL_CHECKS))('%s takes effect', async (_name, check) => {
    await check();
  });

  it.each(Object.entries(PASSED_ON))('%s is passed on to https.request', async (name, value) => {
    expect((await requestOptionsOf({ [name]: value }))[name]).toBe(value);
  });

  it.each(Object.entries(DETERMINED))('%s is determined by the URL', async (name, value) => {
    expect((await requestOptionsOf({ [name]: value }))[name]).not.toBe(value);
  });

  it('that are not options of https.request do not reach it', async () => {
    const own = Object.fromEntries(Object.keys(OWN_CHECKS).map((name) => [name, undefined]));
    const names = Object.keys(await requestOptionsOf(own));
    expect(names.filter((name) => name in OWN_CHECKS)).toEqual([]);
  });
});

describe('PerMessageDeflateOptions, on a client', () => {
  it.each(Object.entries(DEFLATE_CHECKS))('%s takes effect', async (_name, check) => {
    await expectEffect(check, 'client');
  });
});
