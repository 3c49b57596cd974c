import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AcceptOptions, Hub, type SubscribeOptions } from '../src/hub/index.ts';
import {
  type AddOptions,
  EventChannel,
  type EventChannelOptions,
  EventSource,
  type EventSourceOptions,
  EventStream,
  type EventStreamOptions,
} from '../src/sse/index.ts';
import {
  type BroadcastOptions,
  type ClientOptions,
  type ServerOptions,
  WebSocket,
  type WebSocketServer,
} from '../src/websocket/index.ts';
import { FakeStream, settled } from './support/fake-stream.ts';
import { serve } from './support/http-server.ts';
import { serveHub } from './support/hub-clients.ts';
import { RawPeer, upgradeRequest } from './support/raw-peer.ts';
import { connectPair, ending, openClient, startServer } from './support/sockets.ts';

/** A function of the application that fails. */
type Fail = () => never;

/** What the test notes: what the process reports, and what a row adds. */
type Notes = string[];

/** Calls a function of the application that fails. Resolves with what follows, for the one who has caused the call. */
type Row = (fail: Fail, notes: Notes) => Promise<string>;

/** The options of a function or class that are functions. */
type FunctionsOf<Options> = {
  [Name in keyof Options]-?: Extract<Options[Name], (...args: never[]) => unknown> extends never ? never : Name;
}[keyof Options];

type Rows<Options> = Readonly<Record<FunctionsOf<Options>, Row>>;

const FAILURES = {
  throws: (): never => {
    throw new Error('broken');
  },
  rejects: () => Promise.reject(new Error('broken')) as never,
} as const;

/** Notes what would end the process, and warnings, until the end of the test. */
function notesOfProcess(): Notes {
  const notes: Notes = [];
  const listeners = {
    uncaughtException: (error: Error) => notes.push(`uncaught: ${error.message}`),
    unhandledRejection: (error: Error) => notes.push(`unhandled: ${error.message}`),
    warning: ({ code, message }: Error & { code?: string }) => notes.push(`warning ${code}: ${message}`),
  };
  for (const [name, listener] of Object.entries(listeners)) {
    const others = process.listeners(name as 'warning');
    process.removeAllListeners(name);
    process.on(name, listener);
    onTestFinished(() => {
      process.removeAllListeners(name);
      for (const other of others) process.on(name as 'warning', other);
    });
  }
  return notes;
}

/** Runs a function. Returns `no error` or what it throws. */
function thrownBy(act: () => unknown): string {
  try {
    act();
    return 'no error';
  } catch (error) {
    return `throws ${(error as Error).message}`;
  }
}

function note(error: Error & { readonly hook?: string; readonly code?: string; readonly reason?: string }): string {
  const { cause } = error;
  return `${error.code ?? error.reason} ${error.hook}: ${messageIn(cause)}`;
}

/** The message of an Error; undefined if there is none that can be read. */
function messageIn(cause: unknown): string | undefined {
  try {
    return (cause as Error | undefined)?.message;
  } catch {
    return undefined;
  }
}

/** A server that refuses a client with 500. */
const refusing =
  (options: (fail: Fail) => ServerOptions): Row =>
  async (fail, notes) => {
    const { server, port } = await startServer(options(fail));
    server.on('wsClientError', (error) => notes.push(`wsClientError ${note(error)}`));
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest({ Origin: 'http://a', 'Sec-WebSocket-Protocol': 'a' }));
    return (await peer.readHead()).slice(9, 12);
  };

const SERVER: Rows<ServerOptions> & { readonly WebSocket: Row } = {
  verifyClient: refusing((fail) => ({ verifyClient: () => fail() })),
  origin: refusing((fail) => ({ origin: () => fail() })),
  handleProtocols: refusing((fail) => ({ handleProtocols: () => fail() })),
  WebSocket: refusing((fail) => ({
    WebSocket: class extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        // A constructor returns no Promise.
        if (fail === FAILURES.throws) fail();
        throw new Error('broken');
      }
    },
  })),
};

const BROADCAST: Rows<BroadcastOptions> = {
  filter: async (fail) => {
    const { test } = await connectPair();
    await connectTo(test.server, test.url);
    let calls = 0;
    const filter = (): boolean => (++calls % 2 === 1 ? fail() : true);
    return `sent to ${test.server.broadcast('text', { filter })} of ${calls}, ${test.server.broadcast('text', { filter })} of ${calls}`;
  },
};

async function connectTo(server: WebSocketServer, url: string): Promise<void> {
  const connected = once(server, 'connection');
  await openClient(url);
  await connected;
}

const STREAM: Rows<EventStreamOptions<unknown>> = {
  serialize: async (fail) => {
    const stream = new Promise<EventStream<unknown>>((resolve) => {
      void serve((request, response) =>
        resolve(EventStream.open<unknown>(request, response, { serialize: () => fail() })),
      ).then((url) => openSource(url));
    });
    const opened = await stream;
    return `${thrownBy(() => opened.send({ data: {} }))}; ${opened.closed ? 'closed' : 'open'}`;
  },
  onBackpressure: async (fail) => {
    // A process warns only of the first failure: this module has not failed yet.
    vi.resetModules();
    const { openUnread } = await import('./support/unread-stream.ts');
    const states: string[] = [];
    for (let streams = 0; streams < 2; streams++) {
      const { stream } = await openUnread({ maxBackpressure: 1000, onBackpressure: () => fail() });
      for (let count = 0; count < 1000 && !stream.closed; count++) {
        stream.send('x'.repeat(100_000));
        await new Promise(setImmediate);
      }
      states.push(stream.closed ? 'closed' : 'open');
    }
    return states.join();
  },
};

function openSource(url: string, options: EventSourceOptions = {}): EventSource {
  const source = new EventSource(url, { reconnectionTime: 1, ...options });
  onTestFinished(() => source.close());
  return source;
}

const CHANNEL: Rows<EventChannelOptions<unknown>> = {
  serialize: async (fail) =>
    thrownBy(() => new EventChannel<undefined, unknown>({ serialize: () => fail() }).broadcast({ data: {} })),
  // A client that comes back later than the history reaches.
  reset: async (fail) => {
    const channel = new EventChannel({ reset: (id) => (id === '' ? { event: 'reset' } : fail()) });
    const stream = new FakeStream('unknown');
    return `${thrownBy(() => channel.add(stream.asStream))}; ${channel.size} streams`;
  },
};

const ADD: Rows<AddOptions<undefined>> = {
  filter: async (fail, notes) => {
    const channel = new EventChannel();
    channel.on('hookError', (error) => notes.push(`hookError ${note(error)}`));
    const [broken, fine] = [new FakeStream(), new FakeStream()];
    channel.add(broken.asStream, { filter: ({ data }) => data !== 'hidden' || fail() });
    channel.add(fine.asStream);
    for (const data of ['one', 'hidden', 'two']) channel.broadcast(data);
    return `${broken.received}; ${fine.received}`;
  },
};

/** A hub with an event stream that is subscribed with these options, and one without. */
const subscribed =
  (options: (fail: Fail) => SubscribeOptions<unknown> & { encode?: () => string }): Row =>
  async (fail, notes) => {
    const hub = new Hub();
    hub.on('hookError', (error) => notes.push(`hookError ${note(error)}`));
    const [broken, fine] = [new FakeStream(), new FakeStream()];
    hub.subscribe(broken.asStream, 'a', options(fail));
    hub.subscribe(fine.asStream, 'a');
    await settled();
    await hub.publish('a', { data: 'one' });
    await settled();
    return `${broken.received}; ${fine.received}; ${broken.closed ? 'closed' : 'open'}`;
  };

const SUBSCRIBE: Rows<SubscribeOptions<unknown> & { encode?: () => string }> = {
  filter: subscribed((filter) => ({ filter })),
  encode: subscribed((encode) => ({ encode })),
};

/** A client that subscribes to `a` and sends another message, and a second client that goes on. */
const accepted =
  (options: (fail: Fail) => Partial<AcceptOptions<unknown>>): Row =>
  async (fail, notes) => {
    const hub = new Hub();
    hub.on('hookError', (error) => notes.push(`hookError ${note(error)}`));
    let count = 0;
    const port = await serveHub(hub, {
      onWebSocket: (socket, request) => {
        const given = count++ === 0 ? options(fail) : {};
        hub.accept(socket, request, { authorize: () => true, onMessage: () => {}, ...given });
      },
    });
    const clients: WebSocket[] = [];
    const received: string[][] = [];
    for (let client = 0; client < 2; client++) {
      const socket = await openClient(`ws://127.0.0.1:${port}`);
      const texts: string[] = [];
      socket.on('message', (data) => texts.push(String(data)));
      clients.push(socket);
      received.push(texts);
      socket.send('{"subscribe":"a"}');
      socket.send('other');
    }
    const ended = ending(clients[0]!);
    // The second client receives events after the first one has caused the failure.
    await expect.poll(() => received[1]!.some((text) => text.includes('subscribed'))).toBe(true);
    await expect.poll(() => received[0]!.length > 0 || clients[0]!.readyState !== WebSocket.OPEN).toBe(true);
    await hub.publish('a', { data: 'one' });
    await expect.poll(() => received[1]!.at(-1)).toContain('"one"');
    if (clients[0]!.readyState === WebSocket.OPEN && !/filter|encode/.test(Object.keys(options(fail))[0]!)) await ended;
    const { readyState, OPEN } = clients[0]!;
    return readyState === OPEN
      ? `open; ${received[0]!.filter((text) => text.includes('one')).length}`
      : `${(await ended).code}`;
  };

const ACCEPT: Rows<AcceptOptions<unknown>> = {
  authorize: accepted((authorize) => ({ authorize })),
  onMessage: accepted((onMessage) => ({ onMessage })),
  filter: accepted((filter) => ({ filter })),
  encode: accepted((encode) => ({ encode })),
};

const connecting =
  (options: (fail: Fail) => ClientOptions): Row =>
  async (fail) => {
    const { url } = await startServer();
    let socket: WebSocket | undefined;
    const thrown = thrownBy(() => {
      socket = new WebSocket(url, options(fail));
    });
    if (socket === undefined) return thrown;
    onTestFinished(() => void socket!.on('error', () => {}).terminate());
    const { errors } = await ending(socket);
    return `'error' ${errors.map(({ message }) => message)}`;
  };

/** The functions of a client of which pushwire, and not Node.js, is the caller. */
const CLIENT: Pick<Rows<ClientOptions>, 'finishRequest' | 'generateMask' | 'createConnection'> = {
  finishRequest: connecting((fail) => ({ finishRequest: fail, handshakeTimeout: 50 })),
  createConnection: connecting((fail) => ({ createConnection: fail })),
  generateMask: async (fail) => {
    const { url } = await startServer();
    const socket = await openClient(url, { generateMask: fail });
    return thrownBy(() => socket.send('text'));
  },
};

const eventsOf =
  (options: (fail: Fail) => EventSourceOptions): Row =>
  async (fail) => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(': comment\n\ndata: one\n\n');
    });
    const events: string[] = [];
    const source = openSource(url, options(fail));
    source.onmessage = ({ data }) => void events.push(data);
    await once(source as never, 'error');
    await settled();
    return `${events}; ${source.readyState === source.CLOSED ? 'closed' : 'reconnects'}`;
  };

const SOURCE: Rows<EventSourceOptions> = {
  fetch: eventsOf((fetch) => ({ fetch, reconnect: false })),
  reconnect: eventsOf((reconnect) => ({ reconnect })),
  onComment: eventsOf((onComment) => ({ onComment, reconnect: false })),
};

/** The other subscriber receives the event. */
const HIDDEN = '; one; open';

describe.each(['throws', 'rejects'] as const)('A function of the application that %s', (failure) => {
  it.each([
    // It refuses one client.
    ['verifyClient', SERVER.verifyClient, '500', ['wsClientError WS_ERR_HOOK_FAILED verifyClient: broken']],
    ['origin', SERVER.origin, '500', ['wsClientError WS_ERR_HOOK_FAILED origin: broken']],
    ['WebSocket', SERVER.WebSocket, '500', ['wsClientError WS_ERR_HOOK_FAILED WebSocket: broken']],
    // It closes one connection.
    ['authorize', ACCEPT.authorize, '1011', ['hookError HUB_ERR_HOOK_FAILED authorize: broken']],
    ['onMessage', ACCEPT.onMessage, '1011', ['hookError HUB_ERR_HOOK_FAILED onMessage: broken']],
    // It hides one event.
    ['filter of accept()', ACCEPT.filter, 'open; 0', ['hookError HUB_ERR_HOOK_FAILED filter: broken']],
    ['filter of subscribe()', SUBSCRIBE.filter, HIDDEN, ['hookError HUB_ERR_HOOK_FAILED filter: broken']],
    ['filter of add()', ADD.filter, 'one,two; one,hidden,two', ['hookError SSE_ERR_HOOK_FAILED filter: broken']],
  ] as [string, Row, string, string[]][])(
    'affects one client or one event, and is reported: %s',
    async (_, row, outcome, reports) => {
      const notes = notesOfProcess();
      expect(await row(FAILURES[failure], notes)).toBe(outcome);
      await settled();
      expect(notes).toEqual(reports);
    },
  );
});

/** What a function of the application may throw: reading it throws, too. */
const UNREADABLE: readonly [name: string, cause: () => unknown][] = [
  ['an Error whose message throws', () => Object.defineProperty(new Error(), 'message', { get: FAILURES.throws })],
  ['an Error whose stack trace throws', () => Object.defineProperty(new Error(), 'stack', { get: FAILURES.throws })],
  ['an object without a prototype', () => Object.create(null)],
  ['an object of a client', () => JSON.parse('{"constructor":{"name":{"toString":1}}}')],
];

describe.each(UNREADABLE)('A function of the application that throws %s', (_, cause) => {
  const fail = (): never => {
    throw cause();
  };

  it.each([
    ['verifyClient', SERVER.verifyClient, '500'],
    ['authorize', ACCEPT.authorize, '1011'],
    ['onMessage', ACCEPT.onMessage, '1011'],
    ['filter of accept()', ACCEPT.filter, 'open; 0'],
    ['filter of subscribe()', SUBSCRIBE.filter, HIDDEN],
    ['filter of add()', ADD.filter, 'one,two; one,hidden,two'],
  ] as [string, Row, string][])('affects one client or one event, and is reported: %s', async (_, row, outcome) => {
    const notes = notesOfProcess();
    expect(await row(fail, notes)).toBe(outcome);
    await settled();
    expect(notes).toEqual([expect.stringMatching(/^(wsClientError|hookError) \w+_ERR_HOOK_FAILED/)]);
  });

  it('and has no listener for its failures, emits a process warning', async () => {
    const notes = notesOfProcess();
    const channel = new EventChannel();
    channel.add(new FakeStream().asStream, { filter: fail });
    channel.broadcast('one');
    await settled();
    expect(notes).toEqual([expect.stringMatching(/^warning SSE_ERR_HOOK_FAILED: filter failed: /)]);
  });

  it('is an error of an EventSource: fetch', async () => {
    const notes = notesOfProcess();
    expect(await SOURCE.fetch(fail, notes)).toBe('; closed');
    expect(notes).toEqual([]);
  });
});

const NOT_AWAITED = 'received an instance of Promise';

describe('A function of the application that', () => {
  it.each([
    ['throws', 'encode of accept()', ACCEPT.encode, 'open; 0', [/^hookError HUB_ERR_HOOK_FAILED encode: broken$/]],
    ['throws', 'encode of subscribe()', SUBSCRIBE.encode, HIDDEN, [/^hookError HUB_ERR_HOOK_FAILED encode: broken$/]],
    [
      'rejects',
      'encode of accept()',
      ACCEPT.encode,
      'open; 0',
      [new RegExp(`^hookError .* encode: .*${NOT_AWAITED}$`)],
    ],
    [
      'rejects',
      'encode of subscribe()',
      SUBSCRIBE.encode,
      HIDDEN,
      [new RegExp(`^hookError .* encode: .*${NOT_AWAITED}$`)],
    ],
    ['throws', 'handleProtocols', SERVER.handleProtocols, '500', [/WS_ERR_HOOK_FAILED handleProtocols: broken$/]],
    ['rejects', 'handleProtocols', SERVER.handleProtocols, '500', [/WS_ERR_INVALID_PROTOCOL handleProtocols/]],
    // Two connections, and one warning.
    ['throws', 'onBackpressure', STREAM.onBackpressure, 'closed,closed', [/^warning SSE_ERR_HOOK_FAILED: .*broken/]],
    ['rejects', 'onBackpressure', STREAM.onBackpressure, 'closed,closed', [/^warning SSE_ERR_HOOK_FAILED: .*broken/]],
    [
      'throws',
      'filter of broadcast()',
      BROADCAST.filter,
      'sent to 1 of 2, 1 of 4',
      [/^warning WS_ERR_HOOK_FAILED: .*broken/],
    ],
    [
      'rejects',
      'filter of broadcast()',
      BROADCAST.filter,
      'sent to 1 of 2, 1 of 4',
      [/^warning WS_ERR_HOOK_FAILED: .*broken/],
    ],
  ] as [keyof typeof FAILURES, string, Row, string, RegExp[]][])(
    '%s affects one client or one event, and is reported: %s',
    async (failure, _, row, outcome, reports) => {
      const notes = notesOfProcess();
      expect(await row(FAILURES[failure], notes)).toBe(outcome);
      await settled();
      expect(notes).toEqual(reports.map((report) => expect.stringMatching(report)));
    },
  );

  // What the application calls itself throws to it.
  it.each([
    ['serialize of a channel', CHANNEL.serialize, 'throws broken'],
    ['serialize of a stream', STREAM.serialize, 'throws broken; open'],
    ['reset', CHANNEL.reset, 'throws broken; 0 streams'],
    ['finishRequest', CLIENT.finishRequest, 'throws broken'],
    ['generateMask', CLIENT.generateMask, 'throws broken'],
  ] as [string, Row, string][])('throws, throws to the caller: %s', async (_, row, outcome) => {
    const notes = notesOfProcess();
    expect(await row(FAILURES.throws, notes)).toBe(outcome);
    expect(notes).toEqual([]);
  });

  it.each([
    ['throws', 'createConnection', CLIENT.createConnection, "'error' broken", []],
    ['throws', 'fetch', SOURCE.fetch, '; closed', []],
    ['rejects', 'fetch', SOURCE.fetch, '; closed', []],
    // As a listener of a client, these are called because of what its server does.
    ['throws', 'reconnect', SOURCE.reconnect, 'one; closed', ['uncaught: broken']],
    ['rejects', 'reconnect', SOURCE.reconnect, 'one; closed', ['uncaught: broken']],
    ['throws', 'onComment', SOURCE.onComment, 'one; closed', ['uncaught: broken']],
    ['rejects', 'onComment', SOURCE.onComment, 'one; closed', ['unhandled: broken']],
  ] as [keyof typeof FAILURES, string, Row, string, string[]][])(
    '%s in a client is an event or an uncaught exception: %s',
    async (failure, _, row, outcome, reports) => {
      const notes = notesOfProcess();
      expect(await row(FAILURES[failure], notes)).toBe(outcome);
      await settled();
      expect(notes).toEqual(reports);
    },
  );

  it('returns no event in place of a reset, adds no client: it would miss events without notice', () => {
    const channel = new EventChannel({
      reset: (id) => (id === '' ? { event: 'reset' } : (Promise.resolve({}) as never)),
    });
    const stream = new FakeStream('unknown');
    expect(() => channel.add(stream.asStream)).toThrow(TypeError);
    expect(channel.size).toBe(0);
  });

  it('fails again, is reported to each listener, and as a warning only once', async () => {
    const notes = notesOfProcess();
    const channel = new EventChannel();
    channel.add(new FakeStream().asStream, { filter: FAILURES.throws });
    channel.broadcast('one');
    channel.broadcast('two');
    await settled();
    expect(notes).toEqual([
      "warning SSE_ERR_HOOK_FAILED: filter failed: broken (reported only once; listen to 'hookError')",
    ]);
    const errors: Error[] = [];
    channel.on('hookError', (error) => errors.push(error));
    channel.broadcast('three');
    channel.broadcast('four');
    expect(errors).toHaveLength(2);
  });
});
