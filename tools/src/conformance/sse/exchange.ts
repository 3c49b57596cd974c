import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { connect, HTTP_1, sendInWrites } from '../raw-connection.ts';
import type { LogEntry } from '../wire-log.ts';
import { WireLog } from '../wire-log.ts';
import { ChunkedReader } from './chunked-reader.ts';
import { readStreamText, type StreamText } from './stream-text.ts';

/** A request to an event-stream server. */
export interface StreamRequest {
  /** Default: `GET`. */
  readonly method?: string;
  /** Default: `1.1`. */
  readonly version?: '1.0' | '1.1';
  /** Whether the request target is an absolute URL. */
  readonly absolute?: boolean;
  /** Header fields that add to, or replace, Host, Accept and Cache-Control; null removes one. Sent as Latin-1. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly body?: string;
  /** The bytes of each write. Default: one write. */
  readonly writeSize?: number;
}

/** A response, as far as it has arrived. */
export interface Exchange {
  /** 0 if no response has arrived. */
  readonly status: number;
  readonly version: string;
  /** By lower-case name. The values of a repeated field are joined with commas. */
  readonly fields: Readonly<Record<string, string>>;
  /** Milliseconds from the request to the end of the response head. */
  readonly headTime: number;
  /** The decoded content, and the milliseconds from the request to its arrival. */
  readonly pieces: readonly { readonly time: number; readonly bytes: Buffer }[];
  /** The octets after the head, still encoded. */
  readonly bodyLength: number;
  /** Whether the response has ended: by its last chunk, by its Content-Length, or with TCP. */
  readonly ended: boolean;
  /** The first violation of HTTP, in words. */
  readonly violation: string | undefined;
  /** Milliseconds from the request until the tester stopped reading. */
  readonly duration: number;
  /** When the request was sent, as an ISO 8601 date. */
  readonly started: string;
  readonly log: readonly LogEntry[];
}

/** Parses the content of a response. */
export function textOf({ pieces, ended }: Exchange): StreamText {
  return readStreamText(Buffer.concat(pieces.map(({ bytes }) => bytes)), ended);
}

/** Milliseconds. What arrives this soon after the head belongs to the beginning of the stream. */
const BEGINNING = 500;

/** Whether something arrived after a period of silence. */
export function hasHeartbeat({ pieces, headTime }: Exchange): boolean {
  return pieces.some(({ time }) => time - headTime > BEGINNING);
}

/** The octets of a response, before and after decoding, that the tester keeps. */
const MAX_RESPONSE = 64 * 1024 * 1024;
const TOO_LONG = `a response of more than ${MAX_RESPONSE} octets`;
/** The octets of the head of a response. */
const MAX_HEAD = 1024 * 1024;
/** The octets of a chunk that the log shows. */
const MAX_LOGGED = 600;

/** Returns the octets of a request. */
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
 * Sends a request, and reads until `isEnough` returns true, the response ends, or the time limit in milliseconds passes.
 * It never rejects: if the connection fails, the response is missing.
 */
export function exchange(
  url: URL,
  request: StreamRequest,
  timeLimit: number,
  isEnough: (soFar: Exchange) => boolean,
): Promise<Exchange> {
  const socket = connect(url.href, HTTP_1);
  const response = new ResponseReader(request.method ?? 'GET');
  const bytes = serialize(url, request);
  response.log.add('tester', JSON.stringify(bytes.toString('latin1')));
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('end').destroy();
      resolve(response.soFar());
    };
    const timer = setTimeout(done, timeLimit);
    response.onContent = () => {
      const soFar = response.soFar();
      if (soFar.ended || isEnough(soFar)) done();
    };
    socket.on('data', (chunk: Buffer) => {
      response.receive(chunk);
      response.onContent();
    });
    socket.on('error', (error) => {
      response.log.add('agent', error.message);
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        response.end();
        done();
      });
    }
    void sendInWrites(socket, bytes, request.writeSize);
  });
}

/** Reads a response as it arrives. */
class ResponseReader {
  readonly log: WireLog = new WireLog();
  /** Called when a content decoder has produced content. */
  onContent: () => void = () => {};
  readonly #method: string;
  #head = Buffer.alloc(0);
  #status = 0;
  #version = '';
  #fields: Record<string, string> = {};
  #headTime = 0;
  #pieces: { time: number; bytes: Buffer }[] = [];
  #bodyLength = 0;
  /** The octets in `#pieces`. */
  #kept = 0;
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
      started: this.log.started.toISOString(),
      log: this.log.finish(),
    };
  }

  receive(chunk: Buffer): void {
    const shown = chunk.toString('utf8', 0, MAX_LOGGED);
    this.log.add('agent', JSON.stringify(shown) + (chunk.length > MAX_LOGGED ? `… (${chunk.length} octets)` : ''));
    if (this.#status !== 0) return this.#receiveBody(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#head.length > MAX_HEAD) this.#stop(`a head of more than ${MAX_HEAD} octets`);
      return;
    }
    const rest = this.#head.subarray(end + 4);
    const status = this.#readHead(this.#head.toString('latin1', 0, end));
    // RFC 9110 §15.2: interim responses precede the final one.
    if (status >= 100 && status < 200 && status !== 101) {
      this.#status = 0;
      this.#head = Buffer.alloc(0);
      return rest.length > 0 ? this.receive(rest) : undefined;
    }
    this.#headTime = this.log.time;
    if (rest.length > 0) this.#receiveBody(rest);
    const hasContent = this.#method !== 'HEAD' && status !== 204 && status !== 304;
    // A response to HEAD has no body. It ends with TCP, so that octets after the head are seen.
    if (this.#method !== 'HEAD' && (!hasContent || this.#fields['content-length'] === '0')) this.#ended = true;
    return undefined;
  }

  /** Handles the end of TCP. */
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
    if (version === undefined) this.#violation = `an invalid status line; received ${JSON.stringify(statusLine)}`;
    this.#version = version ?? '';
    this.#status = Number(status ?? 999);
    this.#fields = {};
    for (const line of lines) {
      const [, name, value] = line.match(/^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/) ?? [];
      if (name === undefined) {
        this.#violation ??= `an invalid header line; received ${JSON.stringify(line)}`;
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
      this.#violation ??= `content that does not match its Content-Encoding: ${message}`;
      this.#finish();
    });
    this.#decoder?.on('end', () => this.#finish());
    return this.#status;
  }

  #receiveBody(bytes: Buffer): void {
    if (this.#ended) return;
    this.#bodyLength += bytes.length;
    // A decoder may be slower than the server.
    if (this.#bodyLength > MAX_RESPONSE) return this.#stop(TOO_LONG);
    if (this.#method === 'HEAD') return;
    const content = this.#chunked === undefined ? [bytes] : this.#chunked.read(bytes);
    this.#violation ??= this.#chunked?.violation;
    for (const piece of content) {
      if (this.#decoder === undefined) this.#add(piece);
      else this.#decoder.write(piece);
    }
    const length = this.#fields['content-length'];
    if (!this.#chunked?.ended && !(length !== undefined && this.#bodyLength >= Number(length))) return;
    // The decoder emits the rest of the content in a later turn.
    if (this.#decoder === undefined) this.#ended = true;
    else this.#decoder.end();
  }

  #finish(): void {
    this.#ended = true;
    this.onContent();
  }

  /** Stops reading: the tester must not run out of memory because of an agent. */
  #stop(violation: string): void {
    this.#violation ??= violation;
    this.#ended = true;
    this.#decoder?.destroy();
  }

  #add(bytes: Buffer): void {
    this.#kept += bytes.length;
    if (this.#kept > MAX_RESPONSE) return this.#stop(TOO_LONG);
    this.#pieces.push({ time: this.log.time, bytes });
  }
}

/** RFC 9110 §8.4.1: codings are case-insensitive, and "x-gzip" is "gzip". */
function decoderOf(value: string | undefined): Transform | undefined {
  const coding = value?.toLowerCase();
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip();
  if (coding === 'deflate') return createInflate();
  if (coding === 'br') return createBrotliDecompress();
  return undefined;
}
