import { once } from 'node:events';
import { Agent, createServer, get, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGzip, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EventStream } from '../../../src/sse/index.ts';
import { listen } from '../../support/http-server.ts';

/** Starts a server, sends requests on one connection, and returns all bytes that are received. */
async function received(
  answer: (stream: EventStream, response: ServerResponse, number: number) => void,
  requests: string,
  prepare: (response: ServerResponse) => void = () => {},
): Promise<Buffer> {
  let number = 0;
  const server = createServer((request, response) => {
    prepare(response);
    answer(EventStream.open(request, response, { heartbeat: 0 }), response, ++number);
  });
  const socket = connect(await listen(server), '127.0.0.1');
  socket.write(requests);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(chunks);
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const body = (bytes: Buffer): string => bytes.toString().split('\r\n\r\n').slice(1).join('\r\n\r\n');

describe('A ResponseWriter', () => {
  it('writes each event as one chunk, and the last chunk after them', async () => {
    const bytes = await received((stream) => {
      stream.send('ä');
      stream.comment('c');
      stream.close();
    }, LAST);
    expect(body(bytes)).toBe('a\r\ndata: ä\n\n\r\n5\r\n: c\n\n\r\n0\r\n\r\n');
  });

  it('writes small and large events, of one line and of many, without a change', async () => {
    for (const size of [1, 1023, 1024, 5000, 200_000]) {
      for (const letter of ['a', 'é', '😀']) {
        for (const data of [letter.repeat(size), `${letter.repeat(size)}\r\n${letter}\r`]) {
          const bytes = await received((stream) => {
            stream.send({ event: 'größe', id: 7, data });
            stream.close();
          }, LAST);
          const lines = data.split(/\r\n|\r/).map((line) => `data: ${line}\n`);
          const event = `event: größe\nid: 7\n${lines.join('')}\n`;
          const length = Buffer.byteLength(event).toString(16);
          expect(body(bytes) === `${length}\r\n${event}\r\n0\r\n\r\n`, `${size} of ${letter}`).toBe(true);
        }
      }
    }
  });

  it('keeps the order of its writes and those of a middleware that has kept write() of the response', async () => {
    const bytes = await received((stream, response) => {
      ServerResponse.prototype.write.call(response, ': first\n\n', 'utf8');
      stream.send('second');
      ServerResponse.prototype.write.call(response, ': third\n\n', 'utf8');
      stream.send('fourth');
      setImmediate(() => {
        stream.send('fifth');
        stream.close();
      });
    }, LAST);
    expect(body(bytes).replace(/[\da-f]+\r\n|\r\n/g, '')).toBe(
      ': first\n\ndata: second\n\n: third\n\ndata: fourth\n\ndata: fifth\n\n',
    );
  });

  it('uses a replaced write() method, such as that of a compressing middleware', async () => {
    const bytes = await received(
      (stream) => {
        stream.send('compressed');
        stream.close();
      },
      LAST,
      (response) => {
        const gzip = createGzip();
        const [write, end] = [response.write.bind(response), response.end.bind(response)];
        response.setHeader('Content-Encoding', 'gzip');
        gzip.on('data', (chunk) => write(chunk));
        gzip.on('end', () => end());
        response.write = ((chunk: Buffer) => gzip.write(chunk)) as ServerResponse['write'];
        response.end = (() => gzip.end()) as unknown as ServerResponse['end'];
      },
    );
    const chunked = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    const parts: Buffer[] = [];
    for (let rest = chunked; ; ) {
      const end = rest.indexOf('\r\n');
      const size = Number.parseInt(rest.toString('latin1', 0, end), 16);
      if (size === 0) break;
      parts.push(rest.subarray(end + 2, end + 2 + size));
      rest = rest.subarray(end + 4 + size);
    }
    expect(gunzipSync(Buffer.concat(parts)).toString()).toBe('data: compressed\n\n');
  });

  it('waits for the previous response on a connection with two pipelined requests', async () => {
    const streams: EventStream[] = [];
    const bytes = await received((stream) => {
      streams.push(stream);
      if (streams.length < 2) return;
      // The second response has to wait.
      streams[1]!.send('two');
      streams[0]!.send('one');
      streams[1]!.close();
      streams[0]!.close();
    }, GET + LAST);
    const sent = bytes.toString();
    expect(sent.indexOf('data: one')).toBeGreaterThan(0);
    expect(sent.indexOf('data: two')).toBeGreaterThan(sent.indexOf('data: one'));
    expect(sent.match(/0\r\n\r\n/g)).toHaveLength(2);
  });

  it('leaves no listener on a connection that is kept alive', async () => {
    const counts: number[] = [];
    const sockets = new Set<unknown>();
    const server = createServer((request, response) => {
      sockets.add(request.socket);
      counts.push(request.socket.listenerCount('drain'));
      const stream = EventStream.open(request, response);
      stream.send('x');
      stream.close();
    });
    const port = await listen(server);
    const agent = new Agent({ keepAlive: true });
    for (let number = 0; number < 4; number++) {
      const [response] = await once(get({ port, host: '127.0.0.1', agent }), 'response');
      expect(await text(response)).toBe('data: x\n\n');
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
    expect(new Set(counts).size).toBe(1);
  });

  it('writes no chunks to HTTP/1.0', async () => {
    const bytes = await received((stream) => {
      stream.send('old');
      stream.close();
    }, 'GET / HTTP/1.0\r\n\r\n');
    expect(body(bytes)).toBe('data: old\n\n');
  });

  it('writes to the response while that is corked', async () => {
    const bytes = await received((stream, response) => {
      response.cork();
      stream.send('one');
      stream.send('two');
      response.uncork();
      stream.send('three');
      stream.close();
    }, LAST);
    expect(body(bytes).replace(/[\da-f]+\r\n|\r\n/g, '')).toBe('data: one\n\ndata: two\n\ndata: three\n\n');
  });
});
