import { frame } from '../../spec/support/frames.ts';
import { upgradeRequest } from '../../spec/support/raw-peer.ts';
import { RawClient } from './frames.ts';

/** The protocol of a client. */
export type HubClientKind = 'websocket' | 'event-stream' | 'socket.io';

/** Called with the time when an event was due, in microseconds of `process.hrtime`. */
export type OnEvent = (due: number) => void;

const AT: Buffer = Buffer.from('"at":');
const [CR, ZERO, NINE, LOWER_A] = [0x0d, 0x30, 0x39, 0x61];
const TEXT_FRAME = 0x81;
const PING_FRAME = 0x89;
const PONG: Buffer = frame({ opcode: 10, payload: Buffer.alloc(0) });

/** Of Engine.IO 4 and Socket.IO 5, as characters. */
const PING = 0x32;
const OPEN = 0x30;
const MESSAGE = 0x34;
const CONNECTED = 0x30;
const EVENT = 0x32;

/** A subscriber that reads as little as it must. */
export class HubClient {
  readonly kind: HubClientKind;
  readonly room: number;
  /** The index of its server. */
  readonly server: number;
  /** The number of events that it has received. */
  received = 0;
  /** The id of the last event, if `keepsIds` is set. */
  lastId = '';
  keepsIds = false;
  readonly #onEvent: OnEvent;
  #socket: RawClient | undefined;
  /** The beginning of a message whose end has not arrived. */
  #rest: Buffer | null = null;
  /** The private id of a Socket.IO session. */
  #session = '';
  #opened: (() => void) | undefined;

  constructor(kind: HubClientKind, room: number, server: number, onEvent: OnEvent) {
    this.kind = kind;
    this.room = room;
    this.server = server;
    this.#onEvent = onEvent;
  }

  /** Opens the connection, and continues after the last id. */
  async open(port: number): Promise<void> {
    this.#rest = null;
    const opened = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    const socket = await RawClient.open(port, this.#request(), this.kind === 'event-stream' ? 200 : 101);
    this.#socket = socket;
    socket.onBytes = (count, bytes) => this.#receive(bytes as Buffer, count);
    const body = socket.head.subarray(socket.head.indexOf('\r\n\r\n') + 4);
    this.#receive(body, body.length);
    if (this.kind === 'socket.io') await opened;
  }

  leave(): void {
    this.#socket!.socket.destroy();
  }

  #request(): string {
    const room = `room=room-${this.room}`;
    if (this.kind === 'socket.io')
      return upgradeRequest({}, `GET /socket.io/?EIO=4&transport=websocket&${room} HTTP/1.1`);
    if (this.kind === 'websocket') return upgradeRequest({}, `GET /?${room}&lastEventId=${this.lastId} HTTP/1.1`);
    const cursor = this.lastId === '' ? [] : [`Last-Event-ID: ${this.lastId}`];
    return [`GET /?${room} HTTP/1.1`, 'Host: 127.0.0.1', 'Accept: text/event-stream', ...cursor, '', ''].join('\r\n');
  }

  #receive(chunk: Buffer, count: number): void {
    let bytes = chunk;
    let length = count;
    if (this.#rest !== null) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
      length = bytes.length;
      this.#rest = null;
    }
    const isStream = this.kind === 'event-stream';
    for (let start = 0; start < length; ) {
      const end = isStream ? chunkEnd(bytes, start, length) : frameEnd(bytes, start, length);
      if (end > length) {
        this.#rest = Buffer.from(bytes.subarray(start, length));
        return;
      }
      if (isStream) this.#onMessage(bytes, start, end);
      else this.#onFrame(bytes, start, end);
      start = end;
    }
  }

  #onFrame(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === PING_FRAME) this.#socket!.socket.write(PONG);
    else if (bytes[start] !== TEXT_FRAME) throw new Error(`A server sent a frame that begins with ${bytes[start]}`);
    else if (this.kind === 'websocket') this.#onMessage(bytes, start, end);
    else this.#onPacket(bytes, start + (bytes[start + 1]! < 126 ? 2 : 4), end);
  }

  /** A packet of Engine.IO. */
  #onPacket(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === MESSAGE && bytes[start + 1] === EVENT) this.#onMessage(bytes, start, end);
    else if (bytes[start] === PING) this.#sendText('3');
    else if (bytes[start] === OPEN) {
      const cursor = this.lastId === '' ? '' : JSON.stringify({ pid: this.#session, offset: this.lastId });
      this.#sendText(`40${cursor}`);
    } else if (bytes[start + 1] === CONNECTED) {
      this.#session = JSON.parse(bytes.toString('latin1', start + 2, end)).pid;
      this.#opened!();
    } else throw new Error(`The server refused the client: ${bytes.toString('latin1', start, end)}`);
  }

  #sendText(payload: string): void {
    this.#socket!.socket.write(frame({ opcode: 1, payload }));
  }

  #onMessage(bytes: Buffer, start: number, end: number): void {
    const found = bytes.indexOf(AT, start);
    // An id alone, or a comment.
    if (found === -1 || found >= end) return;
    let at = found + AT.length;
    let due = 0;
    for (let digit = bytes[at]!; digit >= ZERO && digit <= NINE; digit = bytes[++at]!) due = due * 10 + digit - ZERO;
    this.received++;
    if (this.keepsIds) this.lastId = this.#idOf(bytes.toString('latin1', start, end));
    this.#onEvent(due);
  }

  #idOf(message: string): string {
    if (this.kind === 'websocket') return /"id":"([^"]*)"/.exec(message)![1]!;
    if (this.kind === 'event-stream') return /^id: (.*)$/m.exec(message)![1]!;
    // The server adds it as the last argument, if it can restore sessions.
    return /,"([^"]*)"\]$/.exec(message)?.[1] ?? '';
  }
}

/** The index after a server's frame that begins at `start`; more than `length` if it is not complete. */
function frameEnd(bytes: Buffer, start: number, length: number): number {
  if (length - start < 4)
    return length - start < 2 || start + 2 + bytes[start + 1]! > length ? length + 1 : start + 2 + bytes[start + 1]!;
  const payload = bytes[start + 1]!;
  if (payload < 126) return start + 2 + payload;
  if (payload === 127) throw new Error('A server sent a frame of more than 65,535 bytes');
  return start + 4 + bytes.readUInt16BE(start + 2);
}

/** The index after a chunk of HTTP/1.1 that begins at `start`; more than `length` if it is not complete. */
function chunkEnd(bytes: Buffer, start: number, length: number): number {
  let size = 0;
  for (let index = start; index < length; index++) {
    const digit = bytes[index]!;
    if (digit === CR) return index + 2 + size + 2;
    size = size * 16 + (digit >= LOWER_A ? digit - LOWER_A + 10 : digit - ZERO);
  }
  return length + 1;
}
