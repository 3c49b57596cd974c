import type { ConformanceCase, Expectation } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { textOf } from '../payloads.ts';
import { CloseCode } from '../protocol.ts';
import { close, continuation, echoOf, expectClose, expectFailure, ping, text } from './dsl.ts';

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
    [text(HELLO), close(CloseCode.NORMAL)],
    expectClose(CloseCode.NORMAL, echoOf('text', HELLO)),
    // The agent may answer the Close frame before the application has received the message.
    [expectClose(CloseCode.NORMAL)],
  ),
  closing(
    '7.1.2',
    'Two Close frames',
    '5.5.1',
    [close(CloseCode.NORMAL), close(CloseCode.NORMAL)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.3',
    'A Close frame, then a ping',
    '5.5.1',
    [close(CloseCode.NORMAL), ping()],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.4',
    'A Close frame, then text',
    '5.5.1',
    [close(CloseCode.NORMAL), text(HELLO)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.5',
    'A fragment, a Close frame, and the rest of the message',
    '5.5.1',
    [text('fragment1', { fin: false }), close(CloseCode.NORMAL), continuation('fragment2')],
    expectClose(CloseCode.NORMAL),
  ),
  {
    ...closing(
      '7.1.6',
      'Text of 256 KiB, a Close frame, and a ping in one write',
      '5.5.1',
      [text(textOf(256 * 1024)), close(CloseCode.NORMAL), ping()],
      expectClose(CloseCode.NORMAL, echoOf('text', textOf(256 * 1024))),
      [expectClose(CloseCode.NORMAL)],
    ),
    informational: true,
  },
  closing(
    '7.3.1',
    'A Close frame without a payload',
    '5.5.1',
    [close()],
    expectClose([CloseCode.NO_STATUS, CloseCode.NORMAL]),
  ),
  closing(
    '7.3.2',
    'A Close frame with a payload of one byte',
    '5.5.1',
    [{ ...close(), payload: 'a' }],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  closing('7.3.3', 'A Close frame with only a code', '5.5.1', [close(CloseCode.NORMAL)], expectClose(CloseCode.NORMAL)),
  closing(
    '7.3.4',
    'A Close frame with a code and a reason',
    '5.5.1',
    [close(CloseCode.NORMAL, HELLO)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.3.5',
    'A close reason of 123 bytes',
    '5.5',
    [close(CloseCode.NORMAL, '*'.repeat(123))],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.3.6',
    'A close reason of 124 bytes',
    '5.5',
    [close(CloseCode.NORMAL, '*'.repeat(124))],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  closing(
    '7.5.1',
    'A close reason that is not valid UTF-8',
    '8.1',
    [close(CloseCode.NORMAL, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    expectFailure([CloseCode.INVALID_DATA, CloseCode.PROTOCOL_ERROR]),
  ),
  ...VALID_CODES.map((code, index) =>
    closing(`7.7.${index + 1}`, `Close code ${code}`, '7.4', [close(code)], expectClose([code, CloseCode.NORMAL])),
  ),
  ...INVALID_CODES.map((code, index) =>
    closing(
      `7.9.${index + 1}`,
      `Close code ${code}, which must not be sent`,
      '7.4',
      [close(code)],
      expectFailure(CloseCode.PROTOCOL_ERROR),
    ),
  ),
  ...UNKNOWN_CODES.map((code, index) => ({
    ...closing(
      `7.13.${index + 1}`,
      `Close code ${code}, which no specification defines`,
      '7.4.2',
      [close(code)],
      expectClose([code, CloseCode.NORMAL, CloseCode.PROTOCOL_ERROR]),
    ),
    informational: true,
  })),
];
