import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { upgradeRequest, upgradeResponse } from '../../../spec/support/raw-peer.ts';
import { Random } from '../random.ts';
import type { EventSourceScenario, EventStreamsScenario, Scenario, WebSocketServerScenario } from '../scenario.ts';
import { cut } from '../traffic/cut.ts';
import { eventText, gzippedEventText } from '../traffic/event-text.ts';
import { framesOf } from '../traffic/frames.ts';
import { read, write } from './hostile-socket.ts';

/** The hostile side of a scenario. */
export interface Peers {
  /** Settles when everything has been sent, or the other side has ended the connections. */
  readonly done: Promise<unknown>;
  /** Ends all connections. */
  leave(): void;
}

type Destroyable = { destroy(): unknown };

/** Connects hostile clients to the endpoint. */
export function hostileClients(scenario: Scenario, port: number, signal: AbortSignal): Peers {
  const connections: Destroyable[] = [];
  const clients = Array.from({ length: scenario.connections }, (_, index) => {
    if (scenario.endpoint === 'event streams' && scenario.protocol === 'HTTP/2') {
      return http2Client(scenario, port, connections);
    }
    const socket = connect(port, '127.0.0.1');
    connections.push(socket);
    const random = new Random(scenario.seed + index);
    switch (scenario.endpoint) {
      case 'WebSocket server':
        return webSocketClient(scenario, socket, random, signal);
      case 'event streams':
        return eventStreamClient(scenario, socket);
      case 'EventParser':
      case 'EventParserStream':
        read(socket, 'everything');
        return write(socket, cut(eventText(scenario.text), scenario.chunks, random), signal);
      default:
        throw new Error(`${scenario.endpoint} is a client`);
    }
  });
  return {
    done: Promise.all(clients),
    leave() {
      for (const connection of connections) connection.destroy();
    },
  };
}

async function webSocketClient(
  { options, traffic, chunks, reads }: WebSocketServerScenario,
  socket: Socket,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const offer = options.perMessageDeflate ? { 'Sec-WebSocket-Extensions': 'permessage-deflate' } : {};
  socket.write(upgradeRequest(offer));
  await once(socket, 'data', { signal }).catch(() => {});
  read(socket, reads);
  await write(socket, cut(framesOf(traffic, true), chunks, random), signal);
}

async function eventStreamClient(scenario: EventStreamsScenario, socket: Socket): Promise<void> {
  const { protocol, requests, leavesAfter, reads } = scenario;
  read(socket, reads);
  socket.write(`GET / ${protocol}\r\nHost: a\r\n\r\n`.repeat(requests));
  if (leavesAfter === null) return;
  await wait(leavesAfter);
  socket.destroy();
}

async function http2Client(scenario: EventStreamsScenario, port: number, connections: Destroyable[]): Promise<void> {
  const { requests, leavesAfter, reads } = scenario;
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  connections.push(session);
  const streams = Array.from({ length: requests }, () => {
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    if (reads !== 'nothing') stream.resume();
    return stream;
  });
  if (leavesAfter === null) return;
  await wait(leavesAfter);
  for (const stream of streams) stream.close(8);
}

/** A hostile server that the endpoint connects to. */
export class HostileServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answers: Promise<void>[] = [];
  #answered: () => void = () => {};

  constructor(scenario: Scenario, signal: AbortSignal) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      const random = new Random(scenario.seed + this.#answers.length);
      this.#answers.push(answer(scenario, socket, random, signal));
      if (this.#answers.length === scenario.connections) this.#answered();
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  /** Must be called before the endpoint connects. */
  peers(): Peers {
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    return {
      done: answered.then(() => Promise.all(this.#answers)),
      leave: () => {
        this.#server.close();
        for (const socket of this.#sockets) socket.destroy();
      },
    };
  }
}

async function answer(scenario: Scenario, socket: Socket, random: Random, signal: AbortSignal): Promise<void> {
  const [head] = await once(socket, 'data', { signal }).catch(() => [null]);
  if (head === null) return;
  if (scenario.endpoint === 'EventSource') {
    read(socket, 'everything');
    await write(socket, cut(eventResponse(scenario), scenario.chunks, random), signal);
  } else if (scenario.endpoint === 'WebSocket client') {
    const isOffered = scenario.options.perMessageDeflate !== false;
    const extension = isOffered ? { 'Sec-WebSocket-Extensions': 'permessage-deflate' } : {};
    socket.write(upgradeResponse(String(head), extension));
    read(socket, scenario.reads);
    await write(socket, cut(framesOf(scenario.traffic, false), scenario.chunks, random), signal);
  }
}

function* eventResponse({ response, text }: EventSourceScenario): Iterable<Buffer> {
  const head = (field = ''): Buffer =>
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n${field}\r\n`);
  switch (response) {
    case 'events':
      yield head();
      yield* eventText(text);
      break;
    case 'events in gzip':
      yield head('Content-Encoding: gzip\r\n');
      yield* gzippedEventText(text);
      break;
    case 'header fields without end':
      yield Buffer.from('HTTP/1.1 200 OK\r\n');
      for (let count = 0; count < 10_000; count++) yield Buffer.from(`X-${count}: ${'x'.repeat(1000)}\r\n`);
      break;
    case 'redirects':
      yield Buffer.from('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n');
  }
}
