import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/**
 * Responds to one request. The requests of an EventSource are numbered from 1. A request for the target of a redirect, whose
 * URL contains `there`, has the number of the redirected request.
 */
export type Script = (request: IncomingMessage, response: ServerResponse, number: number) => void;

const STREAM = { 'Content-Type': 'text/event-stream' };

const waiting = new Map<string, () => void>();

/** Records that the agent at `base` (the first segment of its path) has received the event with this data. */
export function seen(base: string, data: string): void {
  const key = `${base} ${data}`;
  waiting.get(key)?.();
  waiting.delete(key);
}

/** Destroys the connection when the agent has received the event. Before that, Chromium would discard unread data. */
function destroyOnceSeen(data: string, request: IncomingMessage, response: ServerResponse): void {
  const base = request.url!.split('/')[1]!;
  waiting.set(`${base} ${data}`, () => response.destroy());
}

/** Sends a complete stream. Answers later requests with 204, which closes the EventSource. */
function stream(body: string | Buffer, headers: Record<string, string> = {}): Script {
  return (_request, response, number) => {
    if (number > 1) response.writeHead(204).end();
    else response.writeHead(200, { ...STREAM, ...headers }).end(Buffer.concat([RETRY, Buffer.from(body)]));
  };
}

/** Sends each chunk in a separate write. */
function chunked(...chunks: readonly (string | Uint8Array)[]): Script {
  return (_request, response, number) => {
    if (number > 1) return void response.writeHead(204).end();
    response.writeHead(200, STREAM);
    const [first, ...rest] = chunks;
    response.write(first);
    const next = (): void => {
      const chunk = rest.shift();
      if (chunk === undefined) response.end();
      else response.write(chunk, () => setTimeout(next, 2));
    };
    setTimeout(next, 2);
  };
}

/** Makes the agent reconnect at once, so that a run is short. */
const RETRY = Buffer.from('retry: 1\n\n');
const BOM = '\ufeff';

/** Answers the first request with a stream that sets the reconnection time, and the second request with `answer`. */
function after(answer: Script): Script {
  return (request, response, number) => {
    // Without this, Chromium silently repeats a request when a kept-alive connection ends.
    const headers = { ...STREAM, Connection: 'close' };
    if (number === 1) response.writeHead(200, headers).end(`${RETRY}id: 1\ndata: first\n\n`);
    else if (number === 2) answer(request, response, number);
    else response.writeHead(204).end();
  };
}

const status = (code: number, headers: Record<string, string> = STREAM): Script =>
  after((_request, response) => void response.writeHead(code, headers).end('data: never\n\n'));

/** The agent reconnects to the target of the redirect, not to the URL that redirected. */
const redirect = (code: number, location: string): Script => {
  let asked = 0;
  return after((request, response) => {
    if (request.url?.includes('there')) {
      if (++asked % 2 === 0) response.writeHead(204).end();
      else response.writeHead(200, STREAM).end('data: there\n\n');
      return;
    }
    const base = request.url!.split('/')[1]!;
    const target = location.replace('BASE', base).replace('HOST', request.headers.host!);
    response.writeHead(code, { Location: target }).end();
  });
};

/** The responses of a server, by title. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  'lines that end with LF': stream('data: a\n\ndata: b\n\n'),
  'lines that end with CRLF': stream('data: a\r\n\r\ndata: b\r\n\r\n'),
  'lines that end with CR': stream('data: a\r\rdata: b\r\r'),
  'mixed line endings': stream('data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n'),
  'CRLF split between two chunks': chunked('retry: 1\r', '\n\r', '\ndata: a\r', '\n\r', '\ndata: b\r', '\r'),
  'a byte order mark': (_request, response, number) => {
    if (number > 1) response.writeHead(204).end();
    else response.writeHead(200, STREAM).end(`${BOM}retry: 1\n\n${BOM}data: no field\n\ndata: ${BOM}a\n\n`);
  },
  'two byte order marks': (_request, response, number) => {
    if (number > 1) response.writeHead(204).end();
    else response.writeHead(200, STREAM).end(`${BOM}${BOM}data: no field\nretry: 1\n\ndata: a\n\n`);
  },
  'a byte order mark in three chunks': chunked(
    Buffer.of(0xef),
    Buffer.of(0xbb),
    Buffer.of(0xbf),
    'retry: 1\ndata: a\n\n',
  ),
  'an id that persists': stream('id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\n'),
  'an id that is reset': stream('id: 1\ndata: a\n\nid\ndata: b\n\nid: 3\ndata: c\n\nid:\ndata: d\n\n'),
  'an id with NUL': stream('id: 1\ndata: a\n\nid: x\0y\ndata: b\n\n'),
  'an id outside Latin-1': stream('id: grüße 你好 😀\ndata: a\n\n'),
  'an id in an unfinished event': stream('id: 1\ndata: a\n\nid: 2\ndata: b\n'),
  'named events': stream('event: tick\ndata: a\n\ndata: b\n\nevent:\ndata: c\n\nevent: tick\nevent: tock\ndata: d\n\n'),
  'events named open and error': stream('event: open\ndata: a\n\nevent: error\ndata: b\n\n'),
  'several data fields in one event': stream('data: a\ndata\ndata:\ndata:  b\ndata: c \n\n'),
  'empty data': stream('data\n\ndata:\n\ndata\ndata\n\nevent: tick\n\ndata: z\n\n'),
  'colons in unusual places': stream(':data: a\ndata:b\ndata : c\n data: d\ndata:: e\ndata\t: f\n\n'),
  'unknown fields': stream('Data: a\nfoo: b\nbar\ndata: c\nDATA\n\n'),
  'comments between and within events': stream(': a\n:\ndata: b\n: c\ndata: d\n\n:\n\n'),
  'invalid reconnection times': stream(
    'retry: 5x\nretry: -1\nretry: 1e3\nretry: 99999999999x\nretry\nretry:\nretry:  1\nretry: 1.5\ndata: a\n\nretry: 01\n\n',
  ),
  'an unfinished event': stream('data: a\n\ndata: b\n'),
  'bytes that are not UTF-8': stream(
    Buffer.concat([
      Buffer.from('data: a'),
      Buffer.of(0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f),
      Buffer.from('b\n\n'),
    ]),
  ),
  'UTF-8 in chunks of one byte': chunked(
    'retry: 1\n\n',
    ...[...Buffer.from('data: ü你😀\n\n')].map((byte) => Buffer.of(byte)),
  ),
  'a NUL, and other control characters': stream('data: a\0b\x01\x7f\u0085\u2028c\n\nevent: ti\0ck\ndata: d\n\n'),
  'a line of 1 MiB': stream(`data: ${'x'.repeat(1024 * 1024)}\n\n`),
  'an empty stream': stream(''),
  gzip: (_request, response, number) => {
    if (number > 1) return void response.writeHead(204).end();
    response.writeHead(200, { ...STREAM, 'Content-Encoding': 'gzip' }).end(gzipSync(`${RETRY}data: a\n\n`));
  },
  deflate: (_request, response, number) => {
    if (number > 1) return void response.writeHead(204).end();
    response.writeHead(200, { ...STREAM, 'Content-Encoding': 'deflate' }).end(deflateSync(`${RETRY}data: a\n\n`));
  },
  brotli: (_request, response, number) => {
    // Chromium decodes brotli over TLS only; otherwise it treats it as plain bytes.
    const encoding = /\bbr\b/.test(String(_request.headers['accept-encoding'] ?? '')) ? 'br' : '';
    if (number > 1) return void response.writeHead(204).end();
    const body = Buffer.from(`${RETRY}data: a\n\n`);
    if (encoding === '') response.writeHead(200, STREAM).end(body);
    else response.writeHead(200, { ...STREAM, 'Content-Encoding': encoding }).end(brotliCompressSync(body));
  },
  'a content type with parameters': stream('data: a\n\n', { 'Content-Type': 'Text/Event-Stream ; charset=utf-8' }),
  'content type text/plain': stream('data: a\n\n', { 'Content-Type': 'text/plain' }),
  'a content type with a valid prefix': stream('data: a\n\n', { 'Content-Type': 'text/event-streams' }),
  'no content type': (_request, response) => void response.writeHead(200).end('data: a\n\n'),
  'status 204 to the first request': (_request, response) => void response.writeHead(204).end(),
  'status 201': status(201),
  'status 205': status(205),
  'status 299': status(299),
  'status 410': status(410),
  'status 401': status(401),
  'status 100 and then 200': (_request, response, number) => {
    if (number > 1) return void response.writeHead(204).end();
    response.writeContinue();
    response.writeHead(200, STREAM).end('retry: 1\n\ndata: a\n\n');
  },
  'early hints': (_request, response, number) => {
    if (number > 1) return void response.writeHead(204).end();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeHead(200, STREAM).end('retry: 1\n\ndata: a\n\n');
  },
  'status 206': status(206),
  'status 304': status(304),
  'status 400': status(400),
  'status 404': status(404),
  'status 500': status(500),
  'status 503': status(503),
  'a redirect with 301': redirect(301, 'there'),
  'a redirect with 302': redirect(302, '/BASE/there'),
  'a redirect with 303': redirect(303, '//HOST/BASE/there'),
  'a redirect with 307': redirect(307, '?there'),
  'a redirect with 308': redirect(308, './there#fragment'),
  'a redirect with a Location outside ASCII': redirect(302, Buffer.from('there-ü').toString('latin1')),
  'a redirect without a Location': status(302),
  'a redirect with an empty Location': status(302, { Location: '', ...STREAM }),
  'a redirect to an invalid URL': status(302, { Location: 'http://', ...STREAM }),
  'a redirect to another scheme': status(302, { Location: 'ftp://127.0.0.1/', ...STREAM }),
  'an endless redirect': redirect(302, '/BASE/events'),
  'a redirect with 300': status(300, { Location: 'there', ...STREAM }),
  'a connection that ends within an event': after((request, response) => {
    destroyOnceSeen('a', request, response);
    response.writeHead(200, STREAM);
    response.write('data: a\n\ndata: b');
  }),
  'a connection that ends without a response': after((request) => void request.socket.destroy()),
  'a Content-Length that is too large': after((request, response) => {
    destroyOnceSeen('a', request, response);
    response.writeHead(200, { ...STREAM, 'Content-Length': '1000' });
    response.write('data: a\n\n');
  }),
  'an HTTP/1.0 stream': after((request) => {
    request.socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n');
  }),
};
