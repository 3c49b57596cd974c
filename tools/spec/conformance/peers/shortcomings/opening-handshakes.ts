import type { Shortcoming } from './shortcoming.ts';

/** The opening handshake. */
export const HANDSHAKE: readonly Shortcoming[] = [
  {
    cases: ['14.1.5'],
    does: 'refuse a request with two Connection fields',
    breaks:
      'RFC 9110 §5.3: "A recipient MAY combine multiple field lines within a field section that have the same field name into one field line, without changing the semantics of the message"',
  },
  {
    cases: ['14.1.7', '16.1.5'],
    does: 'treat a tab around a value as a part of it',
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
    does: 'accept a request without a required field',
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
    does: 'accept another version, or do not name the supported version in the refusal',
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
    cases: ['16.2.4', '16.2.5', '16.2.6', '16.2.7', '16.2.8', '16.2.26', '16.2.27'],
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
    cases: ['16.2.28'],
    does: 'accept a response with two values of Sec-WebSocket-Accept, of which one is correct',
    breaks:
      'RFC 6455 §11.3.3: "The |Sec-WebSocket-Accept| header MUST NOT appear more than once in an HTTP response."; §4.1 demands to fail for any other value',
  },
  {
    cases: ['16.2.15'],
    does: 'accept a subprotocol that they did not request',
    breaks:
      'RFC 6455 §4.1: "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a subprotocol that was not present in the client\'s handshake [...], the client MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['16.2.16', '16.2.17', '16.2.30'],
    does: 'accept an extension that they did not request, or malformed extensions',
    breaks:
      'RFC 6455 §4.1: "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of an extension that was not present in the client\'s handshake [...], the client MUST _Fail the WebSocket Connection_."; §9.1 for malformed ones',
  },
  {
    cases: ['15.1'],
    agents: ['mojolicious-server'],
    does: 'serve no other client for several minutes after 500,000 empty messages',
    breaks:
      'RFC 6455 §10.4: "Implementations that have implementation- and/or platform-specific limitations [...] MUST protect themselves against exceeding those limits."',
  },
  {
    cases: ['15.1.16'],
    does: 'stop serving other connections during an attack',
    breaks:
      'RFC 6455 §10.4: "Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits."',
  },
];
