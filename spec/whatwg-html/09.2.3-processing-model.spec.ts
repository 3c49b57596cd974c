import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource, type EventSourceErrorEvent, type EventSourceOptions, EventStream } from '../../src/sse/index.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { openSource } from '../support/event-sources.ts';
import { listen, serve } from '../support/http-server.ts';

/** Records the events of an EventSource until there are `count`, and closes it. */
async function collect(
  url: string,
  count: number,
  options: EventSourceOptions = {},
): Promise<{ log: string[]; source: EventSource }> {
  const source = openSource(url, options);
  const log: string[] = [];
  await new Promise<void>((resolve) => {
    const record = (text: string): void => {
      if (log.push(text) < count) return;
      source.close();
      resolve();
    };
    source.onopen = () => record('open');
    source.onerror = ({ status }) => record(`error ${source.readyState}${status === undefined ? '' : ` ${status}`}`);
    const onMessage = ({ type, data, lastEventId }: MessageEvent): void =>
      record(`${type} ${data} ${lastEventId}`.trimEnd());
    source.onmessage = onMessage;
    source.addEventListener('tick', onMessage);
  });
  return { log, source };
}

const STREAM = { 'Content-Type': 'text/event-stream' };

describe('WHATWG HTML §9.2.2, the EventSource interface', () => {
  it('has the constants, the URL and withCredentials', async () => {
    const url = await serve((request, response) => void EventStream.open(request, response));
    const source = new EventSource(url, { withCredentials: true });
    onTestFinished(() => source.close());
    expect([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]).toEqual([0, 1, 2]);
    expect([source.CONNECTING, source.OPEN, source.CLOSED]).toEqual([0, 1, 2]);
    expect([source.url, source.withCredentials, source.readyState]).toEqual([url, true, 0]);
    await once(source, 'open');
    expect(source.readyState).toBe(1);
  });

  it('follows Web IDL: enumerable constants and attributes, a class name, and one required argument', () => {
    for (const owner of [EventSource, EventSource.prototype]) {
      const descriptor = { value: 2, enumerable: true, configurable: false, writable: false };
      expect(Object.getOwnPropertyDescriptor(owner, 'CLOSED')).toEqual(descriptor);
    }
    const names: string[] = [];
    for (const name in EventSource.prototype) names.push(name);
    const attributes = ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close'];
    expect(names).toEqual(expect.arrayContaining(attributes));
    expect(String(EventSource.prototype)).toBe('[object EventSource]');
    expect(EventSource).toHaveLength(1);
    expect(() => new (EventSource as unknown as new () => unknown)()).toThrow(TypeError);
  });

  it('throws a SyntaxError for an invalid URL', () => {
    for (const url of ['', 'foo', '/path', 'http://']) {
      expect(() => new EventSource(url)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
    }
  });

  for (const url of ['ftp://a/', 'mailto:a@b', 'javascript:alert(1)', 'data:text/event-stream,data:x']) {
    it(`fails permanently with one error, without an exception, for ${url}`, async () => {
      const source = new EventSource(url);
      const [event] = (await once(source, 'error')) as [EventSourceErrorEvent];
      expect(source.readyState).toBe(2);
      expect(event.message).toContain('scheme');
    });
  }

  it('event handler attributes are null at first, store a function, and become null for any other value', () => {
    const source = new EventSource('ftp://a/');
    expect([source.onopen, source.onmessage, source.onerror]).toEqual([null, null, null]);
    const handler = (): void => {};
    source.onmessage = handler;
    expect(source.onmessage).toBe(handler);
    source.onmessage = 'x' as never;
    expect(source.onmessage).toBeNull();
  });

  it('close() and an AbortSignal end the connection without an event, also while it is opened', async () => {
    let requests = 0;
    const url = await serve(() => requests++);
    const one = new EventSource(url);
    one.close();
    const controller = new AbortController();
    const two = new EventSource(url, { signal: controller.signal });
    controller.abort();
    const three = new EventSource(url, { signal: AbortSignal.abort() });
    for (const source of [one, two, three]) {
      source.addEventListener('error', () => expect.unreachable('emitted an event after close()'));
      expect(source.readyState).toBe(2);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('WHATWG HTML §9.2.3, the request', () => {
  it('has Accept, Cache-Control, and no Last-Event-ID at first; headers of the application replace the defaults', async () => {
    const headers: IncomingMessage['headers'][] = [];
    const url = await serve((request, response) => {
      headers.push(request.headers);
      response.writeHead(200, STREAM).end('data: x\n\n');
    });
    await collect(url, 2);
    await collect(url, 2, { headers: { Authorization: 'Bearer x', 'Cache-Control': 'no-store' } });
    expect(headers[0]).toMatchObject({ accept: 'text/event-stream', 'cache-control': 'no-cache' });
    expect(headers[0]).not.toHaveProperty('last-event-id');
    expect(headers.at(-1)).toMatchObject({ authorization: 'Bearer x', 'cache-control': 'no-store' });
  });

  it('has the last event ID of the options or of the stream as UTF-8, and no header for an empty one', async () => {
    const ids: (string | undefined)[] = [];
    const url = await serve((request, response, number) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      const next = ['id: № 1\ndata: a\n\n', 'id: 2\n\n', 'id\ndata: c\n\n', 'data: d\n\n'][number - 1] ?? '';
      response.writeHead(200, STREAM).end(next);
    });
    const { source } = await collect(url, 11, { lastEventId: 'grüße' });
    const bytes = (id: string): string => Buffer.from(id).toString('latin1');
    expect(ids.slice(0, 4)).toEqual([bytes('grüße'), bytes('№ 1'), '2', undefined]);
    expect(source.lastEventId).toBe('');
  });

  it('omits a last event ID that a header of node:http cannot contain, and does not fail', async () => {
    const ids: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, STREAM).end('id: a\u0001b\u007f\ndata: x\n\n');
    });
    const { source } = await collect(url, 5);
    expect(source.lastEventId).toBe('a\u0001b\u007f');
    expect(ids.slice(0, 2)).toEqual([undefined, undefined]);
  });

  it('can be a POST request, whose body is sent again with each reconnection', async () => {
    const bodies: string[] = [];
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      bodies.push(`${request.method} ${body}`);
      response.writeHead(200, STREAM).end('data: x\n\n');
    });
    const headers = { 'Content-Type': 'application/json' };
    await collect(url, 6, { method: 'POST', body: '{"topic":"ä"}', headers, reconnect: true });
    expect(bodies.slice(0, 2)).toEqual(['POST {"topic":"ä"}', 'POST {"topic":"ä"}']);
  });

  it('uses TLS for an https URL', async () => {
    const certificate = await selfSignedCertificate();
    const server = createHttpsServer(
      certificate,
      (request, response) => void EventStream.open(request, response).send('secret'),
    );
    const url = `https://127.0.0.1:${await listen(server)}/`;
    expect((await collect(url, 2, { request: { ca: certificate.cert } })).log).toEqual(['open', 'message secret']);
    expect((await collect(url, 1)).log).toEqual(['error 0']);
  });
});

describe('WHATWG HTML §9.2.3, the response', () => {
  const permanent: readonly [string, number, Record<string, string>][] = [
    ['204', 204, {}],
    ['205', 205, STREAM],
    ['404', 404, STREAM],
    ['500', 500, STREAM],
    ['301 without Location', 301, STREAM],
    ['304', 304, STREAM],
    ['no Content-Type', 200, {}],
    ['text/plain', 200, { 'Content-Type': 'text/plain' }],
    ['text/event-streams', 200, { 'Content-Type': 'text/event-streams' }],
    ['text/event-stream, text/plain', 200, { 'Content-Type': 'text/event-stream, text/plain' }],
  ];
  for (const [title, status, headers] of permanent) {
    it(`${title}: fails permanently, with one error`, async () => {
      let requests = 0;
      const url = await serve((_request, response) => {
        requests++;
        response.writeHead(status, headers).end();
      });
      const { log } = await collect(url, 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect([log, requests]).toEqual([[`error 2 ${status}`], 1]);
    });
  }

  for (const type of [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'TEXT/EVENT-STREAM;x',
    ' text/event-stream ;',
    // Fetch, "extract a MIME type": the last valid one.
    'text/plain, text/event-stream',
    'text/event-stream, charset=utf-8',
  ]) {
    it(`Content-Type "${type}": opens the connection`, async () => {
      const url = await serve(
        (_request, response) => void response.writeHead(200, { 'Content-Type': type }).end('data: x\n\n'),
      );
      expect((await collect(url, 2)).log).toEqual(['open', 'message x']);
    });
  }

  it('emits open before the first event, and events with type, data, last event ID and origin', async () => {
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      stream.send({ event: 'tick', id: 'ä', data: 'one\ntwo' });
      stream.send('plain');
    });
    expect((await collect(url, 3)).log).toEqual(['open', 'tick one\ntwo ä', 'message plain ä']);
    const source = new EventSource(url);
    onTestFinished(() => source.close());
    const [event] = (await once(source, 'tick')) as [MessageEvent];
    expect(event).toBeInstanceOf(MessageEvent);
    expect([event.origin, event.target]).toEqual([new URL(url).origin, source]);
  });

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const) {
    it(`is decompressed: ${encoding}`, async () => {
      const url = await serve((_request, response) => {
        response.writeHead(200, { ...STREAM, 'Content-Encoding': encoding }).end(compress('data: squeezed\n\n'));
      });
      expect((await collect(url, 2)).log).toEqual(['open', 'message squeezed']);
    });
  }

  it('emits no more events after a listener calls close(), even if they were received', async () => {
    const url = await serve((_request, response) => void response.writeHead(200, STREAM).end('data: 1\n\ndata: 2\n\n'));
    const source = new EventSource(url);
    const received: string[] = [];
    source.onmessage = ({ data }) => {
      received.push(data);
      source.close();
    };
    source.onerror = () => expect.unreachable('emitted an event after close()');
    await once(source, 'message');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(received).toEqual(['1']);
  });

  it('fails permanently with an event that exceeds maxEventSize', async () => {
    const url = await serve(
      (_request, response) => void response.writeHead(200, STREAM).end(`data: ${'x'.repeat(200)}\n\n`),
    );
    expect((await collect(url, 2, { maxEventSize: 100 })).log).toEqual(['open', 'error 2']);
  });
});

describe('WHATWG HTML §9.2.3, redirects', () => {
  it('decode the Location header as UTF-8 or Latin-1', async () => {
    for (const location of ['/ä', Buffer.from('/ä').toString('latin1')]) {
      let path = '';
      const url = await serve((request, response) => {
        path = request.url!;
        if (path === '/') response.writeHead(302, { Location: location }).end();
        else response.writeHead(200, STREAM).end('data: x\n\n');
      });
      await collect(url, 2);
      expect(path).toBe('/%C3%A4');
    }
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`${status} is followed, and the next connection starts at its target, as in Chromium`, async () => {
      const paths: string[] = [];
      const url = await serve((request, response) => {
        paths.push(request.url!);
        if (request.url === '/') response.writeHead(status, { Location: '/there?a' }).end();
        else response.writeHead(200, STREAM).end('data: x\n\n');
      });
      expect((await collect(url, 5)).log).toEqual(['open', 'message x', 'error 0', 'open', 'message x']);
      expect(paths.slice(0, 3)).toEqual(['/', '/there?a', '/there?a']);
    });
  }

  it('to another origin drop the credentials; the origin of events is that of the response', async () => {
    let seen: IncomingMessage['headers'] = {};
    const other = await serve((request, response) => {
      seen = request.headers;
      response.writeHead(200, STREAM).end('data: x\n\n');
    });
    let first: IncomingMessage['headers'] = {};
    const url = await serve((request, response) => {
      first = request.headers;
      response.writeHead(307, { Location: other }).end();
    });
    const source = new EventSource(url, {
      headers: { Cookie: 'a=secret', 'X-Api-Key': 'secret', 'User-Agent': 'me' },
      request: { auth: 'user:secret' },
    });
    onTestFinished(() => source.close());
    const [event] = (await once(source, 'message')) as [MessageEvent];
    expect(event.origin).toBe(new URL(other).origin);
    expect(seen).toMatchObject({ 'user-agent': 'me', accept: 'text/event-stream' });
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(seen).not.toHaveProperty('authorization');
    expect(first.authorization).toMatch(/^Basic /);
  });

  it('of a POST request: 302 and 303 change the method to GET, 307 does not', async () => {
    for (const [status, method] of [
      [302, 'GET'],
      [303, 'GET'],
      [307, 'POST'],
    ] as const) {
      let last = '';
      const url = await serve((request, response) => {
        last = `${request.method} ${request.headers['content-type'] ?? ''}`.trimEnd();
        request.resume();
        if (request.url === '/') response.writeHead(status, { Location: '/there' }).end();
        else response.writeHead(200, STREAM).end('data: x\n\n');
      });
      await collect(url, 2, { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } });
      expect(last).toBe(method === 'GET' ? 'GET' : 'POST text/plain');
    }
  });

  for (const [title, location] of [
    ['a redirect loop', '/'],
    ['an invalid URL as the Location', 'http://[/'],
  ] as const) {
    it(`${title}: is a network error, followed by a reconnection`, async () => {
      const url = await serve((_request, response) => void response.writeHead(302, { Location: location }).end());
      expect((await collect(url, 2)).log).toEqual(['error 0', 'error 0']);
    });
  }

  for (const [title, headers, status] of [
    ['no Location', {}, ' 302'],
    ['an empty Location', { Location: '' }, ' 302'],
    ['a Location of another scheme', { Location: 'ftp://127.0.0.1/' }, ''],
  ] as const) {
    it(`with ${title}: fails permanently, as in Chromium`, async () => {
      const url = await serve((_request, response) => void response.writeHead(302, { ...STREAM, ...headers }).end());
      expect((await collect(url, 1)).log).toEqual([`error 2${status}`]);
    });
  }
});

describe('WHATWG HTML §9.2.3, reconnection', () => {
  it('follows the end of the stream, a lost connection, and a connection that cannot be opened', async () => {
    const url = await serve((_request, response, number) => {
      if (number === 1) response.writeHead(200, STREAM).end('data: 1\n\n');
      else if (number === 2) {
        response.writeHead(200, STREAM).write('data: 2\n\ndata: unfinished');
        setTimeout(() => response.destroy(), 20);
      } else if (number === 3) response.destroy();
      else response.writeHead(200, STREAM).end('data: 4\n\n');
    });
    expect((await collect(url, 9)).log).toEqual([
      'open',
      'message 1',
      'error 0',
      'open',
      'message 2',
      'error 0',
      'error 0',
      'open',
      'message 4',
    ]);
  });

  it('waits for the reconnection time of the server', async () => {
    const times: number[] = [];
    const url = await serve((_request, response) => {
      times.push(performance.now());
      response.writeHead(200, STREAM).end('retry: 60\ndata: x\n\n');
    });
    await collect(url, 5, { reconnectionTime: 1 });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(55);
  });

  it('waits longer after each stream that the server ends without sending anything', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(200, STREAM).end();
    });
    const source = new EventSource(url, { reconnectionTime: 0 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    source.close();
    expect(requests).toBeLessThanOrEqual(3);
  });

  it('follows a response with status 101, which has no body', async () => {
    const server = createServer();
    server.on('connection', (socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
      );
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    expect((await collect(url, 2)).log).toEqual(['error 0', 'error 0']);
  });

  it('follows readTimeout without a byte', async () => {
    const url = await serve((_request, response) => void response.writeHead(200, STREAM).write('data: x\n\n'));
    expect((await collect(url, 4, { readTimeout: 300 })).log).toEqual(['open', 'message x', 'error 0', 'open']);
  });

  it('does not follow if an error listener calls close()', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(200, STREAM).end();
    });
    const source = new EventSource(url, { reconnectionTime: 1 });
    await new Promise<void>((resolve) => {
      source.onerror = () => {
        source.close();
        resolve();
      };
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([requests, source.readyState]).toEqual([1, 2]);
  });
});

it('throws for an invalid time, with the name of the option and the received value', () => {
  for (const name of ['reconnectionTime', 'maxReconnectionDelay', 'readTimeout']) {
    expect(() => new EventSource('http://127.0.0.1', { [name]: -1 })).toThrow(
      `${name} must be at least 0 milliseconds; received -1`,
    );
  }
});
