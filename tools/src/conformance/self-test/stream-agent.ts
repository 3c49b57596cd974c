import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { constants, createBrotliCompress, createDeflate, createGzip } from 'node:zlib';

export interface StreamAgentRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** The header fields. Names keep their case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly lastEventId: string;
}

/** The behaviour of an event stream server of the self-test. A fault changes some of these properties. */
export interface StreamBehaviour {
  readonly status: (request: StreamAgentRequest) => number;
  readonly version: string;
  readonly fields: Readonly<Record<string, string | null>>;
  /** The text before the first event. */
  readonly prefix: string;
  /** Returns an event with its fields and the empty line that ends it. */
  readonly event: (number: number) => string | Buffer;
  /** Returns the number of the first event after this id. */
  readonly next: (lastEventId: string) => number;
  readonly count: number;
  readonly endsAfterEvents: boolean;
  /** What ends a response in chunks. */
  readonly lastChunk: string;
  readonly headDelay: number;
  /** Milliseconds between two parts of an event. If 0, the event is written at once. */
  readonly halves: number;
  readonly beats: boolean;
  readonly beat: string;
  /** An interim response before the response. */
  readonly interim: (version: string) => string;
  readonly chunk: (bytes: Buffer) => Buffer;
  readonly chunkedFor: (version: string) => boolean;
  /** Returns how it writes the name of a coding. */
  readonly nameOf: (coding: string) => string;
  readonly codingFor: (accepted: string) => '' | 'gzip' | 'deflate' | 'br';
  readonly flushes: boolean;
  readonly contentOfHead: string;
  readonly readsOnce: boolean;
  /** Whether the server stops serving all clients after it receives these bytes. */
  readonly stopsAt: (bytes: Buffer, connections: number) => boolean;
}

export function field({ fields }: StreamAgentRequest, name: string): string | undefined {
  return fields.find(([one]) => one.toLowerCase() === name)?.[1];
}

export const STANDARD: StreamBehaviour = {
  status: (request) => {
    if (!/^HTTP\/1\.[01]$/.test(request.version)) return 400;
    if (request.version === 'HTTP/1.1' && field(request, 'host') === undefined) return 400;
    return ['GET', 'HEAD'].includes(request.method) ? 200 : 405;
  },
  version: 'HTTP/1.1',
  fields: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' },
  prefix: '\ufeffretry: 1000\n\n',
  event: (number) => `id: ${number}\nevent: tick\ndata: ${number} ü\n\n`,
  next: (lastEventId) => (/^\d{1,3}$/.test(lastEventId) ? Number(lastEventId) + 1 : 1),
  count: 12,
  endsAfterEvents: false,
  lastChunk: '0\r\n\r\n',
  headDelay: 0,
  halves: 0,
  beats: true,
  beat: ': beat\n\n',
  interim: () => '',
  chunk: (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
  chunkedFor: (version) => version === 'HTTP/1.1',
  nameOf: (coding) => coding,
  codingFor: (accepted) => (['gzip', 'deflate', 'br'] as const).find((one) => accepted.split(', ').includes(one)) ?? '',
  flushes: true,
  contentOfHead: '',
  readsOnce: false,
  stopsAt: () => false,
};

/** Starts the server, passes its URL to `use`, and stops it. */
export async function withStreamAgent<Result>(
  changes: Partial<StreamBehaviour>,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const behaviour = { ...STANDARD, ...changes };
  const sockets = new Set<Socket>();
  let stopped = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let head = Buffer.alloc(0);
    const received = (bytes: Buffer): void => {
      stopped ||= behaviour.stopsAt(bytes, sockets.size);
      if (stopped) return void socket.destroy();
      head = Buffer.concat([head, bytes]);
      if (!behaviour.readsOnce && !head.includes('\r\n\r\n')) return undefined;
      socket.off('data', received);
      socket.resume();
      return void answer(socket, parse(head.toString('latin1')), behaviour);
    };
    socket.on('data', received);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

function parse(head: string): StreamAgentRequest {
  const [requestLine = '', ...lines] = head.split('\r\n\r\n')[0]!.split('\r\n');
  const [method = '', target = '', version = ''] = requestLine.split(' ');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const request = { method, target, version, fields, lastEventId: '' };
  return { ...request, lastEventId: field(request, 'last-event-id') ?? '' };
}

async function answer(socket: Socket, request: StreamAgentRequest, behaviour: StreamBehaviour): Promise<void> {
  const status = behaviour.status(request);
  socket.write(behaviour.interim(request.version));
  if (behaviour.headDelay > 0) await wait(behaviour.headDelay);
  const coding = status === 200 ? behaviour.codingFor(field(request, 'accept-encoding') ?? '') : '';
  const isChunked = behaviour.chunkedFor(request.version);
  const fields: Record<string, string | null> = {
    ...(isChunked && { 'Transfer-Encoding': 'chunked' }),
    ...(coding !== '' && { 'Content-Encoding': behaviour.nameOf(coding) }),
    ...behaviour.fields,
    Connection: 'close',
  };
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  socket.write([`${behaviour.version} ${status} Status`, ...lines, '', ''].join('\r\n'));
  if (request.method === 'HEAD') return void socket.end(behaviour.contentOfHead);
  if (status !== 200) return void socket.end(isChunked ? '0\r\n\r\n' : '');
  const send = (bytes: string | Buffer): void => {
    const sent = Buffer.from(bytes as string);
    if (socket.writable) socket.write(isChunked ? behaviour.chunk(sent) : sent);
  };
  const coder = { gzip: createGzip, deflate: createDeflate, br: createBrotliCompress, '': () => undefined }[coding]();
  coder?.on('data', send);
  const write = (bytes: string | Buffer): void => {
    if (coder === undefined) return send(bytes);
    coder.write(bytes);
    const sync = coding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
    // The types of the brotli stream declare `flush()` without this argument.
    if (behaviour.flushes) (coder.flush as (kind: number, done: () => void) => void)(sync, () => {});
    return undefined;
  };
  if (behaviour.prefix !== '') write(behaviour.prefix);
  const first = behaviour.next(request.lastEventId);
  for (let number = first; number < first + behaviour.count; number++) {
    const event = Buffer.from(behaviour.event(number) as string);
    if (behaviour.halves === 0) write(event);
    else {
      write(event.subarray(0, event.length - 2));
      await wait(behaviour.halves);
      write(event.subarray(event.length - 2));
    }
  }
  if (behaviour.endsAfterEvents) {
    const end = (): void => void socket.end(isChunked ? behaviour.lastChunk : '');
    return coder === undefined ? end() : void coder.on('end', end).end();
  }
  if (!behaviour.beats) return undefined;
  const beating = setInterval(() => write(behaviour.beat), 600);
  socket.on('close', () => clearInterval(beating));
  return undefined;
}
