import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventStream as Stream } from '../../../src/sse/index.ts';
import { listen } from '../../support/http-server.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server whose errors are kept, as a framework does. */
async function serve(answer: Answer): Promise<{ url: string; errors: unknown[] }> {
  const errors: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => answer(request, response))().catch((error) => errors.push(error));
  });
  return { url: `http://127.0.0.1:${await listen(server)}/`, errors };
}

/** Opens a stream with one event. Its end follows when the framework has done its part. */
function openStream(request: IncomingMessage, response: ServerResponse): Stream {
  const stream = EventStream.open(request, response, { heartbeat: 0 });
  stream.send('one');
  return stream;
}

async function endLater(stream: Stream): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
  stream.send('two');
  stream.close();
}

const BOTH = 'data: one\n\ndata: two\n\n';

/** What each framework does with a response after the handler that has opened a stream. */
const FRAMEWORKS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  'Koa without ctx.respond = false': (response) => {
    response.end('OK');
  },
  'Koa with a body that is a stream': (response) => {
    Readable.from(['a', 'b']).pipe(response);
  },
  'Fastify, whose handler returns nothing': (response) => {
    response.writeHead(200, {});
    response.end(null);
  },
  'Express, response.end() with a body': (response) => {
    response.end('OK', 'utf8', () => {});
  },
  'h3 and srvx, with a return value': (response) => {
    response.write('OK');
    response.end();
  },
  'Hono, whose handler returns a response': (response) => {
    response.writeHead(200, { 'Content-Length': 2 });
    response.end('OK');
  },
  'Hono, after an error': (response) => {
    response.writeHead(500, 'Internal Server Error', { 'Content-Type': 'text/plain' }).end('Error: boom');
  },
};

let warnings: { code?: string; message: string }[];
let EventStream: typeof Stream;
beforeEach(async () => {
  // A process warns once: each test has a module of its own.
  vi.resetModules();
  ({ EventStream } = await import('../../../src/sse/server/event-stream.ts'));
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation(((message: string, options: { code?: string }) => {
    warnings.push({ message, ...options });
  }) as typeof process.emitWarning);
});
afterEach(() => vi.restoreAllMocks());

describe.each(Object.entries(FRAMEWORKS))('%s', (_, act) => {
  it.each(['at once', 'a turn later'])('does not change or end the stream, %s', async (when) => {
    const { url, errors } = await serve(async (request, response) => {
      void endLater(openStream(request, response));
      if (when === 'a turn later') await turn();
      act(response);
    });
    expect(await (await fetch(url)).text()).toBe(BOTH);
    await turn();
    expect(errors).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['SSE_ERR_RESPONSE_IN_USE']);
  });

  it('does nothing after the end of the stream, and is not warned about', async () => {
    const { url, errors } = await serve(async (request, response) => {
      openStream(request, response).close();
      act(response);
      await turn();
      act(response);
    });
    expect(await (await fetch(url)).text()).toBe('data: one\n\n');
    await turn();
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
  });

  it('does not end the process after a HEAD request', async () => {
    const { url, errors } = await serve((request, response) => {
      EventStream.open(request, response);
      act(response);
    });
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    await turn();
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
  });
});

describe('end() without a body', () => {
  type End = (response: ServerResponse, callback: () => void) => unknown;
  const ENDS: Readonly<Record<string, End>> = {
    'end()': (response) => response.end(),
    'end(callback)': (response, callback) => response.end(callback),
    'end(null)': (response) => response.end(null),
    'end(Buffer)': (response) => response.end(Buffer.alloc(0)),
    "end('', callback)": (response, callback) => response.end('', callback),
    "end('', 'utf8', callback)": (response, callback) => response.end('', 'utf8', callback),
  };

  describe.each(Object.entries(ENDS))('%s', (name, end) => {
    it('has no effect in the turn in which the stream was opened, as in h3 and srvx without a return value', async () => {
      const { url } = await serve((request, response) => {
        void endLater(openStream(request, response));
        end(response, () => {});
      });
      expect(await (await fetch(url)).text()).toBe(BOTH);
      expect(warnings.map(({ message }) => message)).toEqual([
        'response.end() has no effect, because the response belongs to an EventStream: use send() and close() of the stream, ' +
          'and with a framework, see docs/frameworks.md (reported only once)',
      ]);
    });

    it('closes the stream in a later turn, after the events that were sent', async () => {
      const calls: string[] = [];
      const { url } = await serve(async (request, response) => {
        const stream = openStream(request, response);
        await turn();
        stream.send('two');
        end(response, () => calls.push('callback'));
        calls.push(`closed ${stream.closed}, sent ${stream.send('three')}`);
      });
      expect(await (await fetch(url)).text()).toBe(BOTH);
      const all = name.includes('callback') ? ['closed true, sent false', 'callback'] : ['closed true, sent false'];
      await vi.waitFor(() => expect(calls).toEqual(all));
      expect(warnings.map(({ message }) => message)).toEqual([
        'response.end() has closed an EventStream: use send() and close() of the stream, ' +
          'and with a framework, see docs/frameworks.md (reported only once)',
      ]);
    });
  });

  it('leaves the connection usable for the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const { url } = await serve(async (request, response) => {
      if (request.url === '/next') {
        response.end('next');
        return;
      }
      const stream = openStream(request, response);
      await turn();
      response.end();
      stream.send('two');
      stream.close();
    });
    const load = async (path: string): Promise<{ body: string; port: number }> => {
      const [response] = (await once(get(url + path, { agent }), 'response')) as [IncomingMessage];
      return { port: response.socket.localPort!, body: await text(response) };
    };
    const first = await load('');
    expect(first.body).toBe('data: one\n\n');
    expect(await load('next')).toEqual({ body: 'next', port: first.port });
  });

  it('closes a stream over HTTP/2, too', async () => {
    const server = http2.createServer(async (request, response) => {
      openStream(request as unknown as IncomingMessage, response as unknown as ServerResponse);
      await turn();
      response.end();
    });
    const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => session.destroy());
    expect(await text(session.request({ ':path': '/' }).setEncoding('utf8'))).toBe('data: one\n\n');
  });
});

describe('The response of an EventStream', () => {
  it('returns what node:http returns, and calls back', async () => {
    const calls: unknown[] = [];
    const { url } = await serve(async (request, response) => {
      const stream = openStream(request, response);
      const written = new Promise((resolve) => calls.push(response.write('x', resolve)));
      calls.push(response.end(() => calls.push(stream.closed)) === response, response.writeHead(200) === response);
      await written;
      calls.push('written');
      void endLater(stream);
    });
    expect(await (await fetch(url)).text()).toBe(BOTH);
    await vi.waitFor(() => expect(calls).toEqual([true, true, true, 'written', true]));
  });

  it.each(['closed', 'cancelled', 'HEAD'])(
    'calls back over HTTP/2 when the response has ended already: %s',
    async (end) => {
      let called = (): void => {};
      const all = new Promise<void>((resolve) => {
        called = resolve;
      });
      let opened = (): void => {};
      const open = new Promise<void>((resolve) => {
        opened = resolve;
      });
      const server = http2.createServer(async (request, response) => {
        const stream = EventStream.open(request, response, { heartbeat: 0 });
        response.once('close', () => response.end(() => response.end(called)));
        opened();
        if (end === 'closed') stream.close();
      });
      const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
      onTestFinished(() => session.destroy());
      const request = session.request({ ':path': '/', ':method': end === 'HEAD' ? 'HEAD' : 'GET' }).resume();
      await open;
      if (end === 'cancelled') request.close(http2.constants.NGHTTP2_CANCEL);
      await all;
    },
  );

  it('calls back when the response has ended already', async () => {
    const { url } = await serve(async (request, response) => {
      const stream = openStream(request, response);
      stream.close();
      await once(response, 'close');
      await Promise.all([
        new Promise<void>((resolve) => void response.end(resolve)),
        new Promise((resolve) => void response.write('x', 'utf8', resolve)),
      ]);
      called();
    });
    let called = (): void => {};
    const all = new Promise<void>((resolve) => {
      called = resolve;
    });
    await (await fetch(url)).text();
    await all;
  });

  it('warns once in a process, and says what to do', async () => {
    const { url } = await serve((request, response) => {
      const stream = openStream(request, response);
      response.write('x');
      response.end();
      response.writeHead(200);
      void endLater(stream);
    });
    await (await fetch(url)).text();
    await (await fetch(url)).text();
    expect(warnings.map(({ message }) => message)).toEqual([
      'response.write() has no effect, because the response belongs to an EventStream: use send() and close() of the stream, and ' +
        'with a framework, see docs/frameworks.md (reported only once)',
    ]);
  });

  it('still ends when it is destroyed', async () => {
    let closed = false;
    const { url } = await serve(async (request, response) => {
      const stream = openStream(request, response);
      stream.on('close', () => {
        closed = true;
      });
      response.destroy();
    });
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    await vi.waitFor(() => expect(closed).toBe(true));
  });

  it('still calls the methods that middleware has replaced before', async () => {
    const calls: string[] = [];
    const { url } = await serve((request, response) => {
      const { end, writeHead } = response;
      // As express-session does, or a logger: each restores the method before it calls it.
      response.end = ((...args: Parameters<typeof end>) => {
        calls.push('end');
        response.end = end;
        return response.end(...args);
      }) as typeof end;
      response.writeHead = ((...args: Parameters<typeof writeHead>) => {
        calls.push('writeHead');
        response.setHeader('X-Late', 'yes');
        return writeHead.apply(response, args);
      }) as typeof writeHead;
      void endLater(openStream(request, response));
    });
    const response = await fetch(url);
    expect([response.headers.get('x-late'), await response.text()]).toEqual(['yes', BOTH]);
    expect(calls).toEqual(['writeHead', 'end']);
  });

  it('belongs to the stream over HTTP/2, too', async () => {
    const server = http2.createServer((request, response) => {
      const stream = EventStream.open(request, response, { heartbeat: 0 });
      stream.send('one');
      response.write('x');
      response.end('OK');
      response.writeHead(500);
      void endLater(stream);
    });
    const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => session.destroy());
    expect(await text(session.request({ ':path': '/' }).setEncoding('utf8'))).toBe(BOTH);
    expect(warnings.map(({ code }) => code)).toEqual(['SSE_ERR_RESPONSE_IN_USE']);
  });

  it('is plain in the memory: no function of its own', async () => {
    const methods: unknown[] = [];
    const { url } = await serve((request, response) => {
      openStream(request, response).close();
      methods.push(response.write, response.end, response.writeHead);
    });
    await (await fetch(url)).text();
    await (await fetch(url)).text();
    expect(methods.slice(0, 3)).toEqual(methods.slice(3));
    expect(methods).not.toContain(ServerResponse.prototype.write);
  });
});

describe('A compressing middleware with a method flush(), as `compression` has', () => {
  /** Does what `compression` does with a response. Returns the times of its flushes. */
  function compress(response: ServerResponse): readonly number[] {
    const gzip = createGzip();
    const flushes: number[] = [];
    const { write, end } = response;
    gzip.on('data', (chunk) => write.call(response, chunk, 'utf8')).on('end', () => end.call(response, null, 'utf8'));
    response.setHeader('Content-Encoding', 'gzip');
    Object.assign(response, {
      write: (chunk: string) => gzip.write(chunk),
      end: () => void gzip.end(),
      flush: () => {
        flushes.push(performance.now());
        gzip.flush();
      },
    });
    return flushes;
  }

  it('sends each event at once, and flushes once in a turn', async () => {
    let stream!: Stream;
    let flushes: readonly number[] = [];
    const server = createServer((request, response) => {
      flushes = compress(response);
      stream = EventStream.open(request, response, { heartbeat: 0 });
      for (let index = 0; index < 100; index++) stream.comment('x');
      stream.send('one');
    });
    const answer = await fetch(`http://127.0.0.1:${await listen(server)}/`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    while (!received.includes('one')) received += (await reader.read()).value;
    for (const data of ['two', 'three']) {
      stream.send(data);
      while (!received.includes(data)) received += (await reader.read()).value;
    }
    stream.close();
    expect((await reader.read()).done).toBe(true);
    expect(flushes.length).toBeLessThanOrEqual(4);
  });
});
