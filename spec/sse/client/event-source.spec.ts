import { once } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { fetch as undiciFetch } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  EventSource,
  type EventSourceOptions,
  EventStream,
  type FetchBody,
  type FetchInit,
} from '../../../src/sse/index.ts';
import { openSource } from '../../support/event-sources.ts';
import { serve } from '../../support/http-server.ts';

const STREAM = { 'Content-Type': 'text/event-stream' };

describe('An EventSource with a fetch function', () => {
  for (const [name, fetch] of [
    ['the global fetch', globalThis.fetch],
    ['the fetch of undici', undiciFetch],
  ] as const) {
    it(`sends its requests with ${name}, which follows redirects and decompresses`, async () => {
      const heads: (string | undefined)[] = [];
      const url = await serve((request, response, number) => {
        heads.push(`${request.method} ${request.url} ${request.headers['last-event-id']} ${request.headers.accept}`);
        if (request.url === '/') return void response.writeHead(307, { Location: '/there' }).end();
        const body = number < 3 ? 'id: é\ndata: squeezed\n\n' : 'data: again\n\n';
        return void response.writeHead(200, { ...STREAM, 'Content-Encoding': 'gzip' }).end(gzipSync(body));
      });
      const inits: FetchInit[] = [];
      const source = openSource(url, {
        method: 'POST',
        body: 'question',
        reconnect: true,
        withCredentials: true,
        fetch: (address, init) => {
          inits.push(init);
          return fetch(address, init);
        },
      });
      const log: string[] = [];
      await new Promise<void>((resolve) => {
        source.onopen = () => log.push('open');
        source.onerror = () => log.push(`error ${source.readyState}`);
        source.onmessage = ({ data, lastEventId, origin }) => {
          log.push(`${data} ${lastEventId} ${origin === new URL(url).origin}`);
          if (data === 'again') resolve();
        };
      });
      expect(log).toEqual(['open', 'squeezed é true', 'error 0', 'open', 'again é true']);
      const sent = Buffer.from('é').toString('latin1');
      expect(heads).toEqual([
        'POST / undefined text/event-stream',
        'POST /there undefined text/event-stream',
        `POST / ${sent} text/event-stream`,
        `POST /there ${sent} text/event-stream`,
      ]);
      expect(inits[0]).toMatchObject({ credentials: 'include', cache: 'no-store', redirect: 'follow', mode: 'cors' });
    });
  }

  it('fails permanently for a wrong status, and reconnects if the promise is rejected', async () => {
    const answers = [
      () => Promise.reject(new Error('no network')),
      () => Promise.reject('no Error'),
      () => Promise.resolve({ status: 401, url: '', headers: new Headers(), body: null }),
    ];
    const source = openSource('http://localhost/', { fetch: () => answers.shift()!() });
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      source.onerror = ({ message, status }) => {
        log.push(`${message} ${status}`);
        if (source.readyState === EventSource.CLOSED) resolve();
      };
    });
    expect(log).toEqual([
      'no network undefined',
      'no Error undefined',
      'The server answered with 401 instead of 200 401',
    ]);
  });

  it('accepts null, a reader, or a Readable of Node as the body, and a response without a URL', async () => {
    const headers = new Headers({ 'content-type': 'text/event-stream' });
    const response = async (body: FetchBody | null = null) => ({ status: 200, url: '', headers, body });
    const chunks = ['data: a', '\n\n'].map((chunk) => Buffer.from(chunk));
    let cancelled = false;
    const reader = {
      read: async () => (chunks.length === 0 ? { done: true } : { done: false, value: chunks.shift() }),
      cancel: async () => {
        cancelled = true;
      },
    };
    const bodies = [null, { getReader: () => reader }, Readable.from([Buffer.from('data: b\n\n')])];
    const source = openSource('http://localhost/path', { fetch: () => response(bodies.shift()) });
    await once(source, 'error');
    const events: string[] = [];
    for await (const { data, origin } of source) {
      if (events.push(`${data} of ${origin}`) === 2) break;
    }
    expect(events).toEqual(['a of http://localhost', 'b of http://localhost']);
    expect(cancelled).toBe(true);
  });

  it('aborts the request in close(), before and after the response', async () => {
    let closed = 0;
    let asked: () => void = () => {};
    const request = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const url = await serve((request, response, number) => {
      request.socket.on('close', () => closed++);
      asked();
      if (number > 1) EventStream.open(request, response);
    });
    const signals: AbortSignal[] = [];
    const fetch: EventSourceOptions['fetch'] = (address, init) => {
      signals.push(init.signal);
      return globalThis.fetch(address, init);
    };
    const early = openSource(url, { fetch });
    early.onerror = () => expect.unreachable('emitted an event after close()');
    await request;
    early.close();
    const late = openSource(url, { fetch });
    await once(late, 'open');
    late.onerror = () => expect.unreachable('emitted an event after close()');
    late.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    while (closed < 2) await new Promise(setImmediate);
  });
});

describe('An EventSource', () => {
  it('uses node:http if the option fetch is null', async () => {
    const url = await serve((request, response) => void EventStream.open(request, response));
    await once(openSource(url, { fetch: null as never }), 'open');
  });

  it('passes comments to onComment', async () => {
    const url = await serve((_request, response) => void response.writeHead(200, STREAM).end(':a\n: b\n\ndata: x\n\n'));
    const comments: string[] = [];
    await once(openSource(url, { onComment: (text) => void comments.push(text) }), 'message');
    expect(comments).toEqual(['a', ' b']);
  });
});

describe('reconnect()', () => {
  it('connects at once with the last event ID, while waiting, while open, after a failure, and after close()', async () => {
    const ids: (string | undefined)[] = [];
    const url = await serve((request, response, number) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      if (number === 1) response.writeHead(200, STREAM).end('id: 7\ndata: x\n\n');
      else if (number === 3) response.writeHead(401).end();
      else EventStream.open(request, response);
    });
    // Without reconnect(), the second request would come too late for this test.
    const source = openSource(url, { reconnectionTime: 1e6, maxReconnectionDelay: 1e6 });
    await once(source, 'error');
    expect(source.readyState).toBe(EventSource.CONNECTING);
    source.reconnect();
    await once(source, 'open');
    source.reconnect();
    expect(source.readyState).toBe(EventSource.CONNECTING);
    await once(source, 'error');
    expect(source.readyState).toBe(EventSource.CLOSED);
    source.reconnect();
    await once(source, 'open');
    source.close();
    source.reconnect();
    await once(source, 'open');
    expect(ids).toEqual([undefined, '7', '7', '7', '7']);
  });
});

describe('reconnect() in an error listener', () => {
  it('replaces the scheduled reconnection: only one connection is opened', async () => {
    let requests = 0;
    const url = await serve((request, response, number) => {
      requests++;
      if (number === 1) response.writeHead(200, STREAM).end('data: x\n\n');
      else EventStream.open(request, response);
    });
    const source = openSource(url, { reconnectionTime: 1 });
    source.addEventListener('error', () => source.reconnect(), { once: true });
    await once(source, 'error');
    await once(source, 'open');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([requests, source.readyState]).toEqual([2, EventSource.OPEN]);
  });
});

describe('for await of an EventSource', () => {
  it('yields events of every type, over reconnections, until close()', async () => {
    const url = await serve((_request, response, number) => {
      response.writeHead(200, STREAM).end(`event: tick\ndata: ${number}a\n\ndata: ${number}b\n\n`);
    });
    const source = openSource(url);
    const received: string[] = [];
    for await (const { type, data } of source) {
      received.push(`${type} ${data}`);
      if (received.length === 3) source.close();
    }
    // Events of the same chunk are still yielded.
    expect(received.slice(0, 3)).toEqual(['tick 1a', 'message 1b', 'tick 2a']);
    for await (const _ of source) expect.unreachable('emitted an event after close()');
  });

  it('throws when the connection fails permanently', async () => {
    const url = await serve((_request, response, number) => {
      if (number === 1) response.writeHead(200, STREAM).end('data: x\n\n');
      else response.writeHead(403).end();
    });
    const received: string[] = [];
    await expect(async () => {
      for await (const { data } of openSource(url)) received.push(data);
    }).rejects.toMatchObject({ code: 'SSE_ERR_FAILED', status: 403 });
    expect(received).toEqual(['x']);
  });

  it('closes the connection when the loop ends early', async () => {
    let over: Promise<unknown> = Promise.resolve();
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      over = once(stream, 'close');
      stream.send('x');
    });
    const source = openSource(url);
    for await (const _ of source) break;
    expect(source.readyState).toBe(EventSource.CLOSED);
    await over;
  });

  it('makes the server wait while an event is processed; readTimeout does not run meanwhile', async () => {
    let stream: EventStream | undefined;
    const url = await serve((request, response) => {
      stream = EventStream.open(request, response, { heartbeat: 0 });
      stream.send('first');
    });
    const source = openSource(url, { readTimeout: 250 });
    source.onerror = ({ message }) => expect.unreachable(message);
    const chunk = 'x'.repeat(1024 * 1024);
    let received = 0;
    for await (const { data } of source) {
      if (data === 'first') {
        let sent = 0;
        while (stream!.send(chunk)) sent++;
        stream!.send('last');
        // The rest waits in the server, because the buffers of the kernel are full.
        await new Promise((resolve) => setTimeout(resolve, 400));
        expect(sent).toBeLessThan(100);
      } else if (data === 'last') {
        break;
      } else {
        received++;
      }
    }
    expect(received).toBeGreaterThan(0);
  });
});
