import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ShortStreams } from '../../../src/sse/client/backoff.ts';
import { mimeTypeEssence } from '../../../src/sse/client/mime-type.ts';
import {
  EventSource,
  type EventSourceErrorEvent,
  EventStream,
  type FetchFunction,
  type ReconnectionReason,
} from '../../../src/sse/index.ts';
import { openSource } from '../../support/event-sources.ts';
import { listen, serve } from '../../support/http-server.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

const STREAM = { 'Content-Type': 'text/event-stream' };

/** A server that ends each stream or, with `isLost`, breaks it. */
async function endingServer(isLost: boolean): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const url = await serve((request, response) => {
    requests++;
    request.resume();
    response.writeHead(200, STREAM);
    if (!isLost) return void response.end('data: x\n\n');
    response.write('data: x\n\n', () => response.destroy());
  });
  return { url, requests: () => requests };
}

describe('The option reconnect', () => {
  it.each([
    ['GET', undefined, false, true],
    ['GET', undefined, true, true],
    ['GET', false, false, false],
    ['GET', false, true, false],
    ['POST', undefined, false, false],
    ['POST', undefined, true, true],
    ['POST', true, false, true],
    ['POST', false, true, false],
    ['post', () => true, false, true],
    ['GET', ({ ended }: ReconnectionReason) => !ended, false, false],
    ['GET', ({ ended }: ReconnectionReason) => !ended, true, true],
  ] as const)('%s with %s, lost: %s, reconnects: %s', async (method, reconnect, isLost, reconnects) => {
    const { url, requests } = await endingServer(isLost);
    const source = openSource(url, { method, reconnect, ...(method === 'GET' ? {} : { body: 'question' }) });
    const [event] = (await once(source, 'error')) as [EventSourceErrorEvent];
    expect(source.readyState).toBe(reconnects ? EventSource.CONNECTING : EventSource.CLOSED);
    expect(event.error === undefined).toBe(!isLost);
    if (reconnects) await expect.poll(requests).toBeGreaterThan(1);
    else expect(requests()).toBe(1);
  });

  it('passes the reason to the function, and closes the EventSource if the function throws', async () => {
    const reasons: ReconnectionReason[] = [];
    const { url } = await endingServer(false);
    const thrown = nextUncaughtException();
    const source = openSource(url, {
      reconnect: (reason) => {
        reasons.push(reason);
        if (reasons.length === 2) throw new Error('thrown');
        return true;
      },
    });
    expect((await thrown).message).toBe('thrown');
    expect(source.readyState).toBe(EventSource.CLOSED);
    expect(reasons[0]).toEqual({ ended: true, message: 'The server ended the stream', error: undefined, attempt: 1 });
  });

  it.each([Promise.resolve(true), 1, undefined])(
    'does not reconnect if the function returns %j instead of true',
    async (value) => {
      const { url, requests } = await endingServer(false);
      const source = openSource(url, { reconnect: () => value as unknown as boolean });
      await once(source, 'error');
      expect([source.readyState, requests()]).toEqual([EventSource.CLOSED, 1]);
    },
  );

  it('reports a Promise of the function that is rejected as an uncaught exception', async () => {
    const { url } = await endingServer(false);
    const thrown = nextUncaughtException();
    const reconnect = async (): Promise<never> => {
      throw new Error('rejected');
    };
    openSource(url, { reconnect: reconnect as unknown as () => boolean });
    expect((await thrown).message).toBe('rejected');
  });

  it.each(['node:http', 'fetch'])(
    'does not repeat a POST whose response ends after a redirect to GET, with %s',
    async (by) => {
      const methods: string[] = [];
      const url = await serve((request, response) => {
        methods.push(request.method ?? '');
        request.resume();
        if (request.method === 'POST') return void response.writeHead(303, { Location: '/stream' }).end();
        response.writeHead(200, STREAM).end('data: x\n\n');
      });
      const options = by === 'fetch' ? { fetch: globalThis.fetch as FetchFunction } : {};
      const source = openSource(url, { method: 'POST', body: 'question', ...options });
      await once(source, 'error');
      expect(source.readyState).toBe(EventSource.CLOSED);
      expect(methods).toEqual(['POST', 'GET']);
    },
  );

  it('may call close() or reconnect()', async () => {
    const { url, requests } = await endingServer(false);
    const closeIt = (): boolean => {
      source.close();
      return true;
    };
    const source: EventSource = openSource(url, { reconnect: closeIt });
    source.onerror = () => expect.unreachable('emitted an event after close()');
    await expect.poll(() => source.readyState).toBe(EventSource.CLOSED);
    expect(requests()).toBe(1);
  });

  it('ends a for await loop when the server ends the stream, and throws when the connection is lost', async () => {
    const ended = await endingServer(false);
    const received: string[] = [];
    for await (const { data } of openSource(ended.url, { method: 'POST', body: 'question' })) received.push(data);
    expect([received, ended.requests()]).toEqual([['x'], 1]);
    const lost = await endingServer(true);
    await expect(async () => {
      for await (const { data } of openSource(lost.url, { reconnect: false })) received.push(data);
    }).rejects.toMatchObject({ code: 'SSE_ERR_FAILED' });
    expect(received).toEqual(['x', 'x']);
  });
});

describe('A reconnection', () => {
  it('that an agent of the application refuses with an exception is a permanent failure', async () => {
    const { url, requests } = await endingServer(false);
    const agent = new Agent();
    const source = openSource(url, { request: { agent } });
    await once(source, 'error');
    const refused = new Error('refused');
    Object.assign(agent, {
      createConnection: () => {
        throw refused;
      },
    });
    const [{ error, message }] = (await once(source, 'error')) as [EventSourceErrorEvent];
    expect(error).toBe(refused);
    expect(message).toBe('Reconnection failed: refused');
    expect(source.readyState).toBe(EventSource.CLOSED);
    expect(requests()).toBe(1);
  });
});

describe('A for await loop', () => {
  it.each([
    ['', (text: string) => Buffer.from(text), {}],
    [' of a compressed stream', (text: string) => gzipSync(text, { finishFlush: 2 }), { 'Content-Encoding': 'gzip' }],
  ] as const)(
    'receives all events that arrived before the connection broke, however slow it is%s',
    async (_, encode, headers) => {
      let broken: (value: unknown) => void = () => {};
      const isBroken = new Promise((resolve) => {
        broken = resolve;
      });
      const url = await serve((_request, response, number) => {
        if (number > 1) return void response.writeHead(204).end();
        response.writeHead(200, { ...STREAM, ...headers });
        const all = encode(Array.from({ length: 6 }, (_event, index) => `data: ${index}\n\n`).join(''));
        const third = Math.ceil(all.length / 3);
        let sent = 0;
        const send = (): void => {
          if (sent >= all.length) return void broken(response.socket!.resetAndDestroy());
          response.write(all.subarray(sent, sent + third));
          sent += third;
          setTimeout(send, 20);
        };
        send();
      });
      const source = openSource(url);
      const received: string[] = [];
      await expect(async () => {
        for await (const { data } of source) {
          received.push(data);
          if (received.length > 1) continue;
          await isBroken;
          // And until the client has seen it.
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }).rejects.toMatchObject({ code: 'SSE_ERR_FAILED', status: 204 });
      expect(received).toEqual(['0', '1', '2', '3', '4', '5']);
    },
  );

  it('throws at once if the EventSource has failed permanently, and ends after close()', async () => {
    const url = await serve((_request, response) => void response.writeHead(401).end());
    const source = openSource(url);
    await once(source, 'error');
    const loop = async (): Promise<void> => {
      for await (const _ of source) expect.unreachable('yielded an event');
    };
    await expect(loop()).rejects.toMatchObject({ code: 'SSE_ERR_FAILED', status: 401 });
    source.close();
    await loop();
  });
});

describe('A server that ends each stream after one event, with a reconnection time of 0', () => {
  it('does not receive requests without a pause', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(200, STREAM).end('retry: 0\ndata: x\n\n');
    });
    openSource(url);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(requests).toBeLessThan(10);
  });

  it('receives the next request at once after a long stream', () => {
    const streams = new ShortStreams();
    const delays: number[] = [];
    for (const duration of [10, 10, 10, 10, 999, 1000, 10, 10]) {
      streams.opened(0);
      streams.ended(duration);
      // An attempt without a stream changes nothing.
      streams.ended(duration);
      delays.push(streams.minDelay);
    }
    expect(delays).toEqual([0, 25, 50, 100, 200, 0, 0, 25]);
    for (let index = 0; index < 20; index++) {
      streams.opened(0);
      streams.ended(1);
    }
    expect(streams.minDelay).toBe(3000);
  });
});

describe('The request', () => {
  it('has the headers of the option request, and leaves undefined ones out', async () => {
    const received: string[] = [];
    const url = await serve((request, response) => {
      const { accept, 'x-a': a, 'x-b': b, 'x-c': c } = request.headers;
      received.push(`${accept} ${a} ${b} ${c}`);
      EventStream.open(request, response);
    });
    const headers = { 'X-B': 'headers', 'X-C': undefined };
    for (const inner of [{ 'X-A': 5, 'x-b': ['1', '2'] }, ['X-A', '5', 'X-B', 'x'], [['X-A', '5']]]) {
      await once(openSource(url, { headers, request: { headers: inner as never } }), 'open');
    }
    expect(received).toEqual(Array(3).fill('text/event-stream 5 headers undefined'));
    await once(openSource(url, { request: { headers: { 'X-A': ['1', '2'], 'X-B': undefined } } }), 'open');
    expect(received.at(-1)).toBe('text/event-stream 1, 2 undefined undefined');
  });

  it.each<[string, object]>([
    ['headers', { headers: new Headers({ authorization: 'Bearer token' }) }],
    ['request.headers', { request: { headers: new Headers({ authorization: 'Bearer token' }) } }],
  ])('has no %s that would be left out silently', (name, options) => {
    expect(() => new EventSource('http://127.0.0.1:1', options)).toThrow(
      `${name} must be a plain object: use Object.fromEntries(); received an instance of Headers`,
    );
  });

  it('that two addresses refuse fails with a message', async () => {
    const lookup = (_host: string, _options: object, callback: (...args: unknown[]) => void): void =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
    const source = openSource('http://localhost:1/', {
      request: { lookup: lookup as never, autoSelectFamily: true } as never,
    });
    const [{ message, error }] = (await once(source, 'error')) as [EventSourceErrorEvent];
    expect(message).toContain('ECONNREFUSED');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('The response', () => {
  it.each([
    ['zlib', deflateSync],
    ['raw', deflateRawSync],
  ] as const)('with Content-Encoding: deflate may be %s', async (_title, compress) => {
    const long = 'x'.repeat(300_000);
    const url = await serve((_request, response) => {
      const body = compress(`data: ${long}\n\ndata: last\n\n`);
      response.writeHead(200, { ...STREAM, 'Content-Encoding': 'deflate' });
      response.write(body.subarray(0, 1));
      response.end(body.subarray(1));
    });
    const received: string[] = [];
    for await (const { data } of openSource(url)) if (received.push(data) === 2) break;
    expect(received).toEqual([long, 'last']);
  });

  it.each([
    ['zlib, and bytes after it in the same chunk', deflateSync, [[true, true]]],
    ['raw, and bytes after it in the same chunk', deflateRawSync, [[true, true]]],
    ['zlib, and bytes after it in a later chunk', deflateSync, [[true], [false, true]]],
    ['raw, and bytes after it in a later chunk', deflateRawSync, [[true], [false, true]]],
    ['zlib, and bytes after it in two later chunks', deflateSync, [[true], [false, true], [false, true]]],
    ['zlib, and nothing after it', deflateSync, [[true]]],
  ] as const)('with Content-Encoding: deflate may be complete before it ends: %s', async (_title, compress, chunks) => {
    let isOpen = false;
    let ends = 0;
    const url = await serve(async (request, response) => {
      request.socket.on('close', () => void ends++);
      const body = compress('data: x\n\n');
      response.writeHead(200, { ...STREAM, 'Content-Encoding': 'deflate' });
      for (const [hasBody, hasMore] of chunks) {
        response.write(Buffer.concat([hasBody ? body : Buffer.alloc(0), Buffer.from(hasMore ? 'more' : '')]));
        if (hasBody) await vi.waitUntil(() => isOpen);
        else await nextTurn();
      }
      response.end();
    });
    const source = openSource(url, { reconnectionTime: 1e6 });
    const received: string[] = [];
    source.onmessage = ({ data }) => {
      received.push(data);
      isOpen = true;
    };
    await once(source, 'error');
    expect([received, source.readyState]).toEqual([['x'], EventSource.CONNECTING]);
    await vi.waitUntil(() => ends === 1);
  });

  it('with an invalid or an empty body in deflate fails, and is followed by a reconnection', async () => {
    for (const body of [Buffer.from('data: x\n\n'), Buffer.alloc(0)]) {
      const url = await serve(
        (_request, response) => void response.writeHead(200, { ...STREAM, 'Content-Encoding': 'deflate' }).end(body),
      );
      const source = openSource(url, { reconnectionTime: 1e6 });
      await once(source, 'error');
      expect(source.readyState).toBe(EventSource.CONNECTING);
    }
  });

  it.each([
    ['text/event-stream', 'text/event-stream'],
    ['', ''],
    ['text', ''],
    ['text/html, text/event-stream', 'text/event-stream'],
    ['text/event-stream, text/html;a="b,c/d"', 'text/html'],
    ['text/event-stream;a="\\",x/y"', 'text/event-stream'],
    ['text/event-stream;a="x/y, text/html', 'text/event-stream'],
    ['text/event-stream, */*', 'text/event-stream'],
    ['text/event-stream, a/b/c, /x, x/, te xt/html', 'text/event-stream'],
    [' Text/Event-Stream ;charset=utf-8 , charset=utf-8', 'text/event-stream'],
  ])('with Content-Type %j has the type %j', (contentType, essence) => {
    expect(mimeTypeEssence(contentType)).toBe(essence);
  });

  it('may have several Content-Type fields: the last valid one counts', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const fields = 'Content-Type: text/html\r\nContent-Type: text/event-stream\r\nContent-Type: *\r\n';
        socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\ndata: x\n\n`);
      });
    });
    const source = openSource(`http://127.0.0.1:${await listen(server)}/`);
    await once(source, 'message');
    source.close();
  });
});
