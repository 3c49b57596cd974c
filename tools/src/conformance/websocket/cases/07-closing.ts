import type { ConformanceCase, Expectation } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { repeated } from '../payloads.ts';
import { CloseCode, Opcode } from '../protocol.ts';
import { about, SENTENCES, type Sentence } from '../sentences.ts';
import { close, continuation, echoOf, expectClose, expectFailure, ping, text } from './dsl.ts';

const HELLO = 'Hello World!';
/** 256 KiB of text. */
const LONG = repeated('BAsd7&jh23', 256 * 1024);
const VALID_CODES: readonly number[] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const INVALID_CODES: readonly number[] = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const UNKNOWN_CODES: readonly number[] = [5000, 65_535];

function closing(
  id: string,
  title: string,
  sentence: Sentence,
  send: readonly FrameDescription[],
  expect: Expectation,
): ConformanceCase {
  return { id, title, ...about(sentence), steps: [{ send }], expect };
}

/** 7: the closing handshake, RFC 6455 §5.5.1 and §7. */
export const closingCases: readonly ConformanceCase[] = [
  {
    id: '7.1.1',
    title: 'Text, then a Close frame after its echo',
    ...about(SENTENCES.closeAnswer),
    steps: [{ send: [text(HELLO)] }, { until: 1 }, { send: [close(CloseCode.NORMAL)] }],
    expect: expectClose(CloseCode.NORMAL, echoOf('text', HELLO)),
  },
  closing(
    '7.1.2',
    'A Close frame, then one without a payload',
    SENTENCES.closeAnswer,
    [close(CloseCode.NORMAL), { opcode: Opcode.CLOSE }],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.3',
    'A Close frame, then a ping',
    SENTENCES.discardsAfterClose,
    [close(CloseCode.NORMAL), ping()],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.4',
    'A Close frame, then text',
    SENTENCES.discardsAfterClose,
    [close(CloseCode.NORMAL), text(HELLO)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.1.5',
    'A fragment, a Close frame, and the rest of the message',
    SENTENCES.closeAnswer,
    [text('fragment1', { fin: false }), close(CloseCode.NORMAL), continuation('fragment2')],
    expectClose(CloseCode.NORMAL),
  ),
  {
    ...closing(
      '7.1.6',
      'Text of 256 KiB, more text, a Close frame, and a ping in one write',
      SENTENCES.closeAnswer,
      [text(LONG), text(HELLO), close(CloseCode.NORMAL), ping()],
      expectClose(CloseCode.NORMAL, echoOf('text', LONG), echoOf('text', HELLO)),
    ),
    informational: true,
  },
  closing(
    '7.3.1',
    'A Close frame without a payload',
    SENTENCES.closeAnswer,
    [close()],
    expectClose([CloseCode.NO_STATUS, CloseCode.NORMAL]),
  ),
  closing(
    '7.3.2',
    'A Close frame with a payload of one byte',
    SENTENCES.closeBody,
    [{ ...close(), payload: 'a' }],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  closing(
    '7.3.3',
    'A Close frame with only a code',
    SENTENCES.closeAnswer,
    [close(CloseCode.NORMAL)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.3.4',
    'A Close frame with a code and a reason',
    SENTENCES.closeAnswer,
    [close(CloseCode.NORMAL, HELLO)],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.3.5',
    'A close reason of 123 bytes',
    SENTENCES.closeAnswer,
    [close(CloseCode.NORMAL, '*'.repeat(123))],
    expectClose(CloseCode.NORMAL),
  ),
  closing(
    '7.3.6',
    'A close reason of 124 bytes',
    SENTENCES.controlFrame,
    [close(CloseCode.NORMAL, '*'.repeat(124))],
    expectFailure(CloseCode.PROTOCOL_ERROR),
  ),
  closing(
    '7.5.1',
    'A close reason that is not valid UTF-8',
    SENTENCES.utf8,
    [close(CloseCode.NORMAL, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    expectFailure([CloseCode.INVALID_DATA, CloseCode.PROTOCOL_ERROR]),
  ),
  ...VALID_CODES.map((code, index) =>
    closing(
      `7.7.${index + 1}`,
      `Close code ${code}`,
      SENTENCES.closeAnswer,
      [close(code)],
      expectClose([code, CloseCode.NORMAL]),
    ),
  ),
  ...INVALID_CODES.map((code, index) =>
    closing(
      `7.9.${index + 1}`,
      `Close code ${code}, which must not be sent`,
      SENTENCES.closeBody,
      [close(code)],
      expectFailure(CloseCode.PROTOCOL_ERROR),
    ),
  ),
  ...UNKNOWN_CODES.map((code, index) => ({
    ...closing(
      `7.13.${index + 1}`,
      `Close code ${code}, which no specification defines`,
      SENTENCES.closeBody,
      [close(code)],
      expectClose([code, CloseCode.NORMAL, CloseCode.PROTOCOL_ERROR]),
    ),
    informational: true,
  })),
];
