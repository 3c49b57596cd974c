import type { ConformanceCase, Expectation } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { textOf } from '../payloads.ts';
import { close, closes, continuation, echoed, fails, INVALID_DATA, NORMAL, PROTOCOL_ERROR, ping, text } from './dsl.ts';

const NO_STATUS = 1005;
const HELLO = 'Hello, world!';
const VALID_CODES: readonly number[] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const INVALID_CODES: readonly number[] = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const UNKNOWN_CODES: readonly number[] = [5000, 65_535];

function closing(
  id: string,
  title: string,
  section: string,
  send: readonly FrameDescription[],
  expect: Expectation,
  nonStrict?: readonly Expectation[],
): ConformanceCase {
  return { id, title, section: `RFC 6455 §${section}`, steps: [{ send }], expect, ...(nonStrict && { nonStrict }) };
}

/** 7: the closing handshake, RFC 6455 §5.5.1 and §7. */
export const closingCases: readonly ConformanceCase[] = [
  closing(
    '7.1.1',
    'Text, then a Close frame',
    '5.5.1',
    [text(HELLO), close(NORMAL)],
    closes(NORMAL, echoed('text', HELLO)),
    // The Close frame may be answered before the application has seen the message.
    [closes(NORMAL)],
  ),
  closing('7.1.2', 'Two Close frames', '5.5.1', [close(NORMAL), close(NORMAL)], closes(NORMAL)),
  closing('7.1.3', 'A ping after the Close frame', '5.5.1', [close(NORMAL), ping()], closes(NORMAL)),
  closing('7.1.4', 'Text after the Close frame', '5.5.1', [close(NORMAL), text(HELLO)], closes(NORMAL)),
  closing(
    '7.1.5',
    'A fragment, a Close frame, the rest of the message',
    '5.5.1',
    [text('fragment1', { fin: false }), close(NORMAL), continuation('fragment2')],
    closes(NORMAL),
  ),
  {
    ...closing(
      '7.1.6',
      'Text of 256 KiB, a Close frame, a ping, all at once',
      '5.5.1',
      [text(textOf(256 * 1024)), close(NORMAL), ping()],
      closes(NORMAL, echoed('text', textOf(256 * 1024))),
      [closes(NORMAL)],
    ),
    informational: true,
  },
  closing('7.3.1', 'A Close frame without a payload', '5.5.1', [close()], closes([NO_STATUS, NORMAL])),
  closing('7.3.2', 'A Close frame with one byte', '5.5.1', [{ ...close(), payload: 'a' }], fails(PROTOCOL_ERROR)),
  closing('7.3.3', 'A Close frame with a code alone', '5.5.1', [close(NORMAL)], closes(NORMAL)),
  closing('7.3.4', 'A Close frame with a code and a reason', '5.5.1', [close(NORMAL, HELLO)], closes(NORMAL)),
  closing('7.3.5', 'A reason of 123 bytes', '5.5', [close(NORMAL, '*'.repeat(123))], closes(NORMAL)),
  closing('7.3.6', 'A reason of 124 bytes', '5.5', [close(NORMAL, '*'.repeat(124))], fails(PROTOCOL_ERROR)),
  closing(
    '7.5.1',
    'A reason that is no UTF-8',
    '8.1',
    [close(NORMAL, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    fails([INVALID_DATA, PROTOCOL_ERROR]),
  ),
  ...VALID_CODES.map((code, index) =>
    closing(`7.7.${index + 1}`, `The close code ${code}`, '7.4', [close(code)], closes([code, NORMAL])),
  ),
  ...INVALID_CODES.map((code, index) =>
    closing(
      `7.9.${index + 1}`,
      `The close code ${code}, which may not be sent`,
      '7.4',
      [close(code)],
      fails(PROTOCOL_ERROR),
    ),
  ),
  ...UNKNOWN_CODES.map((code, index) => ({
    ...closing(
      `7.13.${index + 1}`,
      `The close code ${code}, which nobody has defined`,
      '7.4.2',
      [close(code)],
      closes([code, NORMAL, PROTOCOL_ERROR]),
    ),
    informational: true,
  })),
];
