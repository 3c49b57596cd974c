import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { createServer as createHttpsServer, get as getHttps } from 'node:https';
import type { Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_EVENT_STREAM_HEARTBEAT } from '../../../src/shared/defaults.ts';
import { EventStream, type EventStreamOptions } from '../../../src/sse/index.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer } from '../../support/raw-peer.ts';

interface Opened {
  readonly stream: EventStream;
  readonly peer: RawPeer;
  /** The head of the response. */
  readonly head: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Opens an EventStream with a raw request. */
async function open(
  options?: EventStreamOptions,
  request: string | Buffer = GET,
  prepare: (response: ServerResponse) => void = () => {},
): Promise<Opened> {
  const server = createServer();
  const peer = await RawPeer.connect(await listen(server));
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  peer.write(request);
  const [incoming, response] = await asked;
  prepare(response);
  const stream = EventStream.open(incoming, response, options);
  return { stream, peer, head: await peer.readHead(), request: incoming, response, server };
}

/** Encodes text as one chunk of HTTP/1.1, like each write of an EventStream. */
function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Decodes a chunked body. The number of chunks for the writes of one turn depends on the version of Node.js. */
function bodyOf(chunked: string): string {
  const [, length = '0', rest = ''] = /^([0-9a-f]+)\r\n(.*)$/s.exec(chunked) ?? [];
  const size = Number.parseInt(length, 16);
  return size === 0 ? '' : rest.slice(0, size) + bodyOf(rest.slice(size + 2));
}

describe('The response of an EventStream', () => {
  it('has the status 200 and the headers of an event stream, sent before any event', async () => {
    const { head, peer } = await open();
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r$/m);
    expect(head).toMatch(/^Content-Type: text\/event-stream\r$/m);
    expect(head).toMatch(/^Cache-Control: no-cache, no-transform\r$/m);
    expect(head).toMatch(/^X-Accel-Buffering: no\r$/m);
    expect(peer.ended).toBe(false);
  });

  it('has the headers of the application, which replace the defaults', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*', 'content-type': 'text/event-stream; charset=utf-8' };
    const { head } = await open({ headers: { ...headers, 'Set-Cookie': ['a=1', 'b=2'] } });
    expect(head).toMatch(/^Access-Control-Allow-Origin: \*\r$/m);
    expect(head).toMatch(/^content-type: text\/event-stream; charset=utf-8\r$/m);
    expect(head.match(/content-type/gi)).toHaveLength(1);
    expect(head.match(/^Set-Cookie/gm)).toHaveLength(2);
  });

  it.each(['X-Accel-Buffering', 'x-accel-buffering'])(
    'does not have a default header that is undefined: %s',
    async (name) => {
      const { head } = await open({ headers: { [name]: undefined } });
      expect(head).not.toMatch(/X-Accel-Buffering/i);
      expect(head).toMatch(/^Content-Type: /m);
    },
  );

  it('keeps the headers that the application set on the response', async () => {
    const { head } = await open({}, undefined, (response) => void response.setHeader('X-Before', 'yes'));
    expect(head).toMatch(/^X-Before: yes\r$/m);
  });

  it.each(['Content-Length', 'ETag'])('does not keep a field that describes another body: %s', async (name) => {
    const { head } = await open({}, undefined, (response) => void response.setHeader(name, '5'));
    expect(head).not.toContain(name);
    expect(head).toMatch(/^Transfer-Encoding: chunked\r$/m);
  });

  it('has only headers for a HEAD request', async () => {
    const { head, stream, peer } = await open({ retry: 1 }, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(head).toMatch(/^Content-Type: text\/event-stream\r$/m);
    expect(stream.closed).toBe(true);
    expect(stream.send('not sent')).toBe(false);
    expect(await peer.readToEnd()).toHaveLength(0);
  });

  it('is not chunked for HTTP/1.0, and ends with the connection', async () => {
    const { head, stream, peer } = await open({}, 'GET / HTTP/1.0\r\n\r\n');
    expect(head).not.toMatch(/Transfer-Encoding/i);
    stream.send('a');
    stream.close();
    expect((await peer.readToEnd()).toString()).toBe('data: a\n\n');
  });

  it('belongs to one stream: a second EventStream.open() throws, and the stream goes on', async () => {
    const { stream, peer, request, response } = await open({}, 'GET / HTTP/1.0\r\n\r\n');
    expect(() => EventStream.open(request, response)).toThrow(
      expect.objectContaining({
        code: 'SSE_ERR_RESPONSE_IN_USE',
        message: 'The response already belongs to an EventStream: call open() once',
      }),
    );
    stream.send('a');
    stream.close();
    expect((await peer.readToEnd()).toString()).toBe('data: a\n\n');
  });

  it('must not have been started: EventStream.open() throws', async () => {
    await expect(open({}, GET, (response) => response.flushHeaders())).rejects.toMatchObject({
      code: 'SSE_ERR_HEADERS_SENT',
      message: 'Response headers already sent',
    });
  });
});

describe('An EventStream', () => {
  it('sends events in order', async () => {
    const { stream, peer } = await open();
    stream.send({ event: 'tick', id: 7, data: 'one\ntwo' });
    stream.send('just data');
    stream.send({ retry: 500 });
    stream.comment('hello');
    stream.close();
    expect(bodyOf(await peer.readUntil('0\r\n\r\n'))).toBe(
      'event: tick\nid: 7\ndata: one\ndata: two\n\ndata: just data\n\nretry: 500\n\n: hello\n\n',
    );
  });

  it('sends the reconnection time of the options first', async () => {
    const { stream, peer } = await open({ retry: 2500 });
    stream.send('a');
    expect(await peer.readUntil('data: a')).toBe(chunk('retry: 2500\n\n') + chunk('data: a\n\n'));
  });

  it('throws for text that would break an event, and sends nothing', async () => {
    const { stream, peer } = await open();
    for (const event of [{ event: 'a\nb' }, { event: 'a\rb' }, { id: 'a\nb' }, { id: 'a\0b' }]) {
      expect(() => stream.send(event)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'SSE_ERR_LINE_BREAK' }),
      );
    }
    expect(() => stream.comment('a\n\ndata: b')).toThrow(TypeError);
    expect(() => stream.send({ retry: -1 })).toThrow(RangeError);
    stream.send('not affected');
    expect(await peer.readUntil('not affected')).toBe(chunk('data: not affected\n\n'));
  });

  it('ignores a property `stream` that an application adds to a response of node:http', async () => {
    const { stream, peer } = await open({}, GET, (response) => void Object.assign(response, { stream: () => {} }));
    stream.send('a');
    expect(await peer.readUntil('data: a')).toBe(chunk('data: a\n\n'));
  });

  it('converts all data with `serialize`, strings included', async () => {
    const server = createServer((request, response) => {
      const stream = EventStream.open<unknown>(request, response, { serialize: JSON.stringify });
      stream.send({ id: 1, data: { a: ['b\n'] } });
      stream.send('text');
      stream.close();
    });
    const peer = await RawPeer.connect(await listen(server));
    peer.write('GET / HTTP/1.0\r\n\r\n');
    await peer.readHead();
    expect((await peer.readToEnd()).toString()).toBe('id: 1\ndata: {"a":["b\\n"]}\n\ndata: "text"\n\n');
  });

  it('sends a comment after `heartbeat` milliseconds without an event', async () => {
    const { peer } = await open({ heartbeat: 5 });
    const start = performance.now();
    expect(await peer.readUntil(chunk(':\n\n').repeat(3))).toBe(chunk(':\n\n').repeat(3));
    // With the default, three of them take longer.
    expect(performance.now() - start).toBeLessThan(2 * DEFAULT_EVENT_STREAM_HEARTBEAT);
  });

  it('throws for an invalid option, with its name and the received value', async () => {
    const response = { headersSent: false } as ServerResponse;
    const request = { headers: {} } as IncomingMessage;
    expect(() => EventStream.open(request, response, { heartbeat: -1 })).toThrow(
      'must be at least 0 milliseconds; received -1',
    );
    expect(() => EventStream.open(request, response, { heartbeat: '1' as never })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'SSE_ERR_INVALID_OPTION' }),
    );
    expect(() => EventStream.open(request, response, { serialize: 'JSON' as never })).toThrow(
      'serialize must be a function; received "JSON"',
    );
    expect(() => EventStream.open(request, response, { retry: 1.5 })).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'SSE_ERR_INVALID_OPTION' }),
    );
  });
});

describe('Backpressure of an EventStream', () => {
  it("makes send() return false while the client does not read; 'drain' follows when it does", async () => {
    const { stream, peer } = await open();
    peer.socket.pause();
    const data = 'x'.repeat(64 * 1024);
    let count = 1;
    while (stream.send(data)) count++;
    const drained = once(stream, 'drain');
    peer.socket.resume();
    await drained;
    expect(stream.send('more')).toBe(true);
    expect(count).toBeGreaterThan(0);
  });

  it('suspends the heartbeat', async () => {
    const { stream, peer, response } = await open({ heartbeat: 1 });
    peer.socket.pause();
    while (stream.send('x'.repeat(64 * 1024)));
    const length = response.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(response.writableLength).toBeLessThanOrEqual(length);
  });
});

describe('A client that does not read', () => {
  const event = (index: number): string => `${index} `.padEnd(1000, 'x');
  const limit = 20_000;

  /** Sends events until the queue overflows, and returns their number. */
  function overfill(stream: EventStream): number {
    let overflowed = false;
    stream.on('overflow', () => {
      overflowed = true;
    });
    let index = 0;
    while (!overflowed) stream.send(event(index++));
    return index;
  }

  it('is terminated when its queue exceeds maxBackpressure', async () => {
    const { stream, peer } = await open({ maxBackpressure: limit });
    peer.socket.pause();
    const closed = once(stream, 'close');
    const overflow = once(stream, 'overflow');
    overfill(stream);
    expect(stream.closed).toBe(true);
    expect((await overflow)[0]).toBeGreaterThan(15);
    await closed;
    expect([stream.queuedBytes, stream.send('not sent')]).toEqual([0, false]);
  });

  it("misses the oldest queued events with 'drop-oldest', and gets the others in order when it reads", async () => {
    const { stream, peer } = await open({ maxBackpressure: limit, onBackpressure: 'drop-oldest' });
    peer.socket.pause();
    let dropped = 0;
    stream.on('overflow', (count) => {
      dropped += count;
    });
    const count = overfill(stream) + 10;
    for (let index = count - 10; index < count; index++) stream.send(event(index));
    expect(stream.queuedBytes).toBeLessThanOrEqual(limit);
    expect(dropped).toBeGreaterThanOrEqual(11);
    stream.close();
    peer.socket.resume();
    const body = bodyOf(await peer.readUntil('0\r\n\r\n'));
    const numbers = [...body.matchAll(/^data: (\d+) x+$/gm)].map(([, number]) => Number(number));
    expect(numbers).toHaveLength(count - dropped);
    expect(numbers.at(-1)).toBe(count - 1);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });

  it('is left to the application if onBackpressure is a function', async () => {
    let calls = 0;
    const options: EventStreamOptions = { maxBackpressure: limit, onBackpressure: () => void calls++ };
    const { stream, peer } = await open(options);
    peer.socket.pause();
    overfill(stream);
    stream.send(event(0));
    expect([calls, stream.closed]).toEqual([2, false]);
    const drained = once(stream, 'drain');
    peer.socket.resume();
    await drained;
    expect(stream.queuedBytes).toBe(0);
    expect(stream.send('goes on')).toBe(true);
  });

  it('has an unlimited queue if maxBackpressure is 0', async () => {
    const { stream, peer } = await open({ maxBackpressure: 0 });
    peer.socket.pause();
    // The kernel accepts some events, which are not queued.
    for (let index = 0; stream.queuedBytes <= 1_000_000; index++) stream.send(event(index));
    expect(stream.closed).toBe(false);
    stream.terminate();
  });

  it('cannot have an unknown policy: the error names it', () => {
    const response = { headersSent: false } as ServerResponse;
    const request = { headers: {} } as IncomingMessage;
    expect(() => EventStream.open(request, response, { onBackpressure: 'wait' as never })).toThrow(
      '"drop-oldest" or a function; received "wait"',
    );
  });
});

describe('The end of an EventStream', () => {
  it("emits 'close' once when the client disconnects; later events are not sent", async () => {
    const { stream, peer } = await open({ heartbeat: 1 });
    let count = 0;
    stream.on('close', () => count++);
    const closed = once(stream, 'close');
    peer.socket.destroy();
    await closed;
    expect(stream.closed).toBe(true);
    expect(stream.send('not sent')).toBe(false);
    expect(stream.comment('not sent')).toBe(false);
    stream.close();
    expect(count).toBe(1);
  });

  it('emits no error when the connection is reset', async () => {
    const { stream, peer } = await open();
    const closed = once(stream, 'close');
    peer.socket.resetAndDestroy();
    stream.send('x'.repeat(1_000_000));
    await closed;
    expect(stream.closed).toBe(true);
  });

  it('shutdown() ends the response, and waits until everything has been sent or the timeout has passed', async () => {
    const reading = await open();
    for (let index = 0; index < 300; index++) reading.stream.send('x'.repeat(1000));
    await reading.stream.shutdown();
    await reading.stream.shutdown();
    expect(bodyOf(await reading.peer.readUntil('0\r\n\r\n'))).toHaveLength(300 * 1008);

    const stalled = await open({ maxBackpressure: 0 });
    stalled.peer.socket.pause();
    for (let index = 0; index < 10_000; index++) stalled.stream.send('x'.repeat(1000));
    await stalled.stream.shutdown({ timeout: 20 });
    expect(stalled.response.destroyed).toBe(true);
  });

  it('close() ends the response, and keeps the connection for the next request', async () => {
    const { stream, peer, server } = await open();
    stream.close();
    await peer.readUntil('0\r\n\r\n');
    const askedAgain = once(server, 'request');
    peer.write(GET);
    await askedAgain;
  });
});

describe('The last event ID of an EventStream', () => {
  for (const [title, bytes, id] of [
    ['nothing', '', ''],
    ['ASCII', 'Last-Event-ID: 42\r\n', '42'],
    ['UTF-8, as browsers send it', 'Last-Event-ID: gr\u00c3\u00bc\u00c3\u009fe\r\n', 'grüße'],
    ['Latin-1', 'Last-Event-ID: gr\u00fc\u00dfe\r\n', 'grüße'],
  ] as const) {
    it(`is the header of the request: ${title}`, async () => {
      const { stream } = await open({}, Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${bytes}\r\n`, 'latin1'));
      expect(stream.lastEventId).toBe(id);
    });
  }
});

describe('An EventStream on other servers', () => {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const stream = EventStream.open(request, response, { heartbeat: 5 });
    stream.send({ id: stream.lastEventId || 'none', data: 'over TLS' });
  };
  const EXPECTED = 'id: ä\ndata: over TLS\n\n:\n\n:\n\n';

  it('works with node:https', async () => {
    const certificate = await selfSignedCertificate();
    const port = await listen(createHttpsServer(certificate, answer));
    const request = getHttps({
      port,
      host: '127.0.0.1',
      ca: certificate.cert,
      headers: { 'Last-Event-ID': Buffer.from('ä').toString('latin1') },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(await readUntil(response, EXPECTED.length + 1)).toBe(EXPECTED);
    request.destroy();
  });

  it('works with the compatibility API of node:http2, with backpressure and the end', async () => {
    const certificate = await selfSignedCertificate();
    const server = http2.createSecureServer(certificate);
    const asked = once(server, 'request') as Promise<[http2.Http2ServerRequest, http2.Http2ServerResponse]>;
    const port = await listen(server);
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: certificate.cert });
    onTestFinished(() => session.destroy());
    const request = session.request({ ':path': '/', 'last-event-id': Buffer.from('ä').toString('latin1') });
    const stream = EventStream.open(...(await asked), { heartbeat: 5, headers: { 'X-More': 'yes' } });
    stream.send({ id: stream.lastEventId || 'none', data: 'over TLS' });
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-more': 'yes',
    });
    expect(await readUntil(request, EXPECTED.length + 1)).toBe(EXPECTED);

    request.pause();
    while (stream.send('x'.repeat(64 * 1024)));
    const drained = once(stream, 'drain');
    request.resume();
    await drained;

    const closed = once(stream, 'close');
    request.close();
    await closed;
    expect(stream.send('not sent')).toBe(false);
  });

  it("emits 'close' when an HTTP/2 client resets the stream, also while data is queued", async () => {
    const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL } = http2.constants;
    for (const code of [NGHTTP2_NO_ERROR, NGHTTP2_CANCEL]) {
      for (const length of [10, 200_000]) {
        const server = http2.createServer();
        const asked = once(server, 'request') as Promise<[http2.Http2ServerRequest, http2.Http2ServerResponse]>;
        const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
        onTestFinished(() => session.destroy());
        const request = session.request({ ':path': '/' });
        const stream = EventStream.open(...(await asked), { heartbeat: 0 });
        await once(request, 'response');
        const closed = once(stream, 'close');
        stream.send('x'.repeat(length));
        request.close(code);
        await closed;
        expect(stream.closed).toBe(true);
      }
    }
  });

  it("sends only headers for a HEAD request over HTTP/2, and emits 'close'", async () => {
    let closed: Promise<unknown> | undefined;
    const server = http2.createServer((request, response) => {
      closed = once(EventStream.open(request, response), 'close');
    });
    const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => session.destroy());
    const request = session.request({ ':path': '/', ':method': 'HEAD' });
    const [headers] = await once(request, 'response');
    expect(headers['content-type']).toBe('text/event-stream');
    request.resume();
    await once(request, 'end');
    await closed;
  });
});

/** Reads `length` bytes of a body as text. */
async function readUntil(body: NodeJS.ReadableStream, length: number): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    body.on('data', function listener(data: Buffer) {
      text += data.toString();
      if (Buffer.byteLength(text) < length) return;
      body.off('data', listener);
      resolve(text);
    });
  });
}
