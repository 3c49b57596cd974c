import { frame } from '../websocket/frames.ts';
import { Opcode } from '../websocket/protocol.ts';
import { type Behaviour, STANDARD } from './echo-behaviour.ts';

/** A fault of an agent, and the cases that must find it. */
export interface Mutant {
  readonly fault: string;
  readonly changes: Partial<Behaviour>;
  readonly caughtBy: readonly string[];
  /** The verdict of these cases. Defaults to FAILED. */
  readonly verdict?: 'FAILED' | 'NON-STRICT' | 'INFORMATIONAL';
  /** Whether the verdict is that of the closing handshake. */
  readonly isClosing?: boolean;
}

const { isValidText, isValidCode } = STANDARD;
const lossy = (payload: Buffer): Buffer => Buffer.from(payload.toString());
/** Also accepts text that contains these bytes. */
const lenient =
  (octets: string) =>
  (payload: Buffer): boolean =>
    isValidText(payload) || payload.includes(Buffer.from(octets, 'hex'));
const onMessage = (change: (payload: Buffer) => Buffer) => (opcode: number, payload: Buffer) => ({
  opcode,
  payload: change(payload),
});
/** Encodes payloads of these lengths with this form of the length field. */
const withForm = (form: 16 | 64, from: number, to: number) => (opcode: number, payload: Buffer, isServer: boolean) =>
  frame({
    opcode,
    payload,
    ...(payload.length >= from && payload.length <= to && { form }),
    ...(isServer && { mask: false as const }),
  });
const wholeMessages = { utf8: 'at the end' } as const;

export const MUTANTS: readonly Mutant[] = [
  // Group 1
  { fault: 'sends short lengths in 16 bits', changes: { encode: withForm(16, 1, 125) }, caughtBy: ['1.1.2', '2.2'] },
  {
    fault: 'sends 16-bit lengths in 64 bits',
    changes: { encode: withForm(64, 126, 65_535) },
    caughtBy: ['1.1.3', '1.1.6'],
  },
  {
    fault: 'masks as a server and does not mask as a client',
    changes: { encode: (opcode, payload, isServer) => frame({ opcode, payload, ...(!isServer && { mask: false }) }) },
    caughtBy: ['1.1.1', '1.2.1'],
  },
  {
    fault: 'sends text back as binary',
    changes: { echo: (_, payload) => ({ opcode: Opcode.BINARY, payload }) },
    caughtBy: ['1.1.1', '1.1.2'],
  },
  {
    fault: 'sends binary back as text',
    changes: { echo: (_, payload) => ({ opcode: Opcode.TEXT, payload }) },
    caughtBy: ['1.2.1'],
  },
  {
    fault: 'loses the last byte',
    changes: { echo: onMessage((payload) => payload.subarray(0, -1)) },
    caughtBy: ['1.1.2', '1.2.2'],
  },
  {
    fault: 'treats binary messages as text',
    changes: { echo: onMessage(lossy) },
    caughtBy: ['1.2.2', '17.1.8'],
  },
  {
    fault: 'does not echo empty messages',
    changes: { echo: (opcode, payload) => (payload.length === 0 ? null : { opcode, payload }) },
    caughtBy: ['1.1.1', '6.1.1'],
  },
  {
    fault: 'truncates messages to 65,535 bytes',
    changes: { echo: onMessage((payload) => payload.subarray(0, 65_535)) },
    caughtBy: ['1.1.7', '10.1.1'],
  },
  {
    fault: 'sends each message twice',
    changes: {
      encode: (...args) =>
        Buffer.concat([STANDARD.encode(...args), ...(args[0] < 8 ? [STANDARD.encode(...args)] : [])]),
    },
    caughtBy: ['1.1.1'],
  },
  // Group 2
  { fault: 'answers no ping', changes: { pong: () => null }, caughtBy: ['2.1', '2.4'] },
  { fault: 'answers pings without their payload', changes: { pong: () => Buffer.alloc(0) }, caughtBy: ['2.2', '2.4'] },
  { fault: 'treats the payload of a ping as text', changes: { pong: lossy }, caughtBy: ['2.3'] },
  { fault: 'accepts pings of 126 bytes', changes: { maxControlPayload: 126 }, caughtBy: ['2.5'] },
  {
    fault: 'accepts a Close reason of 124 bytes',
    changes: { maxControlPayload: 126 },
    caughtBy: ['7.3.6'],
    isClosing: true,
  },
  {
    fault: 'answers pongs',
    changes: { answersPongs: true },
    caughtBy: ['2.8', '2.9'],
    verdict: 'NON-STRICT',
  },
  {
    fault: 'answers only the first ping',
    changes: { pong: (payload, number) => (number === 0 ? payload : null) },
    caughtBy: ['2.10', '2.11'],
  },
  // Group 3
  { fault: 'ignores RSV3', changes: { checkedBits: 6 }, caughtBy: ['3.1'] },
  { fault: 'ignores RSV2', changes: { checkedBits: 5 }, caughtBy: ['3.2'] },
  { fault: 'ignores RSV1', changes: { checkedBits: 3 }, caughtBy: ['3.4'] },
  {
    fault: 'ignores the reserved bits of control frames',
    changes: { checksBitsOfControlFrames: false },
    caughtBy: ['3.6'],
  },
  {
    fault: 'ignores the reserved bits of Close frames',
    changes: { checksBitsOfControlFrames: false },
    caughtBy: ['17.4.6'],
    isClosing: true,
  },
  {
    fault: 'ignores the reserved bits of empty Close frames',
    changes: { checksBitsOfControlFrames: false },
    caughtBy: ['3.7'],
    isClosing: true,
    // It answers with an empty Close frame, which an agent that fails the connection may send, too.
    verdict: 'NON-STRICT',
  },
  { fault: 'accepts a frame that is not masked as it must be', changes: { checksMask: false }, caughtBy: ['17.3.5'] },
  {
    fault: 'goes on after a fault',
    changes: { checkedBits: 0, reserved: 'ignore', utf8: 'never' },
    caughtBy: ['17.3.1', '17.3.2', '17.3.3', '17.3.4'],
  },
  {
    fault: 'fails the connection with code 1000',
    changes: { failureCode: () => 1000 },
    caughtBy: ['3.1', '6.3.1'],
    isClosing: true,
    verdict: 'NON-STRICT',
  },
  {
    fault: 'fails the connection with a Close frame without a code',
    changes: { failureCode: () => 1005 },
    caughtBy: ['3.1', '6.3.1', '7.9.4'],
    isClosing: true,
    verdict: 'NON-STRICT',
  },
  {
    fault: 'fails the connection with a code that must not be sent',
    changes: { failureCode: () => 1006 },
    caughtBy: ['3.1', '6.3.1'],
    isClosing: true,
  },
  {
    fault: 'fails the connection without a Close frame',
    changes: { failureCode: () => null },
    caughtBy: ['3.1', '4.1.1'],
    isClosing: true,
    verdict: 'NON-STRICT',
  },
  // Group 4
  {
    fault: 'ignores reserved opcodes',
    changes: { reserved: 'ignore' },
    caughtBy: ['4.1.1', '4.1.3', '4.2.1', '4.2.4'],
  },
  { fault: 'treats reserved opcodes as text', changes: { reserved: 'as text' }, caughtBy: ['4.1.2', '4.2.2'] },
  // Group 5
  {
    fault: 'accepts fragmented control frames',
    changes: { takesControlFragments: true, lone: 'ignore' },
    caughtBy: ['5.1', '5.2'],
  },
  {
    fault: 'ignores a continuation frame without a message',
    changes: { lone: 'ignore' },
    caughtBy: ['5.9', '5.12', '5.15'],
  },
  {
    fault: 'treats a continuation frame without a message as text',
    changes: { lone: 'as text' },
    caughtBy: ['5.9', '5.10', '5.11'],
  },
  { fault: 'accepts a new message within a fragmented message', changes: { nested: 'replace' }, caughtBy: ['5.18'] },
  {
    fault: 'sends each fragment back as a message',
    changes: { echoesFragments: true },
    caughtBy: ['5.3', '5.6', '6.1.2'],
  },
  {
    fault: 'delays a pong until the current message is complete',
    changes: { delaysPongs: true },
    caughtBy: ['5.6', '5.7', '5.8', '5.19'],
    // RFC 6455 §5.5.2: "It SHOULD respond with Pong frame as soon as is practical."
    verdict: 'NON-STRICT',
  },
  {
    fault: 'discards a message when a ping arrives within it',
    changes: { pingBreaksMessage: true },
    caughtBy: ['5.6', '5.19'],
  },
  // Group 6
  { fault: 'does not validate UTF-8', changes: { utf8: 'never' }, caughtBy: ['6.3.1', '6.6.1', '6.14.1'] },
  {
    fault: 'replaces invalid UTF-8',
    changes: { utf8: 'never', echo: onMessage(lossy) },
    caughtBy: ['6.3.1', '6.10.1'],
  },
  {
    fault: 'validates UTF-8 separately in each frame',
    changes: { utf8: 'each frame' },
    caughtBy: ['6.2.3', '6.2.4', '6.4.2', '17.2.1'],
  },
  {
    fault: 'validates UTF-8 only at the end of a message',
    changes: wholeMessages,
    caughtBy: ['6.4.1', '6.4.3', '17.2.13', '17.2.14'],
    verdict: 'NON-STRICT',
  },
  {
    fault: 'rejects text whose code point is cut at the end of a segment',
    changes: { utf8: 'each part' },
    caughtBy: ['6.4.4'],
  },
  {
    fault: 'rejects text outside ASCII at once',
    changes: { utf8: 'each part', isValidText: (payload) => payload.every((octet) => octet < 0x80) },
    caughtBy: ['6.4.1', '6.4.2', '6.4.3', '6.4.4', '17.2.13'],
  },
  {
    fault: 'removes a byte order mark',
    changes: { echo: onMessage((payload) => Buffer.from(new TextDecoder().decode(payload))) },
    caughtBy: ['17.2.4'],
  },
  {
    fault: 'accepts overlong encodings',
    changes: { ...wholeMessages, isValidText: lenient('c0af') },
    caughtBy: ['6.17.1'],
  },
  {
    fault: 'accepts an overlong NUL',
    changes: { ...wholeMessages, isValidText: lenient('c080') },
    caughtBy: ['6.19.1'],
  },
  {
    fault: 'accepts encoded surrogates',
    changes: { ...wholeMessages, isValidText: lenient('eda080') },
    caughtBy: ['6.20.1', '6.21.1', '6.3.1'],
  },
  {
    fault: 'accepts code points above U+10FFFF',
    changes: { ...wholeMessages, isValidText: lenient('f4908080') },
    caughtBy: ['6.11.5'],
  },
  {
    fault: 'accepts five-byte encodings',
    changes: { ...wholeMessages, isValidText: lenient('f888808080') },
    caughtBy: ['6.8.1'],
  },
  {
    fault: 'accepts text that ends within a code point',
    changes: { ...wholeMessages, isValidText: lenient('df') },
    caughtBy: ['6.14.6'],
  },
  {
    fault: 'accepts continuation bytes without a start',
    changes: { ...wholeMessages, isValidText: lenient('80') },
    caughtBy: ['6.12.1'],
  },
  { fault: 'accepts the byte FE', changes: { ...wholeMessages, isValidText: lenient('fe') }, caughtBy: ['6.16.1'] },
  {
    fault: 'rejects noncharacters',
    changes: {
      ...wholeMessages,
      isValidText: (payload) => isValidText(payload) && !payload.includes(Buffer.from('efbfbe', 'hex')),
    },
    caughtBy: ['6.22.1'],
  },
  {
    fault: 'rejects NUL',
    changes: { ...wholeMessages, isValidText: (payload) => isValidText(payload) && !payload.includes(0) },
    caughtBy: ['6.7.1'],
  },
  {
    fault: 'fails the connection with 1002 for invalid UTF-8',
    changes: { failureCode: () => 1002 },
    caughtBy: ['6.3.1'],
    isClosing: true,
    verdict: 'NON-STRICT',
  },
  // Group 7
  {
    fault: 'does not answer a Close frame',
    changes: { closeReply: () => null },
    caughtBy: ['7.1.1', '7.3.1'],
    isClosing: true,
  },
  {
    fault: 'answers a Close frame with another code',
    changes: { closeReply: () => 1001 },
    caughtBy: ['7.1.1', '7.3.1', '7.7.1'],
    isClosing: true,
    verdict: 'NON-STRICT',
  },
  {
    fault: 'answers a Close frame with the end of TCP only',
    changes: { closeReply: () => null },
    caughtBy: ['7.1.1', '7.3.1'],
    isClosing: true,
  },
  {
    fault: 'never ends TCP',
    changes: { endsTcp: false, endsAfterPeer: false },
    caughtBy: ['1.1.1', '3.1', '7.1.1'],
    isClosing: true,
  },
  {
    fault: 'answers an empty Close frame with a reserved code',
    changes: { closeReply: () => 1006 },
    caughtBy: ['7.3.1'],
    isClosing: true,
  },
  {
    fault: 'accepts a Close frame of one byte',
    changes: { takesHalfACode: true },
    caughtBy: ['7.3.2'],
    isClosing: true,
    // It answers with an empty Close frame, which an agent that fails the connection may send, too.
    verdict: 'NON-STRICT',
  },
  {
    fault: 'does not validate the Close reason',
    changes: { checksReason: false },
    caughtBy: ['7.5.1'],
    isClosing: true,
  },
  {
    fault: 'accepts every close code',
    changes: { isValidCode: () => true },
    caughtBy: ['7.9.1', '7.9.5', '7.9.9', '17.4.5'],
    isClosing: true,
  },
  {
    fault: 'accepts close code 1004',
    changes: { isValidCode: (code) => code === 1004 || isValidCode(code) },
    caughtBy: ['7.9.3'],
    isClosing: true,
  },
  {
    fault: 'rejects the close codes of applications',
    changes: { isValidCode: (code) => code < 3000 && isValidCode(code) },
    caughtBy: ['7.7.10', '7.7.13'],
    isClosing: true,
    // RFC 6455 §5.5.1: "the endpoint typically echos the status code it received".
    verdict: 'NON-STRICT',
  },
  { fault: 'answers messages after a Close frame', changes: { afterClose: 'echoes' }, caughtBy: ['7.1.4'] },
  {
    fault: 'answers pings after a Close frame',
    changes: { afterClose: 'pongs' },
    caughtBy: ['7.1.3', '17.4.1'],
    verdict: 'NON-STRICT',
  },
  // Group 9
  {
    fault: 'calls messages of more than 1 MiB a protocol error',
    changes: { maxPayload: 1024 * 1024, failureCode: () => 1002 },
    caughtBy: ['9.1.4', '9.2.4'],
  },
  {
    fault: 'only ends TCP at messages of more than 1 MiB',
    changes: { maxPayload: 1024 * 1024, failureCode: () => null },
    caughtBy: ['9.1.4', '9.2.4'],
  },
  {
    fault: 'calls messages of more than 125 bytes too long',
    changes: { maxPayload: 125 },
    caughtBy: ['1.1.3', '1.2.3'],
  },
  {
    fault: 'limits messages to 1 MiB, as RFC 6455 §10.4 allows',
    changes: { maxPayload: 1024 * 1024 },
    caughtBy: ['9.1.4', '9.2.4'],
    verdict: 'INFORMATIONAL',
  },
];
