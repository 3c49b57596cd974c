import type { LimitViolation, Violation } from '../wire/violation.ts';

/**
 * A WebSocket connection failed (RFC 6455 §7.1.7): the peer violated the protocol, or the connection was lost. It is a
 * RangeError because many errors of `ws` are.
 */
export class WebSocketError extends RangeError {
  override readonly name: string = 'WebSocketError';
  /** A stable code for programs: `WS_ERR_…`. */
  readonly code: string;
  /** The close code that failed the connection (RFC 6455 §7.4.1); 1006 if no Close frame was sent. */
  readonly closeCode: number;
  /** The section of RFC 6455 that the peer violated, or of RFC 7692 if a compressed message is invalid. */
  readonly section: string;

  constructor(violation: Violation, message: string = messageOf(violation)) {
    super(message);
    this.code = violation.code;
    this.closeCode = violation.closeCode;
    this.section = violation.section;
  }
}

/** The peer exceeded a limit that is set by an option. */
export class LimitError extends WebSocketError {
  override readonly name: string = 'LimitError';
  /** The option that sets the limit. */
  readonly option: string;
  /** The limit in force, in the unit of the option. */
  readonly limit: number;
  /** The amount that was received, announced, queued, held or waited, in the same unit: at least this much. */
  readonly actual: number;

  constructor(violation: LimitViolation, limit: number, actual: number) {
    const { option, subject, unit, measure = 'received at least' } = violation.limit;
    super(violation, `${subject} exceeds ${option} (limit ${limit} ${unit}, ${measure} ${actual})`);
    this.option = option;
    this.limit = limit;
    this.actual = actual;
  }
}

function messageOf({ standard, section, isFixedLimit, text }: Violation): string {
  if (isFixedLimit) return `Peer exceeded a fixed limit: ${text}`;
  return `Peer violated ${standard ?? 'RFC 6455'} §${section}: ${text}`;
}

/** Creates the error for a violation: a LimitError if a limit was exceeded. @internal */
export function violationError(violation: Violation, limit?: number, actual?: number): WebSocketError {
  return isLimitViolation(violation) && limit !== undefined && actual !== undefined
    ? new LimitError(violation, limit, actual)
    : new WebSocketError(violation);
}

function isLimitViolation(violation: Violation): violation is LimitViolation {
  return violation.limit !== undefined;
}
