import { EventSource } from '../../../src/sse/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';

/** What a client has received: the id of an event, or the id at which it continues after a reset. */
export interface Received {
  readonly id: string;
  readonly isReset: boolean;
}

/** A client that comes back to any of several processes whenever its connection ends, and records what it receives. */
export class RecordingClient {
  readonly topics: readonly string[];
  readonly received: Received[] = [];
  readonly #kind: 'event stream' | 'WebSocket';
  readonly #ports: () => readonly number[];
  #lastId = '';
  #end: () => void = () => {};
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;
  /** The number of connections that it has opened. */
  connections = 0;

  /** @param ports the processes that it may connect to */
  constructor(kind: 'event stream' | 'WebSocket', topics: readonly string[], ports: () => readonly number[]) {
    this.#kind = kind;
    this.topics = topics;
    this.#ports = ports;
    this.#connect();
  }

  /** The id of the last event that it has received, or of a later one. */
  get lastId(): string {
    return this.#lastId;
  }

  /** Breaks the connection: what is in flight is lost. */
  disconnect(): void {
    this.#end();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#end();
  }

  #connect(): void {
    const ports = this.#ports();
    if (ports.length === 0) return this.#connectLater();
    this.connections++;
    const address = `127.0.0.1:${ports[Math.floor(Math.random() * ports.length)]}/?topics=${this.topics.join(',')}`;
    if (this.#kind === 'WebSocket') this.#openWebSocket(`ws://${address}`);
    else this.#openEventStream(`http://${address}`);
  }

  #connectLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), 20 + Math.random() * 80);
  }

  #openWebSocket(url: string): void {
    const socket = new WebSocket(`${url}&lastEventId=${encodeURIComponent(this.#lastId)}`, {
      perMessageDeflate: false,
    });
    let isOver = false;
    this.#end = () => {
      isOver = true;
      socket.terminate();
    };
    socket.on('error', () => {});
    socket.on('message', (data) => {
      if (isOver) return;
      const { id, topic, event } = JSON.parse(String(data));
      this.#receive(id, topic === undefined && event === undefined ? 'id' : event === 'reset' ? 'reset' : 'event');
    });
    socket.on('close', () => this.#connectLater());
  }

  #openEventStream(url: string): void {
    // One attempt for each EventSource: the next one may be to another process.
    const source = new EventSource(url, { lastEventId: this.#lastId });
    this.#end = () => {
      // It may have received an id alone.
      this.#lastId = source.lastEventId;
      source.close();
      this.#end = () => {};
      this.#connectLater();
    };
    const receive = ({ type, lastEventId }: MessageEvent): void =>
      this.#receive(lastEventId, type === 'reset' ? 'reset' : 'event');
    source.addEventListener('message', receive as never);
    source.addEventListener('reset', receive as never);
    source.onerror = () => this.#end();
  }

  #receive(id: string, kind: 'id' | 'event' | 'reset'): void {
    this.#lastId = id;
    if (kind !== 'id') this.received.push({ id, isReset: kind === 'reset' });
  }
}
