import type { LimitViolation, Violation } from '../wire/violation.ts';

/** The WebSocket connection failed: the peer broke the protocol, or the network did. A RangeError, as it is in `ws`. */
export class WebSocketError extends RangeError {
  override readonly name: string = 'WebSocketError';
  /** Stable, for programs: `WS_ERR_…`. */
  readonly code: string;
  /** The close code with which the connection was failed (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** The section of RFC 6455 that the peer broke; of RFC 7692 for what is wrong with a compressed message. */
  readonly section: string;

  constructor(
    violation: Violation,
    message = `The peer broke ${violation.standard ?? 'RFC 6455'} §${violation.section}: ${violation.text}`,
  ) {
    super(message);
    this.code = violation.code;
    this.closeCode = violation.closeCode;
    this.section = violation.section;
  }
}

/** The peer exceeded a limit that an option sets. */
export class LimitError extends WebSocketError {
  override readonly name: string = 'LimitError';
  /** The option that sets the limit. */
  readonly option: string;
  /** The limit in force. */
  readonly limit: number;
  /** What the peer sent or announced: at least this much. */
  readonly actual: number;

  constructor(violation: LimitViolation, limit: number, actual: number) {
    const { option, subject, unit, measure = 'received at least' } = violation.limit;
    super(violation, `${subject} exceeds ${option} (limit ${limit} ${unit}, ${measure} ${actual})`);
    this.option = option;
    this.limit = limit;
    this.actual = actual;
  }
}

/** The error for a violation: a LimitError if it exceeds a limit. */
export function violationError(violation: Violation, limit?: number, actual?: number): WebSocketError {
  return isLimitViolation(violation) && limit !== undefined && actual !== undefined
    ? new LimitError(violation, limit, actual)
    : new WebSocketError(violation);
}

function isLimitViolation(violation: Violation): violation is LimitViolation {
  return violation.limit !== undefined;
}

/** An opening handshake failed (RFC 6455 §4). A server has answered with `status`; a client has ended the connection. */
export class HandshakeError extends Error {
  override readonly name: string = 'HandshakeError';
  /** Stable, for programs: `WS_ERR_…`. */
  readonly code: string;
  /** The status of the HTTP response: sent by a server, received by a client; 0 if there was none. */
  readonly status: number;
  /** The response's header fields that say more, such as `Allow` or `Sec-WebSocket-Version`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status: number,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}
