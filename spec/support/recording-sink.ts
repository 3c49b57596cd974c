import { Connection } from '../../src/websocket/wire/connection.ts';
import type { ConnectionOptions, ConnectionSink } from '../../src/websocket/wire/connection-sink.ts';
import type { Role } from '../../src/websocket/wire/frame.ts';
import type { Endpoint } from '../../src/websocket/wire/frame-encoder.ts';
import type { Inflater } from '../../src/websocket/wire/permessage-deflate.ts';
import type { Violation } from '../../src/websocket/wire/violation.ts';
import { own } from './chunkings.ts';
import { type ParsedFrame, parseFrames } from './frames.ts';

export type Recorded =
  | readonly ['text', string]
  | readonly ['binary', string]
  | readonly ['ping' | 'pong', string]
  | readonly ['close', number, string]
  | readonly ['fail', Violation['code'], string]
  | readonly ['inflate', number]
  | readonly ['end'];

/** Records the callbacks of a connection in a readable form, with binary data as hex. */
export class RecordingSink implements ConnectionSink {
  readonly events: Recorded[] = [];
  readonly violations: Violation[] = [];
  readonly limits: (readonly [limit: number | undefined, actual: number | undefined])[] = [];
  readonly sent: Buffer[] = [];
  /** The return value of `onBytes()`: whether the encoder may reuse the memory. */
  consumes = true;
  /** Called in each callback, so that a test can act as a listener. */
  reaction: (event: Recorded) => void = () => {};

  get sentFrames(): ParsedFrame[] {
    return parseFrames(Buffer.concat(this.sent));
  }

  onMessage(opcode: number, chunk: Uint8Array, start: number, end: number): void {
    const data = Buffer.from(chunk.subarray(start, end));
    this.#record(opcode === 1 ? ['text', data.toString()] : ['binary', data.toString('hex')]);
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    this.#record(['ping', Buffer.from(chunk.subarray(start, end)).toString()]);
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.#record(['pong', Buffer.from(chunk.subarray(start, end)).toString()]);
  }

  onCloseFrame(code: number, reason: string): void {
    this.#record(['close', code, reason]);
  }

  onFail(violation: Violation, limit?: number, actual?: number): void {
    this.violations.push(violation);
    this.limits.push([limit, actual]);
    this.#record(['fail', violation.code, violation.section]);
  }

  onBytes(chunk: Uint8Array, start: number, end: number): boolean {
    this.sent.push(own(chunk.subarray(start, end)));
    return this.consumes;
  }

  onInflate(compressed: Uint8Array): void {
    this.#record(['inflate', compressed.length]);
  }

  onEnd(): void {
    this.#record(['end']);
  }

  #record(event: Recorded): void {
    this.events.push(event);
    this.reaction(event);
  }
}

export const UNLIMITED: ConnectionOptions = {
  maxPayload: Number.POSITIVE_INFINITY,
  maxFragments: Number.POSITIVE_INFINITY,
  maxBufferedChunks: Number.POSITIVE_INFINITY,
  skipUTF8Validation: false,
  autoPong: true,
};

/** A connection with its sink. The masking key of a client is always the same. */
export function connect(
  role: Role,
  options: Partial<ConnectionOptions> = {},
  inflater: Inflater | null = null,
): { connection: Connection; sink: RecordingSink } {
  const sink = new RecordingSink();
  const endpoint: Endpoint = role === 'client' ? { role, generateMask: (key) => key.set([1, 2, 3, 4]) } : { role };
  return { sink, connection: new Connection({ endpoint, sink, options: { ...UNLIMITED, ...options }, inflater }) };
}

/** Passes copies of the chunks to a connection, which owns and unmasks its chunks. */
export function feed(connection: Connection, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) connection.receive(own(chunk));
  connection.flush();
}
