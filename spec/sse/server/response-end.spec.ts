import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT } from '../../../src/shared/defaults.ts';
import { writeProgress } from '../../../src/shared/write-progress.ts';
import { EventChannel, EventStream, type EventStreamOptions } from '../../../src/sse/index.ts';
import { listen } from '../../support/http-server.ts';
import { RawPeer } from '../../support/raw-peer.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A stream, and both ends of its connection. */
interface Opened {
  readonly stream: EventStream;
  readonly response: ServerResponse;
  readonly peer: RawPeer;
}

/** A request over HTTP/1.1, and what the server does with it: `act` opens the stream when it likes. */
async function overHttp1<T>(
  act: (request: IncomingMessage, response: ServerResponse, peer: RawPeer) => T | Promise<T>,
  requests: string = GET,
): Promise<T> {
  const server = createServer();
  const peer = await RawPeer.connect(await listen(server));
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  peer.write(requests);
  return act(...(await asked), peer);
}

function open(options: EventStreamOptions = {}): Promise<Opened> {
  return overHttp1((request, response, peer) => ({
    stream: EventStream.open(request, response, { heartbeat: 0, ...options }),
    response,
    peer,
  }));
}

/** The client reads nothing, and more is queued than the kernel accepts. */
function fill({ stream, peer }: Opened): void {
  peer.socket.pause();
  const event = 'x'.repeat(100_000);
  while (!stream.closed && stream.queuedBytes < 15_000_000) stream.send(event);
}

/** A stream whose client has left before the stream was opened. */
async function openTooLate(leave: (peer: RawPeer) => void): Promise<EventStream> {
  return overHttp1(async (request, response, peer) => {
    const left = new Promise((resolve) => void request.socket.on('error', () => {}).on('close', resolve));
    leave(peer);
    await left;
    return EventStream.open(request, response);
  });
}

async function overHttp2(
  act: (
    open: () => EventStream,
    request: http2.ClientHttp2Stream,
    session: http2.ClientHttp2Session,
    response: http2.Http2ServerResponse,
  ) => Promise<EventStream>,
): Promise<EventStream> {
  const server = http2.createServer();
  const asked = once(server, 'request') as Promise<[http2.Http2ServerRequest, http2.Http2ServerResponse]>;
  const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  const request = session.request({ ':path': '/' });
  request.on('error', () => {});
  const [incoming, response] = await asked;
  return act(() => EventStream.open(incoming, response, { heartbeat: 0 }), request, session, response);
}

/** Each way in which a response ends, or cannot begin. Returns the stream, which has ended or is about to. */
const WAYS: Readonly<Record<string, () => Promise<EventStream>>> = {
  'the client ends the connection': async () => {
    const { stream, peer } = await open();
    peer.end();
    return stream;
  },
  'the client resets the connection': async () => {
    const { stream, peer } = await open();
    peer.socket.resetAndDestroy();
    return stream;
  },
  'the client resets the connection while events are queued': async () => {
    const opened = await open();
    fill(opened);
    opened.peer.socket.resetAndDestroy();
    return opened.stream;
  },
  'the client has ended the connection before the stream is opened': () => openTooLate((peer) => peer.socket.destroy()),
  'the client has reset the connection before the stream is opened': () =>
    openTooLate((peer) => peer.socket.resetAndDestroy()),
  'the server calls close()': async () => {
    const { stream } = await open();
    stream.close();
    return stream;
  },
  'the server calls close() twice, and then terminate()': async () => {
    const { stream } = await open();
    stream.close();
    stream.close();
    stream.terminate();
    return stream;
  },
  'the server calls terminate()': async () => {
    const { stream } = await open();
    stream.terminate();
    return stream;
  },
  'a middleware that has kept end() ends the response': async () => {
    const { stream, response } = await open();
    ServerResponse.prototype.end.call(response, null, 'utf8');
    return stream;
  },
  'a middleware that has kept end() ends the response, and the client reads nothing': async () => {
    const opened = await open();
    fill(opened);
    ServerResponse.prototype.end.call(opened.response, null, 'utf8');
    opened.stream.send('not sent');
    return opened.stream;
  },
  'the application destroys the response': async () => {
    const { stream, response } = await open();
    response.destroy();
    return stream;
  },
  'the application destroys the socket': async () => {
    const { stream, response } = await open();
    response.socket!.destroy();
    return stream;
  },
  'more is queued than maxBackpressure': async () => {
    const opened = await open({ maxBackpressure: 1000 });
    fill(opened);
    return opened.stream;
  },
  'the client reads nothing for longer than writeTimeout': async () => {
    const opened = await open({ writeTimeout: 20 });
    fill(opened);
    return opened.stream;
  },
  'the client waits behind another response, and ends the connection': async () => {
    const server = createServer();
    const peer = await RawPeer.connect(await listen(server));
    const streams: EventStream[] = [];
    const both = new Promise<void>((resolve) => {
      server.on('request', (request, response) => {
        streams.push(EventStream.open(request, response));
        if (streams.length === 2) resolve();
      });
    });
    peer.write(GET + GET);
    await both;
    peer.socket.destroy();
    return streams[1]!;
  },
  'the server terminates a stream that waits behind another response': async () => {
    const server = createServer();
    const peer = await RawPeer.connect(await listen(server));
    const second = new Promise<EventStream>((resolve) => {
      let first = true;
      server.on('request', (request, response) => {
        const stream = EventStream.open(request, response);
        if (!first) resolve(stream);
        first = false;
      });
    });
    peer.write(GET + GET);
    const stream = await second;
    stream.terminate();
    return stream;
  },
  'the method is HEAD': () =>
    overHttp1((request, response) => EventStream.open(request, response), GET.replace('GET', 'HEAD')),
  'HTTP/2: the client resets the stream with CANCEL': () =>
    overHttp2(async (openStream, request) => {
      const stream = openStream();
      await once(request, 'response');
      request.close(http2.constants.NGHTTP2_CANCEL);
      return stream;
    }),
  'HTTP/2: the client resets the stream with NO_ERROR while an event is sent': () =>
    overHttp2(async (openStream, request) => {
      const stream = openStream();
      await once(request, 'response');
      stream.send('x'.repeat(200_000));
      request.close(http2.constants.NGHTTP2_NO_ERROR);
      return stream;
    }),
  'HTTP/2: the server closes the stream under the response, while events wait for a client that does not read': () =>
    overHttp2(async (openStream, request, _session, response) => {
      const stream = openStream();
      await once(request, 'response');
      for (let count = 0; count < 40; count++) stream.send('x'.repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 50));
      response.stream.close();
      // If the stream were destroyed while it sends, node:http2 would allocate memory without end now.
      setTimeout(() => request.resume(), 5);
      return stream;
    }),
  'HTTP/2: the client has reset the stream before it is opened': () =>
    overHttp2(async (openStream, request, _session, response) => {
      const gone = once(response.stream, 'close');
      request.close(http2.constants.NGHTTP2_CANCEL);
      await gone;
      return openStream();
    }),
  'HTTP/2: the client ends the connection': () =>
    overHttp2(async (openStream, request, session) => {
      const stream = openStream();
      await once(request, 'response');
      session.destroy();
      return stream;
    }),
  'HTTP/2: the client has ended the connection before the stream is opened': () =>
    overHttp2(async (openStream, _request, session, response) => {
      const gone = once(response.stream, 'close');
      session.destroy();
      await gone;
      return openStream();
    }),
  'HTTP/2: the server calls close()': () =>
    overHttp2(async (openStream, request) => {
      const stream = openStream();
      await once(request, 'response');
      request.resume();
      stream.close();
      return stream;
    }),
  'HTTP/2: the server calls terminate()': () =>
    overHttp2(async (openStream, request) => {
      const stream = openStream();
      await once(request, 'response');
      stream.terminate();
      return stream;
    }),
};

describe.each(Object.entries(WAYS))('An event stream ends once and frees its memory when %s', (_, end) => {
  it("emits 'close' once, leaves its channel, holds nothing, and settles its promises", async () => {
    const stream = await end();
    let closes = 0;
    stream.on('close', () => closes++);
    const channel = new EventChannel();
    channel.add(stream);
    const drained = stream.drained();
    if (!stream.closed) await once(stream, 'close');
    await stream.shutdown({ timeout: 100 });
    // Whatever node:http emits late has been emitted.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closes).toBe(1);
    expect(stream.closed).toBe(true);
    expect(channel.size).toBe(0);
    expect(stream.queuedBytes).toBe(0);
    expect(stream.send('not sent')).toBe(false);
    await drained;
    expect(await stream.drained()).toBe(false);
  });
});

describe('The response of an event stream', () => {
  it('receives nothing after the application has ended it, so that the next response is intact', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/next') {
        response.end('next');
        return;
      }
      const stream = EventStream.open(request, response);
      stream.send('one');
      response.end();
      stream.send('two');
      stream.comment('three');
      stream.close();
    });
    const peer = await RawPeer.connect(await listen(server));
    peer.write(GET);
    await peer.readUntil('\r\n0\r\n\r\n');
    peer.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is destroyed after `closeTimeout` if the client does not read the rest', async () => {
    const opened = await open({ closeTimeout: 20 });
    fill(opened);
    const destroyed = once(opened.response, 'close');
    const start = performance.now();
    opened.stream.close();
    await destroyed;
    expect(opened.response.destroyed).toBe(true);
    expect(performance.now() - start).toBeLessThan(DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT);
  });

  it('stays as long as its client reads something within `writeTimeout`', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const opened = await open({ writeTimeout: 1000 });
    const { stream, peer, response } = opened;
    fill(opened);
    // It reads a chunk at a time: on a busy machine, it would read everything before the progress is seen.
    peer.socket.on('data', () => peer.socket.pause());
    for (let round = 0; round < 3; round++) {
      vi.advanceTimersByTime(900);
      const before = writeProgress(response.socket!, response.socket!.bytesWritten);
      while (writeProgress(response.socket!, response.socket!.bytesWritten) === before) {
        peer.socket.resume();
        await new Promise(setImmediate);
      }
      expect(stream.closed).toBe(false);
    }
    expect(response.socket!.writableLength).toBeGreaterThan(0);
    vi.advanceTimersByTime(1500);
    expect(stream.closed).toBe(true);
  });

  it('over HTTP/2 is reset if it is not read within `writeTimeout`, whatever else of the connection is read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const streams = new Map<string, EventStream>();
    const server = http2.createServer((request, response) => {
      streams.set(request.url, EventStream.open(request, response, { writeTimeout: 1000, heartbeat: 0 }));
    });
    const client = http2.connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => client.destroy());
    const open = async (path: string): Promise<[EventStream, http2.ClientHttp2Stream]> => {
      const request = client.request({ ':path': path });
      request.on('error', () => {});
      await once(request, 'response');
      return [streams.get(path)!, request];
    };
    const [read, reading] = await open('/read');
    const [unread] = await open('/unread');
    const [slow, slowReading] = await open('/slow');
    for (let index = 0; index < 200; index++) unread.send('x'.repeat(1000));
    slow.send('x'.repeat(250_000));
    for (let round = 0; round < 4; round++) {
      // All of them progress as far as the client lets them.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      read.send(`${round}`);
      await once(reading, 'data');
      slowReading.read(1000);
      vi.advanceTimersByTime(900);
    }
    expect(unread.closed).toBe(true);
    expect(read.closed).toBe(false);
    // A single event may take longer: what was read of it is not known before its end.
    expect(slow.closed).toBe(false);
  });

  it('may wait behind 16 others on a connection; a client that makes more of them wait is disconnected', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const channel = new EventChannel();
    const server = createServer((request, response) => channel.add(EventStream.open(request, response)));
    const peer = await RawPeer.connect(await listen(server));
    peer.write(GET.repeat(17));
    while (channel.size < 17) await once(channel, 'join');
    peer.write(GET.repeat(1000));
    while (channel.size > 0) await once(channel, 'leave');
    await peer.readToEnd();
    expect(warnings).toEqual([]);
  });

  it('has no header field whose option is undefined, not even a default one', async () => {
    const { peer } = await open({ headers: { 'X-Accel-Buffering': undefined, 'X-Other': 'yes' } });
    const head = await peer.readHead();
    expect(head).not.toContain('X-Accel-Buffering');
    expect(head).toContain('X-Other: yes');
  });

  it('is over when shutdown() resolves, and so is its connection: the HTTP server can close', async () => {
    const server = createServer();
    const peer = await RawPeer.connect(await listen(server));
    const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    peer.write(GET);
    const stream = EventStream.open(...(await asked));
    await peer.readHead();
    const closed = once(server, 'close');
    server.close();
    await stream.shutdown();
    await peer.readUntil('0\r\n\r\n');
    peer.end();
    await closed;
  });

  it('lets twenty callers wait for drained(), without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const opened = await open();
    fill(opened);
    const all = Array.from({ length: 20 }, () => opened.stream.drained());
    opened.peer.socket.resume();
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
    expect(warnings).toEqual([]);
  });
});
