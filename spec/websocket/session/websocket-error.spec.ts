import { expect, it } from 'vitest';
import { LimitError, violationError, WebSocketError } from '../../../src/websocket/session/websocket-error.ts';
import { type LimitViolation, Violation } from '../../../src/websocket/wire/violation.ts';

it('a violation of a standard names its section', () => {
  expect(violationError(Violation.EXPECTED_MASK).message).toMatch(/^Peer violated RFC 6455 §5\.1: /);
  expect(violationError(Violation.INVALID_DEFLATE).message).toMatch(/^Peer violated RFC 7692 §7\.2\.2: /);
});

it('a limit that no standard sets is not called a violation of one', () => {
  const error = violationError(Violation.TOO_MANY_FINAL_BLOCKS);
  expect(error).toBeInstanceOf(WebSocketError);
  expect(error.message).toBe(
    'Peer exceeded a fixed limit: a compressed message has more blocks with BFINAL than four plus one for each KiB',
  );
});

it('a limit of an option is a LimitError with the limit and what was received', () => {
  const error = violationError(Violation.MESSAGE_TOO_LONG as LimitViolation, 10, 11);
  expect(error).toBeInstanceOf(LimitError);
  expect(error).toMatchObject({ option: 'maxPayload', limit: 10, actual: 11 });
  expect(error.message).toBe('Message exceeds maxPayload (limit 10 bytes, received at least 11)');
});
