import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type HandshakeError, type ServerOptions, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { frame } from '../../support/frames.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer, upgradeRequest } from '../../support/raw-peer.ts';

/** A server on an HTTP server, with one function of the application. `decide` is what that function returns. */
type Hook = (decide: () => unknown) => {
  options: ServerOptions;
  Server: new (options: ServerOptions) => WebSocketServer;
};

/** Every function of the application that takes part in an upgrade. The first four decide with `true`. */
const DECISIONS: Readonly<Record<string, Hook>> = {
  'verifyClient with one parameter': (decide) => ({
    options: { verifyClient: (_information: unknown) => decide() as boolean },
    Server: WebSocketServer,
  }),
  'verifyClient with a callback': (decide) => ({
    options: { verifyClient: (_information, callback) => callback(decide() as boolean) },
    Server: WebSocketServer,
  }),
  origin: (decide) => ({ options: { origin: () => decide() as boolean }, Server: WebSocketServer }),
  'shouldHandle()': (decide) => ({
    options: {},
    Server: class extends WebSocketServer {
      override shouldHandle(): boolean {
        return decide() as boolean;
      }
    },
  }),
};

const OTHERS: Readonly<Record<string, Hook>> = {
  handleProtocols: (decide) => ({ options: { handleProtocols: () => decide() as string }, Server: WebSocketServer }),
  "a listener of 'headers'": (decide) => ({
    options: {},
    Server: class extends WebSocketServer {
      override emit(event: string, ...args: unknown[]): boolean {
        if (event === 'headers') decide();
        return super.emit(event as 'headers', ...(args as [never, never]));
      }
    },
  }),
  'the constructor of a subclass of WebSocket': (decide) => ({
    options: {
      WebSocket: class extends WebSocket {
        readonly decision: unknown = decide();
      },
    },
    Server: WebSocketServer,
  }),
};

interface Attempt {
  readonly server: WebSocketServer;
  readonly peer: RawPeer;
  readonly socket: Promise<Socket>;
}

async function attempt(hook: Hook, decide: () => unknown, more: ServerOptions = {}): Promise<Attempt> {
  const http = createServer();
  const { options, Server } = hook(decide);
  const server = new Server({ server: http, ...options, ...more });
  const socket = once(http, 'connection').then(([accepted]) => accepted as Socket);
  const peer = await RawPeer.connect(await listen(http));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
  });
  peer.write(upgradeRequest({ 'Sec-WebSocket-Protocol': 'a', Origin: 'https://example.com' }));
  return { server, peer, socket };
}

function pendingDecision(): { pending: Promise<boolean>; answer: (value: boolean) => void } {
  let answer: (value: boolean) => void = () => {};
  const pending = new Promise<boolean>((resolve) => {
    answer = resolve;
  });
  return { pending, answer };
}

/** What messages and the property `hook` of an error call each function. */
const NAMES: Readonly<Record<string, readonly [hook: string, subject?: string]>> = {
  'verifyClient with one parameter': ['verifyClient'],
  'verifyClient with a callback': ['verifyClient'],
  origin: ['origin'],
  'shouldHandle()': ['shouldHandle'],
  handleProtocols: ['handleProtocols'],
  "a listener of 'headers'": ['headers', "A listener of 'headers'"],
  'the constructor of a subclass of WebSocket': ['WebSocket', 'The constructor of a WebSocket'],
};

const ACCEPTED = /^HTTP\/1\.1 101 /;
const REFUSED = /^HTTP\/1\.1 40[134] /;

describe.each(Object.entries(DECISIONS))('%s', (name, hook) => {
  const isAwaited = name !== 'verifyClient with a callback';

  it(`accepts a client with ${name === 'shouldHandle()' ? 'any truthy value' : 'true only'}`, async () => {
    expect(await (await attempt(hook, () => true)).peer.readHead()).toMatch(ACCEPTED);
    for (const value of [false, undefined, null, 0, 1, 'yes', {}, []]) {
      const { peer } = await attempt(hook, () => value);
      const isAccepted = name === 'shouldHandle()' && Boolean(value);
      expect(await peer.readHead(), String(value)).toMatch(isAccepted ? ACCEPTED : REFUSED);
      if (isAccepted) peer.socket.destroy();
      else await peer.readToEnd();
    }
  });

  it('accepts a client with a Promise for true only, if it may return a Promise', async () => {
    const { peer } = await attempt(hook, async () => true);
    expect(await peer.readHead()).toMatch(isAwaited ? ACCEPTED : REFUSED);
    for (const value of [false, undefined, 'yes']) {
      expect(await (await attempt(hook, async () => value)).peer.readHead()).toMatch(REFUSED);
    }
  });

  it('has to answer within handshakeTimeout, if it returns a Promise; a late answer has no effect', async () => {
    if (!isAwaited) return;
    const { pending, answer } = pendingDecision();
    const { server, peer } = await attempt(hook, () => pending, { handshakeTimeout: 50 });
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 503 /);
    answer(true);
    await peer.readToEnd();
    expect(server.clients.size).toBe(0);
  });

  it('receives what the client has sent before a Promise is settled', async () => {
    if (!isAwaited) return;
    const { pending, answer } = pendingDecision();
    const { server, peer, socket } = await attempt(hook, () => pending);
    const received = once(server, 'connection').then(([connection]) => once(connection as WebSocket, 'message'));
    const upgraded = await socket;
    peer.write(frame({ opcode: 1, payload: 'early' }));
    await expect.poll(() => upgraded.bytesRead).toBeGreaterThan(200);
    answer(true);
    expect(String((await received)[0])).toBe('early');
  });

  it('leaves nothing behind when the client disconnects before a Promise is settled', async () => {
    if (!isAwaited) return;
    const { pending, answer } = pendingDecision();
    const { server, peer, socket } = await attempt(hook, () => pending);
    const upgraded = await socket;
    peer.socket.resetAndDestroy();
    await new Promise((resolve) => upgraded.once('close', resolve));
    answer(true);
    await pending;
    await new Promise(setImmediate);
    expect(server.clients.size).toBe(0);
    await server.shutdown({ timeout: 10_000 });
  });
});

describe.each(Object.entries({ ...DECISIONS, ...OTHERS }))('%s that throws', (name, hook) => {
  const fail = (): never => {
    throw new Error('broken');
  };
  const [functionName, subject = functionName] = NAMES[name]!;

  it("responds with 500, frees the socket, and reports the error to the listeners of 'wsClientError'", async () => {
    const { server, peer, socket } = await attempt(hook, fail);
    const reported = once(server, 'wsClientError') as Promise<[HandshakeError, Duplex, IncomingMessage]>;
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 500 /);
    const [error] = await reported;
    expect(error).toMatchObject({
      reason: 'WS_ERR_HOOK_FAILED',
      message: `${subject} failed: broken`,
      status: 500,
      hook: functionName,
      cause: new Error('broken'),
    });
    peer.end();
    const upgraded = await socket;
    if (!upgraded.closed) await once(upgraded, 'close');
    expect(server.metrics().connections).toEqual({ open: 0, pending: 0, accepted: 0, refused: 1 });
  });

  it('emits one process warning without such a listener, and is counted', async () => {
    const warning = once(process, 'warning') as Promise<[Error]>;
    const { peer, server } = await attempt(hook, fail);
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 500 /);
    expect((await warning)[0]).toMatchObject({
      message: `${subject} failed: broken (reported only once; listen to 'wsClientError')`,
      code: 'WS_ERR_HOOK_FAILED',
    });
    expect(server.metrics().errors).toEqual({ WS_ERR_HOOK_FAILED: 1 });
  });

  it.each<[string, () => unknown]>([
    ['a Promise that is rejected', async () => fail()],
    // biome-ignore lint/suspicious/noThenProperty: it is tested
    ['a thenable that throws', () => ({ then: fail })],
    [
      'a thenable that cannot be read',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: it is tested
        get then(): never {
          return fail();
        },
      }),
    ],
  ])('is treated like %s', async (_, decide) => {
    if (!(name in DECISIONS) || name === 'verifyClient with a callback') return;
    const { server, peer } = await attempt(hook, decide);
    const reported = once(server, 'wsClientError') as Promise<[HandshakeError]>;
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 500 /);
    expect((await reported)[0]).toMatchObject({ hook: functionName, cause: new Error('broken') });
  });
});

describe('A function of the application whose failure is not awaited', () => {
  const broken = async (): Promise<never> => {
    throw new Error('broken');
  };

  it.each<[string, ServerOptions, RegExp]>([
    [
      'an async verifyClient that rejects before it calls back',
      { verifyClient: async (_, _callback) => broken() },
      /^HTTP\/1\.1 500 /,
    ],
    [
      'an async verifyClient that rejects after it has called back',
      {
        verifyClient: async (_, callback) => {
          callback(true);
          await broken();
        },
      },
      ACCEPTED,
    ],
    [
      'a callback that is called with a Promise that is rejected',
      { verifyClient: (_, callback) => callback(broken() as unknown as boolean) },
      /^HTTP\/1\.1 401 /,
    ],
    [
      'a callback that is called with a status that is no number',
      { verifyClient: (_, callback) => callback(false, Symbol('status') as unknown as number) },
      /^HTTP\/1\.1 500 /,
    ],
    [
      'a callback that is called with a status that is an object without a prototype',
      { verifyClient: (_, callback) => callback(false, Object.create(null)) },
      /^HTTP\/1\.1 500 /,
    ],
    ['an async handleProtocols', { handleProtocols: broken as unknown as () => string }, /^HTTP\/1\.1 500 /],
  ])('is answered, and counted, and does not end the process: %s', async (_, options, head) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const { server, peer } = await attempt(
      () => ({ options, Server: WebSocketServer }),
      () => true,
    );
    expect(await peer.readHead()).toMatch(head);
    await new Promise(setImmediate);
    expect(unhandled).not.toHaveBeenCalled();
    expect(Object.keys(server.metrics().errors)).toHaveLength(1);
  });
});

describe('shutdown() while a client waits for the application', () => {
  it.each([0, 10_000])('refuses the client and resolves, with a handshakeTimeout of %d', async (handshakeTimeout) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handshakeTimeout, verifyClient: (_, __) => {} });
    await once(server, 'listening');
    const asked = once(server._server!, 'upgrade');
    const peer = await RawPeer.connect((server.address() as { port: number }).port);
    peer.write(upgradeRequest());
    await asked;
    const done = server.shutdown({ timeout: 60_000 });
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 503 /);
    peer.end();
    await done;
  });

  it('destroys the connections of refused clients that stay, after `timeout`', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/only' });
    await once(server, 'listening');
    const peer = await RawPeer.connect((server.address() as { port: number }).port);
    peer.write(upgradeRequest());
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 404 /);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    // The client does not end its side.
    const done = server.shutdown({ timeout: 300 });
    vi.advanceTimersByTime(300);
    await done;
  });
});

describe('The end of a server within a function that takes part in an upgrade', () => {
  const hooks = Object.entries({ ...DECISIONS, ...OTHERS });

  it.each(hooks)('refuses the client: %s', async (name, hook) => {
    for (const end of ['close', 'shutdown'] as const) {
      let ended: Promise<unknown> | undefined;
      const { server, peer } = await attempt(hook, () => {
        ended ??= end === 'close' ? new Promise<void>((resolve) => server.close(() => resolve())) : server.shutdown();
        return name === 'handleProtocols' ? 'a' : true;
      });
      expect(await peer.readHead(), end).toMatch(/^HTTP\/1\.1 503 /);
      await ended;
      expect(server.metrics().connections).toMatchObject({ open: 0, accepted: 0, refused: 1 });
    }
  });

  it("sends a Close frame to a client whose 'open' it is", async () => {
    const server: WebSocketServer = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      WebSocket: class extends WebSocket {
        constructor(...args: ConstructorParameters<typeof WebSocket>) {
          super(...args);
          this.on('open', () => void server.shutdown());
        }
      } as typeof WebSocket,
    });
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
    expect((await once(client, 'close'))[0]).toBe(1001);
  });
});

describe('What an application adds to a response', () => {
  const SPLIT = 'a\r\nSet-Cookie: session=evil\r\n\r\n<script>';

  it.each<[string, ServerOptions]>([
    ['a header field of a refusal', { verifyClient: (_, answer) => answer(false, 302, 'x', { Location: SPLIT }) }],
    ['the name of a header field', { verifyClient: (_, answer) => answer(false, 302, 'x', { [SPLIT]: 'a' }) }],
    ['one of several values', { verifyClient: (_, answer) => answer(false, 401, 'x', { 'X-A': ['a', SPLIT] }) }],
    ['the status', { verifyClient: (_, answer) => answer(false, SPLIT as never, 'x') }],
    ['the status out of range', { verifyClient: (_, answer) => answer(false, 99, 'x') }],
  ])('cannot split it: %s', async (_, options) => {
    const { server, peer } = await attempt(
      () => ({ options, Server: WebSocketServer }),
      () => true,
    );
    const reported = once(server, 'wsClientError');
    const response = (await peer.readToEnd()).toString();
    expect(response).toMatch(/^HTTP\/1\.1 500 /);
    expect(response).not.toMatch(/^Set-Cookie/m);
    expect((await reported)[0]).toMatchObject({ reason: 'WS_ERR_HOOK_FAILED', hook: 'verifyClient' });
  });

  it.each<[string, number, OutgoingHttpHeaders, string[]]>([
    [
      'fields in lower case',
      401,
      { 'content-type': 'text/html', 'content-length': 99, 'transfer-encoding': 'chunked', 'x-a': undefined },
      ['Connection: close', 'Content-Length: 4', 'content-type: text/html'],
    ],
    [
      'several values',
      401,
      { 'Content-Type': 'a/b', 'Set-Cookie': ['a=1', 'b=2'] },
      ['Connection: close', 'Content-Length: 4', 'Content-Type: a/b', 'Set-Cookie: a=1', 'Set-Cookie: b=2'],
    ],
    [
      'another protocol',
      426,
      { upgrade: 'TLS/1.3', 'Content-Type': 'a/b' },
      ['Connection: close, Upgrade', 'Content-Length: 4', 'upgrade: TLS/1.3', 'Content-Type: a/b'],
    ],
    ['a status without content', 204, { 'X-A': 'b' }, ['Connection: close', 'X-A: b']],
  ])('has each field once, and a length that is right: %s', async (_, status, headers, fields) => {
    const options: ServerOptions = { verifyClient: (_information, answer) => answer(false, status, 'text', headers) };
    const { peer } = await attempt(
      () => ({ options, Server: WebSocketServer }),
      () => true,
    );
    const [head, content] = (await peer.readToEnd()).toString().split('\r\n\r\n');
    expect(head!.split('\r\n').slice(1)).toEqual(fields);
    expect(content).toBe(status === 204 ? '' : 'text');
  });

  it("cannot split it: a line of a listener of 'headers'", async () => {
    for (const line of [`X-A: ${SPLIT}`, 'X-A: \n', 'X-A: \0', 5 as never]) {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      server.on('headers', (lines) => void lines.push(line));
      const reported = once(server, 'wsClientError');
      const peer = await RawPeer.connect(await listen(http));
      peer.write(upgradeRequest());
      expect((await peer.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 500 /);
      expect((await reported)[0]).toMatchObject({ reason: 'WS_ERR_HOOK_FAILED', hook: 'headers' });
    }
  });
});
