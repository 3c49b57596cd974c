import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { EventParser, EventSource, WebSocket } from 'pushwire';
import { now } from '../../clock.ts';
import type { SetUp, Target } from '../client-operations.ts';
import { type ConnectionTimes, secureContextFor, type TimedAgent, timeConnection, timedAgent } from './timed-agent.ts';

/** For the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/** A connected client. It has the same interface for both techniques, so the same code measures them. */
export interface ClientChannel {
  /** The time of the first SYN, or that of the request if the connection was already open. */
  readonly start: number;
  readonly opened: number;
  readonly setUp: SetUp;
  /** Called with each message. */
  onMessage: (text: string) => void;
  /** Resolves when the connection is closed. */
  close(): Promise<void>;
}

export interface WebSocketChannel extends ClientChannel {
  send(text: string): void;
}

/** Opens a connection by the technique of the target. */
export function openChannel(target: Target, connection?: TimedAgent): Promise<ClientChannel> {
  return target.technique === 'websocket' ? openWebSocket(target, connection) : openEventStream(target, connection);
}

export async function openWebSocket(target: Target, connection?: TimedAgent): Promise<WebSocketChannel> {
  const { url, headers = {}, timeout, compress = false } = target;
  const { agent, times } = connection ?? timedAgent(target, false);
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
    ...setUpOf(times, opened),
    onMessage: () => {},
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close(1000);
      await closed;
    },
    send: (text) => void socket.send(text),
  };
  socket.on('message', (data) => channel.onMessage(String(data)));
  return channel;
}

export async function openEventStream(target: Target, connection?: TimedAgent): Promise<ClientChannel> {
  const { url, headers = {}, timeout } = target;
  const { agent, times } = connection ?? timedAgent(target, false);
  const source = new EventSource(url, { request: { agent }, headers, maxEventSize: 64 * 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    const fail = (message: string): void => {
      source.close();
      reject(new Error(message));
    };
    const timer = timeout && setTimeout(fail, timeout, `no response within ${timeout} ms`);
    source.onopen = () => {
      clearTimeout(timer);
      resolve();
    };
    source.onerror = ({ message }) => fail(message);
  });
  const channel: ClientChannel = {
    ...setUpOf(times, now()),
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

/** An HTTP/2 connection for event streams and requests. */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #times: ConnectionTimes = { start: 0, connected: 0, secured: 0, resumed: false };

  constructor({ url, ca }: Target) {
    const { hostname, port } = new URL(url);
    this.session = connectHttp2(url, {
      createConnection: () =>
        timeConnection(this.#times, () =>
          connectTls({
            host: hostname,
            port: Number(port),
            ALPNProtocols: ['h2'],
            secureContext: secureContextFor(ca),
          }),
        ),
    });
    this.session.on('error', () => {});
  }

  /** @param isOpen whether the connection is already open, so that only the request counts */
  async openEventStream({ url }: Target, isOpen: boolean): Promise<ClientChannel> {
    const asked = now();
    const { pathname, search } = new URL(url);
    const stream = this.session.request({ ':path': pathname + search, accept: 'text/event-stream' });
    stream.on('error', () => {});
    await once(stream, 'response');
    const times = isOpen ? { start: asked, connected: asked, secured: asked } : this.#times;
    const channel: ClientChannel = {
      ...setUpOf(times, now()),
      onMessage: () => {},
      close: async () => stream.close(constants.NGHTTP2_CANCEL),
    };
    const parser = new EventParser({ onEvent: ({ data }) => channel.onMessage(data) });
    stream.on('data', (chunk: Buffer) => parser.push(chunk));
    return channel;
  }

  /** Resolves with the time at which the head of the response arrives. */
  async post(path: string, body: string): Promise<number> {
    const stream = this.session.request({ ':method': 'POST', ':path': path });
    stream.end(body);
    await once(stream, 'response');
    const answered = now();
    stream.resume();
    return answered;
  }
}

/** Sends a POST request. Resolves with the time at which the head of the response arrives. */
export function post(url: string, { agent }: TimedAgent, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = open(url, { agent, method: 'POST', headers: { 'Content-Length': Buffer.byteLength(body) } });
    request.on('error', reject);
    request.on('response', (response) => {
      const answered = now();
      response.resume();
      // Only then can the connection be reused.
      response.once('end', () => resolve(answered));
    });
    request.end(body);
  });
}

/** Resolves with the time at which the next message arrives. */
export function nextMessageTime(channel: ClientChannel): Promise<number> {
  return new Promise((resolve) => {
    channel.onMessage = () => resolve(now());
  });
}

function setUpOf(
  { start, connected, secured }: Omit<ConnectionTimes, 'resumed'>,
  opened: number,
): Pick<ClientChannel, 'start' | 'opened' | 'setUp'> {
  const setUp = { TCP: connected - start, TLS: secured - connected, HTTP: opened - secured, C: opened - start };
  return { start, opened, setUp };
}
