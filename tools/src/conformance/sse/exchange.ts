import type { Transform } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { connect, sendInWrites } from '../raw-connection.ts';
import type { LogEntry } from '../wire-log.ts';
import { WireLog } from '../wire-log.ts';
import { ChunkedReader } from './chunked-reader.ts';
import { readStreamText, type StreamText } from './stream-text.ts';

/** What is asked of a server. */
export interface StreamRequest {
  /** Default: `GET`. */
  readonly method?: string;
  /** Default: `1.1`. */
  readonly version?: '1.0' | '1.1';
  /** The request target is a whole URL. */
  readonly absolute?: boolean;
  /** Fields besides Host, Accept and Cache-Control, or instead of them; null takes one away. As Latin-1. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly body?: string;
  /** Sent in writes of so many bytes. Default: in one. */
  readonly writeSize?: number;
}

/** What a server has answered, and how it went on. */
export interface Exchange {
  /** 0 if no response has come. */
  readonly status: number;
  readonly version: string;
  /** By lower-case name; the values of a field that stands several times are joined. */
  readonly fields: Readonly<Record<string, string>>;
  /** Milliseconds from the request to the end of the response's head. */
  readonly headTime: number;
  /** The content without transfer coding and content coding, with the milliseconds at which it came. */
  readonly pieces: readonly { readonly time: number; readonly bytes: Buffer }[];
  /** Octets behind the head, with everything. */
  readonly bodyLength: number;
  /** Whether the response is over: the last chunk, as many octets as Content-Length says, or TCP. */
  readonly ended: boolean;
  /** What HTTP does not allow. */
  readonly violation: string | undefined;
  /** When the tester left. */
  readonly duration: number;
  readonly log: readonly LogEntry[];
}

/** What the whole content says. */
export function textOf({ pieces, ended }: Exchange): StreamText {
  return readStreamText(Buffer.concat(pieces.map(({ bytes }) => bytes)), ended);
}

const MAX_LOGGED = 600;
/** A server of HTTP/2 is to speak HTTP/1.1 here. */
export const HTTP_1: ConnectionOptions = { ALPNProtocols: ['http/1.1'] };

/** The request as it goes out. */
function serialize(url: URL, { method = 'GET', version = '1.1', absolute, fields, body = '' }: StreamRequest): Buffer {
  const all: Record<string, string | null> = {
    Host: url.host,
    Accept: 'text/event-stream',
    'Cache-Control': 'no-cache',
    ...(body !== '' && { 'Content-Length': String(body.length) }),
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const target = absolute ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`;
  return Buffer.from([`${method} ${target} HTTP/${version}`, ...lines, '', body].join('\r\n'), 'latin1');
}

/**
 * Sends a request, and listens until `isEnough`, until the response is over, or until so many milliseconds have passed.
 * Nothing throws: a connection that fails is a response that does not come.
 */
export function exchange(
  url: URL,
  request: StreamRequest,
  timeLimit: number,
  isEnough: (soFar: Exchange) => boolean,
): Promise<Exchange> {
  const socket = connect(url.href, HTTP_1);
  const answer = new Answer(request.method ?? 'GET');
  const bytes = serialize(url, request);
  answer.log.add('tester', JSON.stringify(bytes.toString('latin1')));
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('end').destroy();
      resolve(answer.soFar());
    };
    const timer = setTimeout(done, timeLimit);
    answer.onContent = () => {
      const soFar = answer.soFar();
      if (soFar.ended || isEnough(soFar)) done();
    };
    socket.on('data', (chunk: Buffer) => {
      answer.receive(chunk);
      answer.onContent();
    });
    socket.on('error', (error) => {
      answer.log.add('agent', error.message);
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        answer.end();
        done();
      });
    }
    void sendInWrites(socket, bytes, request.writeSize);
  });
}

/** Reads a response as it comes. */
class Answer {
  readonly log: WireLog = new WireLog();
  /** Called when a content coding has given something. */
  onContent: () => void = () => {};
  readonly #method: string;
  #head = Buffer.alloc(0);
  #status = 0;
  #version = '';
  #fields: Record<string, string> = {};
  #headTime = 0;
  #pieces: { time: number; bytes: Buffer }[] = [];
  #bodyLength = 0;
  #ended = false;
  #violation: string | undefined;
  #chunked: ChunkedReader | undefined;
  #decoder: Transform | undefined;

  constructor(method: string) {
    this.#method = method;
  }

  soFar(): Exchange {
    return {
      status: this.#status,
      version: this.#version,
      fields: this.#fields,
      headTime: this.#headTime,
      pieces: this.#pieces,
      bodyLength: this.#bodyLength,
      ended: this.#ended,
      violation: this.#violation,
      duration: this.log.time,
      log: this.log.finish(),
    };
  }

  receive(chunk: Buffer): void {
    const shown = chunk.toString('utf8', 0, MAX_LOGGED);
    this.log.add('agent', JSON.stringify(shown) + (chunk.length > MAX_LOGGED ? `… of ${chunk.length} octets` : ''));
    if (this.#status !== 0) return this.#receiveBody(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const rest = this.#head.subarray(end + 4);
    const status = this.#readHead(this.#head.toString('latin1', 0, end));
    // RFC 9110 §15.2: an interim response comes before the one that counts.
    if (status >= 100 && status < 200 && status !== 101) {
      this.#status = 0;
      this.#head = Buffer.alloc(0);
      return rest.length > 0 ? this.receive(rest) : undefined;
    }
    this.#headTime = this.log.time;
    if (rest.length > 0) this.#receiveBody(rest);
    const hasContent = this.#method !== 'HEAD' && status !== 204 && status !== 304;
    // To HEAD, there should be nothing more: that is waited for.
    if (this.#method !== 'HEAD' && (!hasContent || this.#fields['content-length'] === '0')) this.#ended = true;
    return undefined;
  }

  /** TCP is over. */
  end(): void {
    if (this.#ended) return;
    this.log.add('agent', 'ends TCP');
    const length = this.#fields['content-length'];
    const isCut = this.#chunked !== undefined || (length !== undefined && this.#bodyLength < Number(length));
    if (isCut && this.#method !== 'HEAD') this.#violation ??= 'the end of TCP before the end of the response';
    this.#ended = true;
  }

  /** Returns the status. */
  #readHead(head: string): number {
    const [statusLine = '', ...lines] = head.split('\r\n');
    const [, version, status] = statusLine.match(/^HTTP\/(\d\.\d) (\d{3})( |$)/) ?? [];
    if (version === undefined) this.#violation = `the status line ${JSON.stringify(statusLine)}`;
    this.#version = version ?? '';
    this.#status = Number(status ?? 999);
    this.#fields = {};
    for (const line of lines) {
      const [, name, value] = line.match(/^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/) ?? [];
      if (name === undefined) {
        this.#violation ??= `the header line ${JSON.stringify(line)}`;
        continue;
      }
      const key = name.toLowerCase();
      this.#fields[key] = this.#fields[key] === undefined ? value! : `${this.#fields[key]}, ${value}`;
    }
    if (/\bchunked$/i.test(this.#fields['transfer-encoding'] ?? '')) {
      this.#chunked = new ChunkedReader();
      if (this.#fields['content-length'] !== undefined) {
        this.#violation ??= 'both Content-Length and Transfer-Encoding (RFC 9112 §6.2)';
      }
    }
    this.#decoder = decoderOf(this.#fields['content-encoding']);
    this.#decoder?.on('data', (bytes: Buffer) => {
      this.#add(bytes);
      this.onContent();
    });
    this.#decoder?.on('error', ({ message }) => {
      this.#violation ??= `content that is not in its Content-Encoding: ${message}`;
      this.#finish();
    });
    this.#decoder?.on('end', () => this.#finish());
    return this.#status;
  }

  #receiveBody(bytes: Buffer): void {
    this.#bodyLength += bytes.length;
    if (this.#method === 'HEAD') return;
    const content = this.#chunked === undefined ? [bytes] : this.#chunked.read(bytes);
    this.#violation ??= this.#chunked?.violation;
    for (const piece of content) {
      if (this.#decoder === undefined) this.#add(piece);
      else this.#decoder.write(piece);
    }
    const length = this.#fields['content-length'];
    if (!this.#chunked?.ended && !(length !== undefined && this.#bodyLength >= Number(length))) return;
    // What is decoded comes in a later turn.
    if (this.#decoder === undefined) this.#ended = true;
    else this.#decoder.end();
  }

  #finish(): void {
    this.#ended = true;
    this.onContent();
  }

  #add(bytes: Buffer): void {
    this.#pieces.push({ time: this.log.time, bytes });
  }
}

function decoderOf(coding: string | undefined): Transform | undefined {
  if (coding === 'gzip') return createGunzip();
  if (coding === 'deflate') return createInflate();
  if (coding === 'br') return createBrotliDecompress();
  return undefined;
}
