/** A sentence of a standard, or the part of it that a case or a grade is about. */
export interface Sentence {
  /** For example `RFC 6455 §5.2`. */
  readonly section: string;
  readonly words: string;
}

/** The sentences that cases and grades are about. Those of RFC 6455 are word for word, those of RFC 7692 are summaries. */
export const SENTENCES = {
  discardsAfterClose: {
    section: 'RFC 6455 §1.4',
    words:
      'after receiving a control frame indicating the connection should be closed, a peer discards any further data received',
  },
  validResponse: {
    section: 'RFC 6455 §4.1',
    words: "The client MUST validate the server's response as follows:",
  },
  handshake: {
    section: 'RFC 6455 §4.2.1',
    words:
      "the server MUST stop processing the client's handshake and return an HTTP response with an appropriate error code (such as 400 Bad Request)",
  },
  version: {
    section: 'RFC 6455 §4.2.2',
    words:
      'If this version does not match a version understood by the server, the server MUST abort the WebSocket handshake described in this section and instead send an appropriate HTTP error code (such as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field indicating the version(s) the server is capable of understanding.',
  },
  subprotocol: {
    section: 'RFC 6455 §4.2.2',
    words: "The value chosen MUST be derived from the client's handshake",
  },
  subprotocolElements: {
    section: 'RFC 6455 §4.1',
    words:
      'The elements that comprise this value MUST be non-empty strings with characters in the range U+0021 to U+007E not including separator characters as defined in [RFC2616] and MUST all be unique strings.',
  },
  acceptance: {
    section: 'RFC 6455 §4.2.2',
    words:
      'If the server chooses to accept the incoming connection, it MUST reply with a valid HTTP response indicating the following.',
  },
  oneKey: {
    section: 'RFC 6455 §11.3.1',
    words: 'The |Sec-WebSocket-Key| header field MUST NOT appear more than once in an HTTP request.',
  },
  extensionField: {
    section: 'RFC 6455 §9.1',
    words: 'the recipient of such malformed data MUST immediately _Fail the WebSocket Connection_',
  },
  unrequestedExtension: {
    section: 'RFC 6455 §9',
    words: 'A server MUST NOT respond with any extension not requested by the client.',
  },
  unmaskedFrame: {
    section: 'RFC 6455 §5.1',
    words:
      'The server MUST close the connection upon receiving a frame that is not masked. … A client MUST close a connection if it detects a masked frame.',
  },
  serverMask: {
    section: 'RFC 6455 §5.1',
    words: 'A server MUST NOT mask any frames that it sends to the client.',
  },
  clientMask: {
    section: 'RFC 6455 §5.1',
    words: 'a client MUST mask all frames that it sends to the server',
  },
  reservedBits: {
    section: 'RFC 6455 §5.2',
    words:
      'If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_.',
  },
  sentReservedBits: {
    section: 'RFC 6455 §5.2',
    words: 'MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.',
  },
  opcode: {
    section: 'RFC 6455 §5.2',
    words: 'If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_.',
  },
  longLength: {
    section: 'RFC 6455 §5.2',
    words:
      'If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant bit MUST be 0) are the payload length.',
  },
  unmasking: {
    section: 'RFC 6455 §5.3',
    words:
      'To convert masked data into unmasked data, or vice versa, the following algorithm is applied.  The same algorithm applies regardless of the direction of the translation',
  },
  freshKey: {
    section: 'RFC 6455 §5.3',
    words:
      'the masking key for a given frame MUST NOT make it simple for a server/proxy to predict the masking key for a subsequent frame.',
  },
  minimalLength: {
    section: 'RFC 6455 §5.2',
    words: 'in all cases, the minimal number of bytes MUST be used to encode the length',
  },
  message: {
    section: 'RFC 6455 §6.2',
    words: 'Incoming data MUST be parsed as WebSocket frames as defined in Section 5.2.',
  },
  fragments: {
    section: 'RFC 6455 §5.4',
    words: 'Clients and servers MUST support receiving both fragmented and unfragmented messages.',
  },
  controlWithinMessage: {
    section: 'RFC 6455 §5.4',
    words: 'An endpoint MUST be capable of handling control frames in the middle of a fragmented message.',
  },
  interleaved: {
    section: 'RFC 6455 §5.4',
    words: 'The fragments of one message MUST NOT be interleaved between the fragments of another message',
  },
  fragmentedMessage: {
    section: 'RFC 6455 §5.4',
    words:
      'A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0, followed by zero or more frames with the FIN bit clear and the opcode set to 0, and terminated by a single frame with the FIN bit set and an opcode of 0.',
  },
  controlFrame: {
    section: 'RFC 6455 §5.5',
    words: 'All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.',
  },
  closeBody: {
    section: 'RFC 6455 §5.5.1',
    words:
      'If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order) representing a status code with value /code/ defined in Section 7.4.',
  },
  optionalCloseBody: {
    section: 'RFC 6455 §5.5.1',
    words: 'The Close frame MAY contain a body',
  },
  closeReason: {
    section: 'RFC 6455 §5.5.1',
    words: 'Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/',
  },
  noDataAfterClose: {
    section: 'RFC 6455 §5.5.1',
    words: 'The application MUST NOT send any more data frames after sending a Close frame.',
  },
  closeAnswer: {
    section: 'RFC 6455 §5.5.1',
    words:
      'If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response.',
  },
  closeEcho: {
    section: 'RFC 6455 §5.5.1',
    words: 'When sending a Close frame in response, the endpoint typically echos the status code it received.',
  },
  serverEndsTcp: {
    section: 'RFC 6455 §5.5.1',
    words: 'The server MUST close the underlying TCP connection immediately',
  },
  endsTcp: {
    section: 'RFC 6455 §5.5.1',
    words:
      'After both sending and receiving a Close message, an endpoint considers the WebSocket connection closed and MUST close the underlying TCP connection.',
  },
  pong: {
    section: 'RFC 6455 §5.5.2',
    words:
      'Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received a Close frame.',
  },
  promptPong: {
    section: 'RFC 6455 §5.5.2',
    words: 'It SHOULD respond with Pong frame as soon as is practical.',
  },
  pongPayload: {
    section: 'RFC 6455 §5.5.3',
    words:
      'A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the message body of the Ping frame being replied to.',
  },
  latestPing: {
    section: 'RFC 6455 §5.5.3',
    words:
      'If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping frame(s), the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame.',
  },
  mayPong: {
    section: 'RFC 6455 §5.5.3',
    words: 'A Pong frame MAY be sent unsolicited.',
  },
  unsolicitedPong: {
    section: 'RFC 6455 §5.5.3',
    words: 'A response to an unsolicited Pong frame is not expected.',
  },
  messageReceived: {
    section: 'RFC 6455 §6.2',
    words:
      'If the frame comprises an unfragmented message (Section 5.4), it is said that _A WebSocket Message Has Been Received_',
  },
  stopsProcessing: {
    section: 'RFC 6455 §7.1.7',
    words:
      'An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the remote endpoint after being instructed to _Fail the WebSocket Connection_.',
  },
  failureClose: {
    section: 'RFC 6455 §7.1.7',
    words:
      'If _The WebSocket Connection is Established_ prior to the point where the endpoint is required to _Fail the WebSocket Connection_, the endpoint SHOULD send a Close frame with an appropriate status code (Section 7.4) before proceeding to _Close the WebSocket Connection_.',
  },
  serverMayClose: {
    section: 'RFC 6455 §7.3',
    words: 'Servers MAY close the WebSocket connection whenever desired.',
  },
  clientShouldNotClose: {
    section: 'RFC 6455 §7.3',
    words: 'Clients SHOULD NOT close the WebSocket connection arbitrarily.',
  },
  oneClose: {
    section: 'RFC 6455 §7.1.5',
    words: 'both endpoints will have sent and received a Close frame and will not send further Close frames',
  },
  utf8: {
    section: 'RFC 6455 §8.1',
    words:
      'When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_.',
  },
  wholeText: {
    section: 'RFC 6455 §5.6',
    words: 'the whole message MUST contain valid UTF-8',
  },
  newMessage: {
    section: 'RFC 6455 §6.2',
    words: 'Subsequent data frames MUST be interpreted as belonging to a new WebSocket message.',
  },
  limit: {
    section: 'RFC 6455 §10.4',
    words:
      'Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly from multiple frames.',
  },
  compression: {
    section: 'RFC 7692 §7.2',
    words: 'A message is compressed with DEFLATE, and decompressed to what it was.',
  },
  controlCompression: {
    section: 'RFC 7692 §6.1',
    words: 'RSV1 is set only on the first fragment of a data message, and never on a control frame.',
  },
  firstFragment: {
    section: 'RFC 7692 §6.1',
    words: 'RSV1 is set only on the first fragment of a data message.',
  },
  negotiation: {
    section: 'RFC 7692 §7.1',
    words: 'A server declines an offer with a parameter that is unknown, repeated or invalid.',
  },
} as const satisfies Record<string, Sentence>;

/** What a case says of the sentence that it is about. */
export function about(sentence: Sentence): { readonly section: string; readonly sentence: Sentence } {
  return { section: sentence.section, sentence };
}

/** A sentence with its section, for the end of an explanation. */
export function quote({ section, words }: Sentence): string {
  return section.startsWith('RFC 6455') ? `${section}: "${words}"` : `${section}: ${words}`;
}
