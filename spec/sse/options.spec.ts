import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AddOptions,
  EventChannel,
  type EventChannelOptions,
  EventParser,
  type EventParserOptions,
  EventParserStream,
  type EventParserStreamOptions,
  EventSource,
  type EventSourceOptions,
  EventStream,
  type EventStreamOptions,
  encodeEvent,
} from '../../src/sse/index.ts';
import { listen } from '../support/http-server.ts';
import {
  type Allowed,
  expectRejected,
  FLAG,
  FUNCTION,
  NODE,
  NUMBER,
  OBJECT,
  TEXT,
  VALUES,
} from '../support/wrong-values.ts';

const OPTION = 'SSE_ERR_INVALID_OPTION';
const FIELD = /^SSE_ERR_(INVALID_TYPE|OUT_OF_RANGE)$/;

/** What a response must have for the options to be read. A wrong option must not send anything. */
function openStream(options?: EventStreamOptions, response: object = { headersSent: true }): unknown {
  return EventStream.open({ headers: {} } as IncomingMessage, response as ServerResponse, options);
}

/** A stream that a client reads. */
async function clientStream(): Promise<EventStream> {
  const streams: EventStream[] = [];
  const server = createServer((request, response) => void streams.push(EventStream.open(request, response)));
  const source = new EventSource(`http://127.0.0.1:${await listen(server)}`);
  onTestFinished(() => source.close());
  await expect.poll(() => streams.length).toBe(1);
  return streams[0]!;
}

const STREAM: Readonly<Record<keyof EventStreamOptions, Allowed>> = {
  headers: OBJECT,
  retry: NUMBER,
  heartbeat: NUMBER,
  maxBackpressure: NUMBER,
  onBackpressure: FUNCTION,
  writeTimeout: NUMBER,
  closeTimeout: NUMBER,
  serialize: FUNCTION,
};

describe('EventStreamOptions', () => {
  it.each(Object.entries(STREAM))('%s rejects wrong values at the call', (name, allowed) => {
    for (const value of expectRejected(allowed, OPTION, (wrong) => openStream({ [name]: wrong }))) {
      // The options are valid, and only the headers of the response were sent before.
      expect(() => openStream({ [name]: value })).toThrow(expect.objectContaining({ code: 'SSE_ERR_HEADERS_SENT' }));
    }
  });

  it('are an object, and request and response are those of node:http or node:http2', () => {
    expectRejected(OBJECT, OPTION, (value) => openStream(value as EventStreamOptions));
    expectRejected({ values: [], why: '' }, OPTION, (value) => openStream({}, value as object));
    expectRejected({ values: [], why: '' }, OPTION, (value) => EventStream.open(value as IncomingMessage, 5 as never));
    expect(() => EventStream.open(5 as never, 5 as never)).toThrow(
      'request must be a request of node:http or node:http2; received 5',
    );
  });
});

const CHANNEL: Readonly<Record<keyof EventChannelOptions, Allowed>> = {
  maxStreams: NUMBER,
  history: OBJECT,
  reset: { values: ['"x"', 'null'], why: 'an event type; null means the default' },
  serialize: FUNCTION,
};

const ADD: Readonly<Record<keyof AddOptions<undefined>, Allowed>> = { filter: FUNCTION, lastEventId: TEXT };

describe('EventChannelOptions', () => {
  it.each(Object.entries(CHANNEL))('%s rejects wrong values at the call', (name, allowed) => {
    const use = (value: unknown): unknown => new EventChannel({ [name]: value });
    for (const value of expectRejected(allowed, OPTION, use)) expect(use(value)).toBeInstanceOf(EventChannel);
  });

  it.each(['count', 'bytes', 'age'])('history.%s rejects wrong values at the call', (name) => {
    const use = (value: unknown): unknown => new EventChannel({ history: { [name]: value } });
    for (const value of expectRejected(NUMBER, OPTION, use)) expect(use(value)).toBeInstanceOf(EventChannel);
  });

  it('are an object', () => {
    expectRejected(OBJECT, OPTION, (value) => new EventChannel(value as EventChannelOptions));
    expect(new EventChannel(null as never).size).toBe(0);
  });
});

describe('A channel', () => {
  it('adds event streams only, with valid options, and sends valid events only', async () => {
    const channel = new EventChannel();
    const stream = await clientStream();
    expectRejected({ values: [], why: '' }, OPTION, (value) => channel.add(value as EventStream));
    expectRejected(OBJECT, OPTION, (value) => channel.add(stream, value as object));
    for (const [name, allowed] of Object.entries(ADD)) {
      expectRejected(allowed, OPTION, (value) => channel.add(stream, { [name]: value }));
    }
    expect(channel.size).toBe(0);
    expectRejected({ values: ['"x"', '{}'], why: 'data, an event' }, FIELD, (value) =>
      channel.broadcast(value as string),
    );
    expectRejected({ values: ['5', '"x"', 'null'], why: 'ids' }, FIELD, (id) => channel.broadcast({ id } as object));
  });

  it('rejects a wrong timeout of shutdown, also without a stream', async () => {
    const channel = new EventChannel();
    await expect(channel.shutdown({ timeout: 'x' as never })).rejects.toMatchObject({ code: OPTION });
    await expect(channel.shutdown(5 as never)).rejects.toMatchObject({ code: OPTION });
    await expect(channel.shutdown(null as never)).resolves.toBeUndefined();
  });
});

describe('A stream', () => {
  it('sends valid events and comments only, and rejects wrong options of shutdown', async () => {
    const stream = await clientStream();
    expectRejected({ values: ['"x"', '{}'], why: 'data, an event' }, FIELD, (value) => stream.send(value as string));
    expectRejected({ values: ['"x"'], why: 'a comment' }, FIELD, (value) => stream.comment(value as string));
    await expect(stream.shutdown(5 as never)).rejects.toMatchObject({ code: OPTION });
    await expect(stream.shutdown({ timeout: -1 })).rejects.toMatchObject({ code: OPTION });
  });
});

describe('The field `retry` of an event', () => {
  it('has an error with the same text as the option of a stream has', () => {
    const text = 'retry must be a whole number from 0 to 9007199254740991; received -1';
    expect(() => encodeEvent({ retry: -1 })).toThrow(
      expect.objectContaining({ code: 'SSE_ERR_OUT_OF_RANGE', message: text }),
    );
    expect(() => openStream({ retry: -1 })).toThrow(expect.objectContaining({ code: OPTION, message: text }));
  });
});

const PARSER: Readonly<Record<keyof EventParserOptions, Allowed>> = { maxEventSize: NUMBER, lastEventId: TEXT };
const PARSER_STREAM: Readonly<Record<keyof EventParserStreamOptions, Allowed>> = {
  ...PARSER,
  onRetry: FUNCTION,
  onComment: FUNCTION,
};

describe('A parser', () => {
  const onEvent = (): void => {};

  it.each(Object.entries(PARSER))('rejects wrong values of %s at the call', (name, allowed) => {
    expectRejected(allowed, OPTION, (value) => new EventParser({ onEvent }, { [name]: value }));
  });

  it.each(Object.entries(PARSER_STREAM))('as a stream rejects wrong values of %s at the call', (name, allowed) => {
    expectRejected(allowed, OPTION, (value) => new EventParserStream({ [name]: value }));
  });

  it('rejects wrong options, sinks, methods of the sink, and chunks at the call', () => {
    const none = { values: [], why: '' };
    expectRejected(OBJECT, OPTION, (value) => new EventParser({ onEvent }, value as object));
    expectRejected(OBJECT, OPTION, (value) => new EventParserStream(value as object));
    expectRejected(none, OPTION, (value) => new EventParser(value as never));
    expectRejected(none, OPTION, (value) => new EventParser({ onEvent: value } as never));
    for (const method of ['onRetry', 'onComment', 'onError']) {
      expectRejected(FUNCTION, OPTION, (value) => new EventParser({ onEvent, [method]: value }));
    }
    expectRejected(none, OPTION, (value) => new EventParser({ onEvent }).push(value as Uint8Array));
    expect(() => new EventParser({ onEvent: 5 } as never)).toThrow('sink.onEvent must be a function; received 5');
    expect(() => new EventParser({ onEvent }, { lastEventId: 'a\nb' })).toThrow(
      'lastEventId must be a string without CR, LF and NUL; received "a\\nb"',
    );
  });
});

const SOURCE: Readonly<Record<keyof EventSourceOptions, Allowed>> = {
  withCredentials: FLAG,
  headers: OBJECT,
  method: TEXT,
  body: TEXT,
  signal: { values: ['null'], why: 'null means the default' },
  lastEventId: TEXT,
  reconnect: { values: ['true', 'null'], why: 'a boolean or a function; null means the default' },
  reconnectionTime: NUMBER,
  maxReconnectionDelay: NUMBER,
  readTimeout: NUMBER,
  maxEventSize: NUMBER,
  request: OBJECT,
  fetch: FUNCTION,
  onComment: FUNCTION,
};

/** Options of node:http and node:https. */
const REQUEST: Readonly<Record<string, Allowed>> = {
  agent: NODE,
  auth: TEXT,
  ca: NODE,
  checkServerIdentity: FUNCTION,
  createConnection: FUNCTION,
  localAddress: NODE,
  lookup: FUNCTION,
  path: NODE,
  servername: TEXT,
};

describe('EventSourceOptions', () => {
  const open = (options: unknown, scheme = 'http'): void =>
    new EventSource(`${scheme}://127.0.0.1:1`, options as EventSourceOptions).close();

  it.each(Object.entries(SOURCE))('%s rejects wrong values at the call', (name, allowed) => {
    for (const value of expectRejected(allowed, OPTION, (wrong) => open({ [name]: wrong }))) open({ [name]: value });
  });

  it('are an object; lastEventId has no line break', () => {
    for (const value of expectRejected(OBJECT, OPTION, open)) open(value);
    expect(() => open({ lastEventId: 'a\nb' })).toThrow(expect.objectContaining({ name: 'RangeError', code: OPTION }));
  });

  it.each(Object.entries(REQUEST))(
    'request.%s of a wrong type is an error, and not an uncaught exception',
    async (name, allowed) => {
      if (allowed !== NODE) expectRejected(allowed, OPTION, (value) => open({ request: { [name]: value } }));
      let failures = 0;
      for (const value of Object.values(VALUES)) {
        try {
          const options = { request: { [name]: value }, reconnectionTime: 1 } as EventSourceOptions;
          const source = new EventSource('https://127.0.0.1:1', options);
          onTestFinished(() => source.close());
          source.onerror = () => {
            failures++;
            source.close();
          };
        } catch {
          failures++;
        }
      }
      await expect.poll(() => failures).toBe(Object.keys(VALUES).length);
    },
  );
});
