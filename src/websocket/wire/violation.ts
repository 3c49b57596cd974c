import { CloseCode } from './close-code.ts';

/** A limit that an option sets, in the words of the error message `Message exceeds maxPayload (limit …)`. */
export interface LimitDescription {
  /** The name of the option. */
  readonly option: string;
  /** What exceeds the limit, such as `Message`. */
  readonly subject: string;
  /** The unit of the limit, such as `bytes`. */
  readonly unit: string;
  /** How the actual value was found. Default: `received at least`. */
  readonly measure?: string;
}

/** One way to violate the protocol or to exceed a limit, and how the connection fails. */
export interface Violation {
  /** A stable code. If `ws` has a code for the same violation, it is the same. */
  readonly code: `WS_ERR_${string}`;
  /** The close code of the Close frame that fails the connection (RFC 6455 §7.1.7). */
  readonly closeCode: CloseCode;
  /** The section that the peer violated, or that allows the limit. It is of RFC 6455 unless `standard` is given. */
  readonly section: string;
  /** The standard of the section. Default: RFC 6455. */
  readonly standard?: 'RFC 7692';
  /** The violation, in lower case and without a full stop. */
  readonly text: string;
  /** Whether the peer exceeded a limit that no option sets, and no standard either. */
  readonly isFixedLimit?: true;
  /** The limit that was exceeded, if it is one. */
  readonly limit?: LimitDescription;
}

/** A violation of a limit. */
export interface LimitViolation extends Violation {
  readonly limit: LimitDescription;
}

const { PROTOCOL_ERROR, INVALID_PAYLOAD_DATA, POLICY_VIOLATION, MESSAGE_TOO_BIG } = CloseCode;

type ViolationName =
  | 'UNEXPECTED_RSV_1'
  | 'UNEXPECTED_RSV_2_3'
  | 'INVALID_OPCODE'
  | 'UNEXPECTED_CONTINUATION'
  | 'EXPECTED_CONTINUATION'
  | 'EXPECTED_MASK'
  | 'UNEXPECTED_MASK'
  | 'EXPECTED_FIN'
  | 'CONTROL_PAYLOAD_TOO_LONG'
  | 'CLOSE_PAYLOAD_TOO_SHORT'
  | 'INVALID_CLOSE_CODE'
  | 'LENGTH_NOT_MINIMAL'
  | 'LENGTH_TOP_BIT'
  | 'LENGTH_UNSAFE'
  | 'INVALID_UTF8'
  | 'INVALID_UTF8_REASON'
  | 'MESSAGE_TOO_LONG'
  | 'TOO_MANY_FRAGMENTS'
  | 'TOO_MANY_CHUNKS'
  | 'INVALID_DEFLATE'
  | 'TOO_MANY_FINAL_BLOCKS';

/** Every violation that the wire layer finds. */
export const Violation: Readonly<Record<ViolationName, Violation>> = {
  UNEXPECTED_RSV_1: {
    code: 'WS_ERR_UNEXPECTED_RSV_1',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    text: 'RSV1 is set, but no negotiated extension defines it',
  },
  UNEXPECTED_RSV_2_3: {
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    text: 'RSV2 or RSV3 is set, but no negotiated extension defines it',
  },
  INVALID_OPCODE: {
    code: 'WS_ERR_INVALID_OPCODE',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    text: 'the opcode is reserved',
  },
  UNEXPECTED_CONTINUATION: {
    code: 'WS_ERR_INVALID_OPCODE',
    closeCode: PROTOCOL_ERROR,
    section: '5.4',
    text: 'a continuation frame has no message to continue',
  },
  EXPECTED_CONTINUATION: {
    code: 'WS_ERR_INVALID_OPCODE',
    closeCode: PROTOCOL_ERROR,
    section: '5.4',
    text: 'a new message begins before the last fragment of the previous one',
  },
  EXPECTED_MASK: {
    code: 'WS_ERR_EXPECTED_MASK',
    closeCode: PROTOCOL_ERROR,
    section: '5.1',
    text: 'a frame from a client is not masked',
  },
  UNEXPECTED_MASK: {
    code: 'WS_ERR_UNEXPECTED_MASK',
    closeCode: PROTOCOL_ERROR,
    section: '5.1',
    text: 'a frame from a server is masked',
  },
  EXPECTED_FIN: {
    code: 'WS_ERR_EXPECTED_FIN',
    closeCode: PROTOCOL_ERROR,
    section: '5.5',
    text: 'a control frame is fragmented',
  },
  CONTROL_PAYLOAD_TOO_LONG: {
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    closeCode: PROTOCOL_ERROR,
    section: '5.5',
    text: 'the payload of a control frame is longer than 125 bytes',
  },
  CLOSE_PAYLOAD_TOO_SHORT: {
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    closeCode: PROTOCOL_ERROR,
    section: '5.5.1',
    text: 'the payload of a Close frame has one byte, but a close code has two',
  },
  INVALID_CLOSE_CODE: {
    code: 'WS_ERR_INVALID_CLOSE_CODE',
    closeCode: PROTOCOL_ERROR,
    section: '7.4',
    text: 'the close code must not be sent in a Close frame',
  },
  LENGTH_NOT_MINIMAL: {
    code: 'WS_ERR_LENGTH_NOT_MINIMAL',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    text: 'the payload length is not encoded in the minimal number of bytes',
  },
  LENGTH_TOP_BIT: {
    code: 'WS_ERR_INVALID_LENGTH',
    closeCode: PROTOCOL_ERROR,
    section: '5.2',
    text: 'the most significant bit of the 64-bit payload length is set',
  },
  LENGTH_UNSAFE: {
    code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    closeCode: MESSAGE_TOO_BIG,
    section: '10.4',
    text: 'the payload length of a frame is greater than 2^53 - 1',
  },
  INVALID_UTF8: {
    code: 'WS_ERR_INVALID_UTF8',
    closeCode: INVALID_PAYLOAD_DATA,
    section: '8.1',
    text: 'a text message is not valid UTF-8',
  },
  INVALID_UTF8_REASON: {
    code: 'WS_ERR_INVALID_UTF8',
    closeCode: INVALID_PAYLOAD_DATA,
    section: '5.5.1',
    text: 'the reason in a Close frame is not valid UTF-8',
  },
  MESSAGE_TOO_LONG: {
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    closeCode: MESSAGE_TOO_BIG,
    section: '10.4',
    text: 'a message has more bytes than the limit',
    limit: { option: 'maxPayload', subject: 'Message', unit: 'bytes' },
  },
  TOO_MANY_FRAGMENTS: {
    code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    closeCode: POLICY_VIOLATION,
    section: '10.4',
    text: 'a message has more fragments than the limit',
    limit: { option: 'maxFragments', subject: 'Message', unit: 'fragments' },
  },
  TOO_MANY_CHUNKS: {
    code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    closeCode: POLICY_VIOLATION,
    section: '10.4',
    text: 'a message arrived in more chunks than the limit',
    limit: { option: 'maxBufferedChunks', subject: 'Message', unit: 'chunks' },
  },
  INVALID_DEFLATE: {
    code: 'WS_ERR_INVALID_DEFLATE',
    closeCode: INVALID_PAYLOAD_DATA,
    section: '7.2.2',
    standard: 'RFC 7692',
    text: 'a compressed message is not valid DEFLATE data',
  },
  TOO_MANY_FINAL_BLOCKS: {
    code: 'WS_ERR_TOO_MANY_FINAL_BLOCKS',
    closeCode: POLICY_VIOLATION,
    section: '7.2.3.4',
    standard: 'RFC 7692',
    isFixedLimit: true,
    text: 'a compressed message has more blocks with BFINAL than four plus one for each KiB',
  },
};
