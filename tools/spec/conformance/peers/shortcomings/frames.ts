import type { Shortcoming } from './shortcoming.ts';

const LIBWEBSOCKETS = ['libwebsockets-server'];
const QT = ['qtwebsockets-server', 'qtwebsockets-client'];

/** Frames and messages. */
export const FRAMES: readonly Shortcoming[] = [
  {
    cases: ['2.5', '7.3.6'],
    does: 'accept a control frame with 126 bytes, and answer it with another one',
    breaks: 'RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less"',
  },
  {
    cases: ['17.3.10'],
    does: 'accept a pong of 126 bytes',
    breaks: 'RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less"',
  },
  {
    cases: ['2.10', '2.11', '17.5.2'],
    does: 'answer the first of several pings, and not the last',
    breaks:
      'RFC 6455 §5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response"; §5.5.3 only allows to answer the most recent one',
  },
  {
    cases: ['3.1', '3.5', '3.6', '3.7', '17.4.6'],
    agents: LIBWEBSOCKETS,
    does: 'end TCP only five seconds after the closing handshake',
    breaks: 'RFC 6455 §5.5.1: "The server MUST close the underlying TCP connection immediately"',
  },
  {
    cases: ['3', '4', '5', '6.2', '6.3', '6.4', '17.2', '17.3.1', '17.3.2', '17.3.3', '17.3.6', '17.3.7', '17.3.8'],
    agents: LIBWEBSOCKETS,
    does: 'send an echo after their own Close frame',
    breaks: 'RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."',
  },
  {
    cases: ['3', '17.3.1', '17.3.6', '17.3.7', '17.3.8', '17.3.11', '17.3.12', '17.4.6'],
    does: 'ignore reserved bits',
    breaks:
      'RFC 6455 §5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['4', '17.3.2', '17.3.3'],
    does: 'treat frames with a reserved opcode as messages',
    breaks:
      'RFC 6455 §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['5.1', '5.2', '17.4.8'],
    does: 'accept fragmented control frames',
    breaks: 'RFC 6455 §5.5: "All control frames [...] MUST NOT be fragmented."',
  },
  {
    cases: ['5'],
    does: 'accept continuation frames without a message, and new messages within one',
    breaks:
      'RFC 6455 §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message"; a fragmented message starts with an opcode other than 0',
  },
  {
    cases: ['6.2', '6.4', '9.3', '17.2.1', '17.2.15', '17.2.17', '17.2.19'],
    agents: QT,
    does: 'fail the connection if a code point is split across two frames',
    breaks:
      'RFC 6455 §5.6: "Note that a particular text frame might include a partial UTF-8 sequence; however, the whole message MUST contain valid UTF-8."',
  },
  {
    cases: ['17.2.4'],
    does: 'remove a byte order mark from the beginning of a text',
    breaks:
      'RFC 6455 §5.6: "The "Payload data" is text data encoded as UTF-8." The byte order mark is a character of it.',
  },
  {
    cases: ['6', '17.2', '17.3.4'],
    does: 'accept text that is not valid UTF-8 (deno: only at the end of a fragmented message)',
    breaks: 'RFC 6455 §8.1: "that endpoint MUST _Fail the WebSocket Connection_"',
  },
  {
    cases: ['17.3.5', '17.3.9'],
    does: 'accept a frame whose masking is that of the other direction',
    breaks:
      'RFC 6455 §5.1: "The server MUST close the connection upon receiving a frame that is not masked." "A client MUST close a connection if it detects a masked frame."',
  },
];

/** The closing handshake. */
export const CLOSING: readonly Shortcoming[] = [
  {
    cases: ['7.1.2', '17.4.2'],
    does: 'answer each of two Close frames',
    breaks:
      'RFC 6455 §5.5.1: an endpoint answers "If an endpoint receives a Close frame and did not previously send a Close frame"',
  },
  {
    cases: ['7.1.4', '7.1.5'],
    does: 'echo messages after their own Close frame',
    breaks: 'RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."',
  },
  {
    cases: ['7.3.2'],
    does: 'answer a Close frame of 1 byte with the same frame',
    breaks: 'RFC 6455 §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"',
  },
  {
    cases: ['7.5.1', '17.4.4'],
    does: 'accept a close reason that is not valid UTF-8; some send it back',
    breaks:
      'RFC 6455 §8.1: "that endpoint MUST _Fail the WebSocket Connection_"; §5.5.1: the reason is "UTF-8-encoded data"',
  },
  {
    cases: ['7.9', '17.4.5'],
    does: 'answer a Close frame whose code must not be sent with the same code',
    breaks:
      'RFC 6455 §5.5.1: "a 2-byte unsigned integer (in network byte order) representing a status code with value /code/ defined in Section 7.4"; §7.4.1: 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame by an endpoint"',
  },
];
