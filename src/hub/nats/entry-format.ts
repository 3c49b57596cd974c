import { createHash } from 'node:crypto';
import type { LogEntry, NewLogEntry } from '../log/log.ts';

/** The payload of a message: a JSON object. `data` is last, so that its text is found without parsing it. */
export function encodeEntry({ topic, event, data }: NewLogEntry): string {
  const name = event === undefined ? '' : `,"event":${JSON.stringify(event)}`;
  return `{"topic":${JSON.stringify(topic)}${name},"data":${data}}`;
}

const START = /^\{"topic":("(?:[^"\\]|\\.)*")(?:,"event":("(?:[^"\\]|\\.)*"))?,"data":/;

/**
 * The entry of a payload. A payload of another program becomes an entry with an empty topic: it takes a position in the log, too. Whether
 * the data are JSON is not checked here.
 */
export function decodeEntry(id: string, payload: string): LogEntry {
  const start = START.exec(payload);
  if (start === null || !payload.endsWith('}')) return foreignEntry(id);
  try {
    const event = start[2] === undefined ? undefined : JSON.parse(start[2]);
    return { id, topic: JSON.parse(start[1]!), event, data: payload.slice(start[0].length, -1) };
  } catch {
    // For example, an escape that JSON does not have.
    return foreignEntry(id);
  }
}

function foreignEntry(id: string): LogEntry {
  return { id, topic: '', event: undefined, data: 'null' };
}

/**
 * Header fields with the key of an event. When it sends, the client calls only `encode()` of header fields, so the log does not need
 * the client's class. The key is hashed, because it may contain characters that a header field cannot.
 */
export class KeyHeaders {
  readonly #bytes: Uint8Array;

  constructor(idempotencyKey: string) {
    const hash = createHash('sha256').update(idempotencyKey).digest('base64url');
    this.#bytes = Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${hash}\r\n\r\n`);
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  encode(): Uint8Array {
    return this.#bytes;
  }
}

/** What a delivered message says about itself. */
export interface Delivery {
  /** The sequence in the stream. */
  readonly sequence: number;
  /** The sequence of what this consumer was sent, from 1. */
  readonly consumerSequence: number;
  /** When the server stored the message, in nanoseconds. */
  readonly time: string;
}

/**
 * Reads the reply subject of a delivered message: `$JS.ACK.<stream>.<consumer>.<times>.<sequence>.<consumer sequence>.<time>.<pending>`.
 * Newer servers put a domain and an account in front of the stream, and may add a token.
 */
export function parseDelivery(reply: string | undefined): Delivery | undefined {
  if (reply?.startsWith('$JS.ACK.') !== true) return undefined;
  const tokens = reply.split('.');
  const first = tokens.length === 9 ? 5 : 7;
  return { sequence: Number(tokens[first]), consumerSequence: Number(tokens[first + 1]), time: tokens[first + 2]! };
}
