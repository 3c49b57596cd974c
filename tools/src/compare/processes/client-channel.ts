import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { EventParser, EventSource, WebSocket } from 'pushwire';
import { now } from '../clock.ts';
import type { SetUp, Target } from './client-operations.ts';
import { type StampedAgent, type Stamps, stampConnection, stampedAgent, trusting } from './timed-agent.ts';

/** Milliseconds that a server has for the closing handshake. */
const CLOSE_TIMEOUT = 1_000;

/** A client that is connected, by whichever technique: what is measured is the same. */
export interface ClientChannel {
  /** Before the first SYN of its connection; or before the request, if the connection was there. */
  readonly start: number;
  readonly opened: number;
  readonly setUp: SetUp;
  /** Called with each message. */
  onMessage: (text: string) => void;
  /** Resolves when the server knows that, too. */
  close(): Promise<void>;
}

export interface WebSocketChannel extends ClientChannel {
  send(text: string): void;
}

/** Opens a connection by the technique of the target. */
export function openChannel(target: Target, connection?: StampedAgent): Promise<ClientChannel> {
  return target.technique === 'websocket' ? openWebSocket(target, connection) : openEventStream(target, connection);
}

export async function openWebSocket(target: Target, connection?: StampedAgent): Promise<WebSocketChannel> {
  const { url, headers = {}, timeout, compress = false } = target;
  const { agent, stamps } = connection ?? stampedAgent(target, false);
  const socket = new WebSocket(url.replace(/^http/, 'ws'), {
    agent,
    headers,
    handshakeTimeout: timeout ?? 0,
    perMessageDeflate: compress ? { threshold: 0 } : false,
    maxPayload: 0,
    closeTimeout: CLOSE_TIMEOUT,
  });
  await once(socket, 'open');
  const opened = now();
  socket.on('error', () => {});
  const channel: WebSocketChannel = {
    ...setUpOf(stamps, opened),
    onMessage: () => {},
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      // Whatever ends it, and however.
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close(1000);
      await closed;
    },
    send: (text) => void socket.send(text),
  };
  socket.on('message', (data) => channel.onMessage(String(data)));
  return channel;
}

export async function openEventStream(target: Target, connection?: StampedAgent): Promise<ClientChannel> {
  const { url, headers = {}, timeout } = target;
  const { agent, stamps } = connection ?? stampedAgent(target, false);
  const source = new EventSource(url, { request: { agent }, headers, maxEventSize: 64 * 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    const fail = (message: string): void => {
      source.close();
      reject(new Error(message));
    };
    const timer = timeout && setTimeout(fail, timeout, `there was no response in ${timeout} ms`);
    source.onopen = () => {
      clearTimeout(timer);
      resolve();
    };
    source.onerror = ({ message }) => fail(message);
  });
  const channel: ClientChannel = {
    ...setUpOf(stamps, now()),
    onMessage: () => {},
    close: async () => source.close(),
  };
  source.onerror = null;
  if (target.anyType) void readAll(source, channel);
  else source.onmessage = ({ data }) => channel.onMessage(data);
  return channel;
}

async function readAll(source: EventSource, channel: ClientChannel): Promise<void> {
  for await (const { data } of source) channel.onMessage(data);
}

/** A connection of HTTP/2, for event streams and requests. */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #stamps: Stamps = { start: 0, connected: 0, secured: 0, resumed: false };

  constructor({ url, ca }: Target) {
    const { hostname, port } = new URL(url);
    this.session = connectHttp2(url, {
      createConnection: () =>
        stampConnection(this.#stamps, () =>
          connectTls({ host: hostname, port: Number(port), ALPNProtocols: ['h2'], secureContext: trusting(ca) }),
        ),
    });
    this.session.on('error', () => {});
  }

  /** @param isOpen whether the connection was there before: then only the request counts */
  async openEventStream({ url }: Target, isOpen: boolean): Promise<ClientChannel> {
    const asked = now();
    const { pathname, search } = new URL(url);
    const stream = this.session.request({ ':path': pathname + search, accept: 'text/event-stream' });
    stream.on('error', () => {});
    await once(stream, 'response');
    const stamps = isOpen ? { start: asked, connected: asked, secured: asked } : this.#stamps;
    const channel: ClientChannel = {
      ...setUpOf(stamps, now()),
      onMessage: () => {},
      close: async () => stream.close(constants.NGHTTP2_CANCEL),
    };
    const parser = new EventParser({ onEvent: ({ data }) => channel.onMessage(data) });
    stream.on('data', (chunk: Buffer) => parser.push(chunk));
    return channel;
  }

  /** Resolves with the time of the response's head. */
  async post(path: string, body: string): Promise<number> {
    const stream = this.session.request({ ':method': 'POST', ':path': path });
    stream.end(body);
    await once(stream, 'response');
    const answered = now();
    stream.resume();
    return answered;
  }
}

/** Sends a POST request. Resolves with the time of the response's head. */
export function post(url: string, { agent }: StampedAgent, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = open(url, { agent, method: 'POST', headers: { 'Content-Length': Buffer.byteLength(body) } });
    request.on('error', reject);
    request.on('response', (response) => {
      const answered = now();
      response.resume();
      // Only then is the connection free for the next one.
      response.once('end', () => resolve(answered));
    });
    request.end(body);
  });
}

function setUpOf(
  { start, connected, secured }: Omit<Stamps, 'resumed'>,
  opened: number,
): Pick<ClientChannel, 'start' | 'opened' | 'setUp'> {
  const setUp = { TCP: connected - start, TLS: secured - connected, HTTP: opened - secured, C: opened - start };
  return { start, opened, setUp };
}
