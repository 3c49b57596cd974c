/**
 * What agents do against the standards, by the cases that show it. Each row was written by hand, from what the results say and the
 * standard. The results say which agents do it. The first row that fits explains a failed case.
 */
export interface Shortcoming {
  /** Ids of cases or groups of them, such as `14.1.9` and `16.2`. */
  readonly cases: readonly string[];
  /** The agents that the row is about, such as `ws-server`. Default: all. */
  readonly agents?: readonly string[];
  readonly does: string;
  /** The section, and what it demands. RFC 6455 and HTTP are quoted, RFC 7692 and HTML are summarized. */
  readonly breaks: string;
}

const LIBWEBSOCKETS = ['libwebsockets-server'];
const QT = ['qtwebsockets-server', 'qtwebsockets-client'];
const MUST_FAIL_CLIENT =
  'RFC 7692 §7: The client fails the connection if the response has a parameter that is unknown, repeated, or has an invalid value.';
const DECLINE =
  'RFC 7692 §7: The server declines an offer with a parameter that is unknown, repeated, or has an invalid value.';

/** Frames and messages. */
const FRAMES: readonly Shortcoming[] = [
  {
    cases: ['2.5', '7.3.6'],
    does: 'accept a control frame with 126 bytes, and answer it with one',
    breaks: 'RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less"',
  },
  {
    cases: ['2.10', '2.11'],
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
    cases: ['3', '4', '5', '6.2', '6.3', '6.4', '17.2', '17.3.1', '17.3.2', '17.3.3', '17.3.6'],
    agents: LIBWEBSOCKETS,
    does: 'send an echo after their own Close frame',
    breaks: 'RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."',
  },
  {
    cases: ['3', '17.3.1', '17.3.6', '17.4.6'],
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
    cases: ['5.1', '5.2'],
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
    does: 'fail the connection for a code point that two frames share',
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
    cases: ['9.3', '9.4'],
    agents: ['tornado-server'],
    does: 'take more than a minute for 4 MiB in fragments of 64 bytes or little more, and do nothing else meanwhile',
    breaks: 'RFC 6455 §5.4: "Clients and servers MUST support receiving both fragmented and unfragmented messages."',
  },
  {
    cases: ['17.3.5'],
    does: 'accept a frame whose masking is that of the other direction',
    breaks:
      'RFC 6455 §5.1: "The server MUST close the connection upon receiving a frame that is not masked." "A client MUST close a connection if it detects a masked frame."',
  },
];

/** The closing handshake. */
const CLOSING: readonly Shortcoming[] = [
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
    does: 'answer a Close frame with 1 byte with the same',
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

/** Compression. */
const COMPRESSION: readonly Shortcoming[] = [
  {
    cases: ['12', '13.1', '13.2', '13.3', '13.4', '13.5', '13.6', '13.7', '18'],
    agents: ['gorilla-client'],
    does: 'fail the connection if the response has no client_no_context_takeover',
    breaks: 'RFC 7692 §7.1.1.2: client_no_context_takeover in an offer is a hint; a response need not have it.',
  },
  {
    cases: ['18'],
    agents: ['nhooyr-client'],
    does: 'fail the connection if the response has server_max_window_bits',
    breaks: 'RFC 7692 §7.1.2.1: A response may have server_max_window_bits although the offer has not.',
  },
  {
    cases: ['12', '13.1', '13.2', '13.4', '13.6', '13.7', '18'],
    agents: LIBWEBSOCKETS,
    does: 'leave some compressed messages incomplete when several connections are busy (not in each run)',
    breaks: 'RFC 7692 §7.2.2: A message is decompressed to what it was.',
  },
  {
    cases: ['13'],
    agents: ['tornado-client', 'mojolicious-client'],
    does: 'keep the context of compression although the response has client_no_context_takeover',
    breaks:
      'RFC 7692 §7.1.1.2: The client must not use context takeover if the response has client_no_context_takeover.',
  },
  {
    cases: ['13', '14.5.2', '14.5.3', '14.5.4'],
    agents: ['nhooyr-server'],
    does: 'refuse the connection for an offer that they do not support',
    breaks:
      'RFC 7692 §7: A server that does not support an offer declines it: it continues without it, or with the next one.',
  },
  {
    cases: ['13', '14.5.2', '14.5.3'],
    does: 'accept an offer without the parameters that it requests',
    breaks:
      'RFC 7692 §7.1: The server accepts server_no_context_takeover and server_max_window_bits by including them in the response; otherwise, it declines the offer.',
  },
  {
    cases: ['14.3.3', '14.3.4', '14.3.5', '14.3.6', '14.3.7', '14.3.8', '14.3.9', '14.3.10'],
    does: 'accept an invalid offer of permessage-deflate',
    breaks: DECLINE,
  },
  {
    cases: ['14.5.4'],
    does: 'refuse the connection if the first of two offers is invalid',
    breaks: 'RFC 7692 §7: The server declines an invalid offer, and considers the next one.',
  },
  {
    cases: ['16.2.18', '16.2.19', '16.2.20', '16.2.21', '16.2.22', '16.2.23', '16.2.24'],
    does: 'accept an invalid response of permessage-deflate',
    breaks: MUST_FAIL_CLIENT,
  },
  {
    cases: ['16.2.25'],
    does: 'accept a response with permessage-deflate twice',
    breaks: 'RFC 7692 §5.1: The client fails the connection if the response does not correspond to one of its offers.',
  },
];

/** The opening handshake. */
const HANDSHAKE: readonly Shortcoming[] = [
  {
    cases: ['14.1.5'],
    does: 'refuse a request with two Connection fields',
    breaks:
      'RFC 9110 §5.3: "A recipient MAY combine multiple field lines within a field section that have the same field name into one field line, without changing the semantics of the message"',
  },
  {
    cases: ['14.1.7', '16.1.5'],
    does: 'keep a tab around a value as a part of it',
    breaks: 'RFC 9110 §5.5: "a field value does not include leading or trailing whitespace"',
  },
  {
    cases: ['14.1.9', '14.1.10'],
    does: 'accept the method POST, or HTTP/1.0',
    breaks:
      'RFC 6455 §4.2.1: the handshake is "An HTTP/1.1 or higher GET request"; otherwise, "the server MUST stop processing the client\'s handshake"',
  },
  {
    cases: ['14.1.11', '14.1.12', '14.1.13', '14.1.14', '14.1.15', '14.1.16', '14.1.17', '14.1.22'],
    does: 'accept a request without a field that it must have',
    breaks:
      'RFC 6455 §4.2.1: "the server MUST stop processing the client\'s handshake and return an HTTP response with an appropriate error code (such as 400 Bad Request)"',
  },
  {
    cases: ['14.1.21'],
    does: 'accept a request with two keys',
    breaks:
      'RFC 6455 §11.3.1: "The |Sec-WebSocket-Key| header field MUST NOT appear more than once in an HTTP request."',
  },
  {
    cases: ['14.1.23', '14.1.24', '14.1.25', '14.1.26', '14.1.27', '14.1.28'],
    does: 'accept another version, or do not name the supported one in the refusal',
    breaks:
      'RFC 6455 §4.2.2: "If this version does not match a version understood by the server, the server MUST abort the WebSocket handshake described in this section and instead send an appropriate HTTP error code (such as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field"',
  },
  {
    cases: ['14.2.4'],
    does: 'respond with a subprotocol that is not a token',
    breaks:
      'RFC 6455 §4.2.2: the field has the value "as defined in (4)", a subprotocol of "characters in the range U+0021 to U+007E not including separator characters" (§4.1)',
  },
  {
    cases: ['14.2'],
    does: 'end TCP without a response, or respond with a subprotocol that was not requested',
    breaks:
      'RFC 6455 §4.2.2: a server that agrees to none of the subprotocols "MUST NOT send back a |Sec-WebSocket-Protocol| header field in its response"',
  },
  {
    cases: ['14.3.1', '14.3.2'],
    does: 'do not accept a request with an extension that they do not know',
    breaks: 'RFC 6455 §9.1: "the server may choose not to use" an extension that the client offers',
  },
  {
    cases: ['14.4.4'],
    does: 'end TCP after the first of two requests, whose response does not have Connection: close',
    breaks:
      'RFC 9112 §9.3: "A server that does not support persistent connections MUST send the "close" connection option in every response message that does not have a 1xx (Informational) status code."',
  },
  {
    cases: ['16.1.4'],
    does: 'refuse a response with Connection: keep-alive, Upgrade',
    breaks:
      'RFC 6455 §4.1: the client fails the connection if the field "doesn\'t contain a token that is an ASCII case-insensitive match for the value "Upgrade""',
  },
  {
    cases: ['16.2.1', '16.2.2', '16.2.3'],
    does: 'accept a response with a status other than 101',
    breaks:
      'RFC 6455 §4.1: "If the status code received from the server is not 101, the client handles the response per HTTP"',
  },
  {
    cases: ['16.2.4', '16.2.5', '16.2.6', '16.2.7', '16.2.8'],
    does: 'accept a response without Upgrade or Connection, or with other values',
    breaks:
      'RFC 6455 §4.1: "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an ASCII case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['16.2.9', '16.2.10', '16.2.11', '16.2.12', '16.2.13', '16.2.14'],
    does: 'do not check Sec-WebSocket-Accept',
    breaks:
      'RFC 6455 §4.1: "If the response lacks a |Sec-WebSocket-Accept| header field or the |Sec-WebSocket-Accept| contains a value other than the base64-encoded SHA-1 of the concatenation of the |Sec-WebSocket-Key| [...] the client MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['16.2.15'],
    does: 'accept a subprotocol that they did not request',
    breaks:
      'RFC 6455 §4.1: "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a subprotocol that was not present in the client\'s handshake [...], the client MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['16.2.16', '16.2.17'],
    does: 'accept an extension that they did not request, or malformed extensions',
    breaks:
      'RFC 6455 §4.1: "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of an extension that was not present in the client\'s handshake [...], the client MUST _Fail the WebSocket Connection_."; §9.1 for malformed ones',
  },
  {
    cases: ['15.1.16'],
    does: 'stop serving other connections during an attack',
    breaks:
      'RFC 6455 §10.4: "Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits."',
  },
];

/** Event streams. */
const STREAMS: readonly Shortcoming[] = [
  {
    cases: ['23.1.1'],
    does: 'do not respond to HEAD, or respond with a body',
    breaks:
      'RFC 9110 §9.3.2: "The HEAD method is identical to GET except that the server MUST NOT send content in the response."',
  },
  {
    cases: ['23.1.2'],
    does: 'respond to HTTP/1.0 with a transfer coding',
    breaks:
      'RFC 9112 §6.1: "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1 (or later minor revisions)."',
  },
  {
    cases: ['23.1.3'],
    does: 'accept a request without Host',
    breaks:
      'RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field"',
  },
  {
    cases: ['30.13', '30.14', '30.15', '30.16'],
    does: 'do not remove exactly one byte order mark at the beginning',
    breaks: 'HTML §9.2.5: stream = [ bom ] *event: one byte order mark at the beginning is removed, and no other.',
  },
  {
    cases: ['30.21'],
    does: 'do not replace bytes that are not UTF-8 as the decoder of the Encoding standard does',
    breaks: 'HTML §9.2.6: Streams are decoded with "UTF-8 decode".',
  },
  {
    cases: ['31.7', '31.9'],
    does: 'do not dispatch an event whose data is empty (the adapter cannot distinguish it from a block without data)',
    breaks: 'HTML §9.2.6: A field with an empty value, or without a colon, counts as a field.',
  },
  {
    cases: ['31.10', '31.31', '31.32', '33.1.3'],
    does: 'forget the id of a block without data, or keep an id that was reset',
    breaks: 'HTML §9.2.6: Dispatch sets the last event ID also if the data is empty; an empty id resets it.',
  },
  {
    cases: ['30.11'],
    does: 'remove NULL from data',
    breaks: 'HTML §9.2.6: The value of the field is appended to the data buffer as it is.',
  },
  {
    cases: ['31.33', '33.1.6'],
    does: 'use an id with NULL, or stop at it',
    breaks: 'HTML §9.2.6: An id with U+0000 NULL is ignored.',
  },
  {
    cases: ['31.22'],
    does: 'keep the type of a field before an empty event field',
    breaks: 'HTML §9.2.6: The type is the event type buffer, or message if that is empty.',
  },
  {
    cases: ['32.1.23'],
    does: 'treat status 100 as the final response',
    breaks:
      'RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response"',
  },
  {
    cases: ['32.1.26'],
    does: 'accept the media type text/event-streams',
    breaks: 'HTML §9.2.3: A type other than text/event-stream fails the connection.',
  },
  {
    cases: ['32.1.44'],
    does: 'wait for the octet after CR before they dispatch an event',
    breaks: 'HTML §9.2.5: A line ends with CRLF, LF or CR.',
  },
  {
    cases: ['33.1.7', '33.1.8'],
    does: 'do not send a last event ID outside ASCII as UTF-8',
    breaks: 'HTML §9.2.4: A last event ID is sent as Last-Event-ID, encoded as UTF-8.',
  },
  {
    cases: ['33.1.14'],
    does: 'apply a reconnection time only with the next event',
    breaks: 'HTML §9.2.6: The field retry sets the reconnection time when its line is processed.',
  },
  {
    cases: ['33.1.21'],
    does: 'do not reconnect if the connection ends before the response',
    breaks: 'HTML §9.2.3: A network error reestablishes the connection, unless the user agent knows that to be futile.',
  },
  {
    cases: ['34.1.8'],
    does: 'give events the origin of the first URL, not of the final one',
    breaks: 'HTML §9.2.6: The origin is that of the final URL of the stream, after redirects.',
  },
  {
    cases: ['34.1.13'],
    does: 'reconnect after endless redirects',
    breaks: 'HTML §9.2.3: A network error in a redirect fails the connection as Fetch defines it.',
  },
];

export const SHORTCOMINGS: readonly Shortcoming[] = [...FRAMES, ...CLOSING, ...COMPRESSION, ...HANDSHAKE, ...STREAMS];
