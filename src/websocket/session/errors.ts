import type { Violation } from '../wire/violation.ts';

/**
 * A WebSocket connection failed: the peer violated the protocol, or the connection was lost. It is a RangeError because
 * many errors of `ws` are.
 */
export class WebSocketError extends RangeError {
  override readonly name: string = 'WebSocketError';
  /** A stable code for programs: `WS_ERR_…`. */
  readonly code: string;
  /** The close code that failed the connection (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** The section of RFC 6455 that the peer violated, or of RFC 7692 if a compressed message is invalid. */
  readonly section: string;

  constructor(
    violation: Violation,
    message = `Peer violated ${violation.standard ?? 'RFC 6455'} §${violation.section}: ${violation.text}`,
  ) {
    super(message);
    this.code = violation.code;
    this.closeCode = violation.closeCode;
    this.section = violation.section;
  }
}

/** What an option limits: subject, unit, and what was counted. */
const LIMITS: Readonly<Record<string, readonly [subject: string, unit: string, counted: string]>> = {
  maxPayload: ['Message exceeds', 'bytes', 'received'],
  maxFragments: ['Message exceeds', 'fragments', 'received'],
  maxBufferedChunks: ['Message exceeds', 'chunks', 'received'],
  maxReceiveMemory: ['Unfinished messages of all connections exceed', 'bytes', 'received'],
  maxBackpressure: ['Peer does not read: queued data exceeds', 'bytes', 'queued'],
  messageTimeout: ['Pause within a message exceeds', 'ms', 'waited'],
  heartbeatTimeout: ['Peer does not respond: silence exceeds', 'ms', 'waited'],
};

/** The peer exceeded a limit that is set by an option. */
export class LimitError extends WebSocketError {
  override readonly name: string = 'LimitError';
  /** The option that sets the limit. */
  readonly option: string;
  /** The limit in force. */
  readonly limit: number;
  /** What the peer sent or announced: at least this much. */
  readonly actual: number;

  constructor(violation: Violation, option: string, limit: number, actual: number) {
    const [subject, unit, counted] = LIMITS[option] ?? ['Peer exceeds', '', 'received'];
    super(violation, `${subject} ${option} (limit ${limit} ${unit}, ${counted} at least ${actual})`);
    this.option = option;
    this.limit = limit;
    this.actual = actual;
  }
}
