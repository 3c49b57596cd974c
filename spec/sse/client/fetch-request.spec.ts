import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { EventSource, type EventSourceErrorEvent, type FetchFunction } from '../../../src/sse/index.ts';

const TYPE = { 'content-type': 'text/event-stream' };
const BODY = 'data: x\n\n';

function open(fetch: unknown): EventSource {
  const source = new EventSource('http://localhost/a/b', { fetch: fetch as FetchFunction, reconnectionTime: 1e6 });
  onTestFinished(() => source.close());
  return source;
}

function lockedResponse(): Response {
  const response = new Response(BODY, { headers: TYPE });
  response.body!.getReader();
  return response;
}

const like = (others: object): object => ({ status: 200, url: '', headers: new Headers(TYPE), body: null, ...others });

const CONNECTING = EventSource.CONNECTING;
const CLOSED = EventSource.CLOSED;

it.each<[title: string, fetch: () => unknown, readyState: number, code: string | RegExp]>([
  [
    'throws an Error',
    () => {
      throw new Error('thrown');
    },
    CONNECTING,
    'SSE_ERR_FETCH_FAILED',
  ],
  [
    'throws something else',
    () => {
      throw 'text';
    },
    CONNECTING,
    'SSE_ERR_FETCH_FAILED',
  ],
  [
    'throws an Error with a code',
    () => {
      throw Object.assign(new Error('x'), { code: 'OWN' });
    },
    CONNECTING,
    'OWN',
  ],
  ['rejects', () => Promise.reject(new Error('rejected')), CONNECTING, 'SSE_ERR_FETCH_FAILED'],
  ['returns nothing', () => undefined, CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['resolves with null', async () => null, CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['resolves with a string', async () => 'x', CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['resolves with an empty object', async () => ({}), CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['has no headers', async () => like({ headers: undefined }), CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['has a body that cannot be read', async () => like({ body: BODY }), CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['has a body of another kind', async () => like({ body: { x: 1 } }), CLOSED, 'SSE_ERR_INVALID_RESPONSE'],
  ['has a locked body', async () => lockedResponse(), CONNECTING, /./],
] as const)('A fetch function that %s: one error with a code', async (_title, fetch, readyState, code) => {
  const source = open(fetch);
  source.onopen = () => expect.unreachable('emitted open');
  let errors = 0;
  source.onerror = () => errors++;
  const [event] = (await once(source, 'error')) as [EventSourceErrorEvent];
  await new Promise(setImmediate);
  expect([errors, source.readyState]).toEqual([1, readyState]);
  expect((event.error as NodeJS.ErrnoException).code).toMatch(code);
  expect(event.message).not.toBe('');
});

it.each([
  ['chunks of another type', [5], 'SSE_ERR_INVALID_RESPONSE'],
  ['an error', [new Error('broken')], 'SSE_ERR_FETCH_FAILED'],
])('A body with %s: an error after the events before it', async (_title, [last], code) => {
  const body = (async function* () {
    yield Buffer.alloc(0);
    yield BODY;
    if (last instanceof Error) throw last;
    yield last;
  })();
  const source = open(async () => like({ body }));
  const [message] = (await once(source, 'message')) as [MessageEvent];
  expect(message.data).toBe('x');
  const [event] = (await once(source, 'error')) as [EventSourceErrorEvent];
  expect([source.readyState, (event.error as NodeJS.ErrnoException).code]).toEqual([CONNECTING, code]);
});

it.each([
  ['an empty URL', '', 'http://localhost'],
  ['a relative URL', '/c', 'http://localhost'],
  ['no URL', undefined, 'http://localhost'],
  ['an invalid URL', 'http://[', 'http://localhost'],
  ['the URL after a redirect', 'https://example.com/', 'https://example.com'],
])('A response with %s: the origin of its events', async (_title, url, origin) => {
  const source = open(async () => like({ url, body: new Response(BODY).body }));
  const [event] = (await once(source, 'message')) as [MessageEvent];
  expect(event.origin).toBe(origin);
});

it('A body is cancelled by close(), even if the function ignores the signal and the body is being read', async () => {
  const cancelled: string[] = [];
  const body = (name: string): ReadableStream => new ReadableStream({ cancel: () => void cancelled.push(name) });
  const one = open(async () => like({ body: body('read') }));
  await once(one, 'open');
  one.close();
  await expect.poll(() => cancelled).toEqual(['read']);

  let respond: (response: unknown) => void = () => {};
  const late = open(
    () =>
      new Promise((resolve) => {
        respond = resolve;
      }),
  );
  late.close();
  respond(like({ body: body('late') }));
  await expect.poll(() => cancelled).toEqual(['read', 'late']);

  const iterator = {
    next: () => new Promise(() => {}),
    return: async () => cancelled.push('iterator'),
  };
  const other = open(async () => like({ body: { [Symbol.asyncIterator]: () => iterator } }));
  await once(other, 'open');
  other.close();
  await expect.poll(() => cancelled).toEqual(['read', 'late', 'iterator']);

  const nothing = open(
    () =>
      new Promise((resolve) => {
        respond = resolve;
      }),
  );
  nothing.close();
  respond(like({ body: 5 }));
  await new Promise(setImmediate);
});

it.each([
  [
    'a ReadableStream',
    (): unknown => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(0)) }),
  ],
  [
    'an iterator',
    async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(0);
    },
  ],
  [
    'an iterator of strings',
    async function* (): AsyncGenerator<string> {
      for (;;) yield '';
    },
  ],
])('Empty chunks without an end do not keep the event loop: %s', async (_, create) => {
  const body = create();
  const source = open(async () => like({ body }));
  await once(source, 'open');
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(source.readyState).toBe(EventSource.OPEN);
  source.close();
  await new Promise(setImmediate);
});

it('Empty chunks between others change nothing', async () => {
  const chunks = ['', 'da', '', '', 'ta: x\n', '', '\n', ''];
  const source = open(async () => like({ body: ReadableStream.from(chunks) }));
  const [{ data }] = (await once(source, 'message')) as [MessageEvent];
  expect(data).toBe('x');
  await once(source, 'error');
});
