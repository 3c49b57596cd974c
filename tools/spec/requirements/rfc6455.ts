import type { Requirement } from './requirement.ts';

/** Each sentence of RFC 6455 with MUST, MUST NOT, SHOULD, or SHOULD NOT. */
export const RFC_6455: readonly Requirement[] = [
  {
    section: '§2',
    text: 'The key words "MUST", "MUST NOT", "REQUIRED", "SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", and "OPTIONAL" in this document are to be interpreted as described in [RFC2119].',
    reason: 'It defines the words.',
  },
  {
    section: '§2',
    text: 'Requirements phrased in the imperative as part of algorithms (such as "strip any leading space characters" or "return false and abort these steps") are to be interpreted with the meaning of the key word ("MUST", "SHOULD", "MAY", etc.) used in introducing the algorithm.',
    reason: 'It says how other words are to be interpreted.',
  },
  {
    section: '§3',
    text: 'Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: throw a SyntaxError if they are like'],
  },
  {
    section: '§3',
    text: 'As with any URI scheme, the character "#", when not indicating the start of a fragment, MUST be escaped as %23.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: keep %23, the escape of "#"'],
  },
  {
    section: '§4.1',
    text: "When the client is to _Establish a WebSocket Connection_ given a set of (/host/, /port/, /resource name/, and /secure/ flag), along with a list of /protocols/ and /extensions/ to be used, and an /origin/ in the case of web browsers, it MUST open a connection, send an opening handshake, and read the server's handshake in response.",
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
  },
  {
    section: '§4.1',
    text: 'The components of the WebSocket URI passed into this algorithm (/host/, /port/, /resource name/, and /secure/ flag) MUST be valid according to the specification of WebSocket URIs specified in Section 3.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: throw a SyntaxError if they are like'],
  },
  {
    section: '§4.1',
    text: 'If any of the components are invalid, the client MUST _Fail the WebSocket Connection_ and abort these steps.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: throw a SyntaxError if they are like'],
  },
  {
    section: '§4.1',
    text: 'If the client already has a WebSocket connection to the remote host (IP address) identified by /host/ and port /port/ pair, even if the remote host is known by another name, the client MUST wait until that connection has been established or for that connection to have failed.',
    reason:
      'pushwire compares host names, not IP addresses, so that two names of a host are treated as two hosts. A BrowserWebSocket always waits, as browsers do. A WebSocket waits only with the option `serializeHandshakes`, because a program such as a load test may need many connections at the same time.',
    isKept: false,
  },
  {
    section: '§4.1',
    text: 'There MUST be no more than one connection in a CONNECTING state.',
    tests: [
      'websocket/client/serialized-handshakes.spec.ts: of the BrowserWebSockets: the next one begins when one is open, has failed, or is closed',
      'websocket/client/serialized-handshakes.spec.ts: of the WebSockets with the option serializeHandshakes, whose handshakeTimeout begins with their request',
    ],
  },
  {
    section: '§4.1',
    text: 'If multiple connections to the same IP address are attempted simultaneously, the client MUST serialize them so that there is no more than one connection at a time running through the following steps.',
    tests: [
      'websocket/client/serialized-handshakes.spec.ts: of the BrowserWebSockets: the next one begins when one is open, has failed, or is closed',
      'websocket/client/serialized-handshakes.spec.ts: of the WebSockets with the option serializeHandshakes, whose handshakeTimeout begins with their request',
    ],
  },
  {
    section: '§4.1',
    text: 'If the client cannot determine the IP address of the remote host (for example, because all communication is being done through a proxy server that performs DNS queries itself), then the client MUST assume for the purposes of this step that each host name refers to a distinct remote host, and instead the client SHOULD limit the total number of simultaneous pending connections to a reasonably low number (e.g., the client might allow simultaneous pending connections to a.example.com and b.example.com, but if thirty simultaneous connections to a single host are requested, that may not be allowed).',
    reason: 'The client does not use a proxy by itself; the option `agent` can add one.',
  },
  {
    section: '§4.1',
    text: 'If the client is configured to use a proxy when using the WebSocket Protocol to connect to host /host/ and port /port/, then the client SHOULD connect to that proxy and ask it to open a TCP connection to the host given by /host/ and the port given by /port/.',
    reason: 'The client does not use a proxy by itself; the option `agent` can add one.',
  },
  {
    section: '§4.1',
    text: 'If the client is not configured to use a proxy, then a direct TCP connection SHOULD be opened to the host given by /host/ and the port given by /port/.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
  },
  {
    section: '§4.1',
    text: 'For the purpose of proxy autoconfiguration scripts, the URI to pass the function MUST be constructed from /host/, /port/, /resource name/, and the /secure/ flag using the definition of a WebSocket URI as given in Section 3.',
    reason: 'There are no proxy autoconfiguration scripts.',
  },
  {
    section: '§4.1',
    text: 'If the connection could not be opened, either because a direct connection failed or because any proxy used returned an error, then the client MUST _Fail the WebSocket Connection_ and abort the connection attempt.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a server that cannot be reached'],
  },
  {
    section: '§4.1',
    text: 'If /secure/ is true, the client MUST perform a TLS handshake over the connection after opening the connection and before sending the handshake data [RFC2818].',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: names the host in the TLS handshake, and sends its request through TLS',
    ],
  },
  {
    section: '§4.1',
    text: "If this fails (e.g., the server's certificate could not be verified), then the client MUST _Fail the WebSocket Connection_ and abort the connection.",
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: fails the connection when the certificate of the server cannot be verified',
    ],
  },
  {
    section: '§4.1',
    text: 'Otherwise, all further communication on this channel MUST run through the encrypted tunnel [RFC5246].',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: names the host in the TLS handshake, and sends its request through TLS',
    ],
  },
  {
    section: '§4.1',
    text: 'Clients MUST use the Server Name Indication extension in the TLS handshake [RFC6066].',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: names the host in the TLS handshake, and sends its request through TLS',
    ],
  },
  {
    section: '§4.1',
    text: 'Once a connection to the server has been established (including a connection via a proxy or over a TLS-encrypted tunnel), the client MUST send an opening handshake to the server.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The handshake MUST be a valid HTTP request as specified by [RFC2616].',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The method of the request MUST be GET, and the HTTP version MUST be at least 1.1.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The "Request-URI" part of the request MUST match the /resource name/ defined in Section 3 (a relative URI) or be an absolute http/https URI that, when parsed, has a /resource name/, /host/, and /port/ that match the corresponding ws/wss URI.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
      'rfc6455/03-websocket-uris.spec.ts: give the resource name: the path and the query',
    ],
  },
  {
    section: '§4.1',
    text: 'The request MUST contain a |Host| header field whose value contains /host/ plus optionally ":" followed by /port/ (when not using the default port).',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The request MUST contain an |Upgrade| header field whose value MUST include the "websocket" keyword.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The request MUST contain a |Connection| header field whose value MUST include the "Upgrade" token.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The request MUST include a header field with the name |Sec-WebSocket-Key|.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The value of this header field MUST be a nonce consisting of a randomly selected 16-byte value that has been base64-encoded (see Section 4 of [RFC4648]).',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
      'rfc6455/04.1-client-requirements.spec.ts: a different key for each connection',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The nonce MUST be selected randomly for each connection.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: a different key for each connection'],
    cases: ['16.1.11'],
  },
  {
    section: '§4.1',
    text: 'The request MUST include a header field with the name |Origin| [RFC6454] if the request is coming from a browser client.',
    reason: 'It is about browsers. The option `origin` sets the header.',
  },
  {
    section: '§4.1',
    text: 'The request MUST include a header field with the name |Sec-WebSocket-Version|.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The value of this header field MUST be 13.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: 'The elements that comprise this value MUST be non-empty strings with characters in the range U+0021 to U+007E not including separator characters as defined in [RFC2616] and MUST all be unique strings.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: only subprotocols that are tokens and not duplicated'],
  },
  {
    section: '§4.1',
    text: "Once the client's opening handshake has been sent, the client MUST wait for a response from the server before sending any further data.",
    tests: [
      'websocket/websocket.spec.ts: is CONNECTING until it is open, and throws when a call needs an open connection',
    ],
    cases: ['16.1.1'],
  },
  {
    section: '§4.1',
    text: "The client MUST validate the server's response as follows:",
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.1', '16.2'],
  },
  {
    section: '§4.1',
    text: 'If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an ASCII case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.2.4', '16.2.5', '16.2.6', '16.1.3'],
  },
  {
    section: '§4.1',
    text: 'If the response lacks a |Connection| header field or the |Connection| header field doesn\'t contain a token that is an ASCII case-insensitive match for the value "Upgrade", the client MUST _Fail the WebSocket Connection_.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.2.7', '16.2.8', '16.1.4'],
  },
  {
    section: '§4.1',
    text: 'If the response lacks a |Sec-WebSocket-Accept| header field or the |Sec-WebSocket-Accept| contains a value other than the base64-encoded SHA-1 of the concatenation of the |Sec-WebSocket-Key| (as a string, not base64-decoded) with the string "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" but ignoring any leading and trailing whitespace, the client MUST _Fail the WebSocket Connection_.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.2.9', '16.2.10', '16.2.11', '16.2.12', '16.2.13', '16.2.14', '16.1.5'],
  },
  {
    section: '§4.1',
    text: "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of an extension that was not present in the client's handshake (the server has indicated an extension not requested by the client), the client MUST _Fail the WebSocket Connection_.",
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.2.16'],
  },
  {
    section: '§4.1',
    text: "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a subprotocol that was not present in the client's handshake (the server has indicated a subprotocol not requested by the client), the client MUST _Fail the WebSocket Connection_.",
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
    cases: ['16.2.15'],
  },
  {
    section: '§4.1',
    text: "If the server's response does not conform to the requirements for the server's handshake as defined in this section and in Section 4.2.2, the client MUST _Fail the WebSocket Connection_.",
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: for a response with status 101',
      'rfc6455/04.1-client-requirements.spec.ts: for another status, with an error that has the status',
    ],
    cases: ['16.2'],
  },
  {
    section: '§4.2.1',
    text: "If the server, while reading the handshake, finds that the client did not send a handshake that matches the description below (note that as per [RFC2616], the order of the header fields is not important), including but not limited to any violations of the ABNF grammar specified for the components of the handshake, the server MUST stop processing the client's handshake and return an HTTP response with an appropriate error code (such as 400 Bad Request).",
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: and responds to one ',
      'rfc6455/04.2-server-side-requirements.spec.ts: and responds to garbage with 400',
      'websocket/handshake/request.spec.ts: a request is rejected',
    ],
    cases: ['14.1'],
  },
  {
    section: '§4.2.1',
    text: 'A connection attempt lacking this header field SHOULD NOT be interpreted as coming from a browser client.',
    tests: ['websocket/handshake/origin.spec.ts: allows requests without an origin, which no page sends'],
  },
  {
    section: '§4.2.2',
    text: "When a client establishes a WebSocket connection to a server, the server MUST complete the following steps to accept the connection and send the server's opening handshake.",
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with 101, Upgrade, Connection and Sec-WebSocket-Accept, and nothing that was not offered',
    ],
    cases: ['14.1.1'],
  },
  {
    section: '§4.2.2',
    text: 'If this fails (e.g., the client indicated a host name in the extended client hello "server_name" extension that the server does not host), then close the connection; otherwise, all further communication for the connection (including the server\'s handshake) MUST run through the encrypted tunnel [RFC5246].',
    reason: "The application's https server handles TLS.",
  },
  {
    section: '§4.2.2',
    text: 'If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403 Forbidden) and abort the WebSocket handshake described in this section.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: as verifyClient decides: synchronously',
      'rfc6455/04.2-server-side-requirements.spec.ts: with 403 for an origin that is not allowed',
    ],
  },
  {
    section: '§4.2.2',
    text: 'If this version does not match a version understood by the server, the server MUST abort the WebSocket handshake described in this section and instead send an appropriate HTTP error code (such as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field indicating the version(s) the server is capable of understanding.',
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: and responds to one '],
    cases: ['14.1.23', '14.1.24', '14.1.25', '14.1.26', '14.1.27'],
  },
  {
    section: '§4.2.2',
    text: 'If the requested service is not available, the server MUST send an appropriate HTTP error code (such as 404 Not Found) and abort the WebSocket handshake.',
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: with 404 for another path'],
  },
  {
    section: '§4.2.2',
    text: "The value chosen MUST be derived from the client's handshake, specifically by selecting one of the values from the |Sec-WebSocket-Protocol| field that the server is willing to use for this connection (if any).",
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with the first offered subprotocol, the one that the application chooses, or none',
    ],
    cases: ['14.2'],
  },
  {
    section: '§4.2.2',
    text: 'The absence of such a field is equivalent to the null value (meaning that if the server does not wish to agree to one of the suggested subprotocols, it MUST NOT send back a |Sec-WebSocket-Protocol| header field in its response).',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with 101, Upgrade, Connection and Sec-WebSocket-Accept, and nothing that was not offered',
    ],
    cases: ['14.2.1'],
  },
  {
    section: '§4.2.2',
    text: "If the server supports multiple extensions, then the value MUST be derived from the client's handshake, specifically by selecting one or more of the values from the |Sec-WebSocket-Extensions| field.",
    tests: [
      'rfc7692/07-permessage-deflate.spec.ts: a server with perMessageDeflate accepts an offer, and responds with its parameters',
    ],
    cases: ['14.5'],
  },
  {
    section: '§4.2.2',
    text: 'Extensions not listed by the client MUST NOT be listed.',
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: without extensions, if it supports none of those offered'],
    cases: ['14.3.1'],
  },
  {
    section: '§4.2.2',
    text: 'If the server chooses to accept the incoming connection, it MUST reply with a valid HTTP response indicating the following.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with 101, Upgrade, Connection and Sec-WebSocket-Accept, and nothing that was not offered',
    ],
    cases: ['14.1.1'],
  },
  {
    section: '§4.3',
    text: "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the 'token' ABNF.",
    tests: [
      'websocket/handshake/extension.spec.ts: may have quoted values that are tokens',
      'websocket/handshake/extension.spec.ts: is malformed as',
    ],
    cases: ['14.3'],
  },
  {
    section: '§4.4',
    text: "If the server doesn't support the requested version, it MUST respond with a |Sec-WebSocket-Version| header field (or multiple |Sec-WebSocket-Version| header fields) containing all versions it is willing to use.",
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: and responds to one '],
    cases: ['14.1.23', '14.1.24'],
  },
  {
    section: '§5.1',
    text: 'To avoid confusing network intermediaries (such as intercepting proxies) and for security reasons that are further discussed in Section 10.3, a client MUST mask all frames that it sends to the server (see Section 5.3 for further details).',
    tests: ['rfc6455/05.1-overview.spec.ts: "a client MUST mask all frames that it sends to the server"'],
  },
  {
    section: '§5.1',
    text: 'The server MUST close the connection upon receiving a frame that is not masked.',
    tests: [
      'rfc6455/05.1-overview.spec.ts: "The server MUST close the connection upon receiving a frame that is not masked", with 1002',
    ],
    cases: ['17.3.5', '15.1.13'],
  },
  {
    section: '§5.1',
    text: 'A server MUST NOT mask any frames that it sends to the client.',
    tests: ['rfc6455/05.1-overview.spec.ts: "A server MUST NOT mask any frames that it sends to the client."'],
  },
  {
    section: '§5.1',
    text: 'A client MUST close a connection if it detects a masked frame.',
    tests: [
      'rfc6455/05.1-overview.spec.ts: "A client MUST close a connection if it detects a masked frame", with 1002',
    ],
    cases: ['17.3.9', '17.3.5'],
  },
  {
    section: '§5.2',
    text: 'RSV1, RSV2, RSV3: MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.',
    tests: ['rfc6455/05.2-base-framing.spec.ts: bytes, in the minimal form'],
    cases: ['1'],
  },
  {
    section: '§5.2',
    text: 'If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_.',
    tests: [
      'rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002; messages before it are delivered, messages after it are not',
    ],
    cases: ['3'],
  },
  {
    section: '§5.2',
    text: 'If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_.',
    tests: [
      'rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002; messages before it are delivered, messages after it are not',
    ],
    cases: ['4'],
  },
  {
    section: '§5.2',
    text: 'If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant bit MUST be 0) are the payload length.',
    tests: [
      'rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002; messages before it are delivered, messages after it are not',
    ],
    cases: ['17.5.7'],
  },
  {
    section: '§5.2',
    text: "Note that in all cases, the minimal number of bytes MUST be used to encode the length, for example, the length of a 124-byte-long string can't be encoded as the sequence 126, 0, 124.",
    tests: ['rfc6455/05.2-base-framing.spec.ts: bytes, in the minimal form'],
    cases: ['1.1', '1.2'],
  },
  {
    section: '§5.2',
    text: 'Any extension MUST specify the length of the "Extension data", or how that length may be calculated, and how the extension use MUST be negotiated during the opening handshake.',
    reason: 'It is about specifications of extensions: RFC 7692 keeps it.',
  },
  {
    section: '§5.2',
    text: 'frame-rsv1: 1 bit in length, MUST be 0 unless negotiated otherwise',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002'],
    cases: ['3'],
  },
  {
    section: '§5.2',
    text: 'frame-rsv2: 1 bit in length, MUST be 0 unless negotiated otherwise',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002'],
    cases: ['3'],
  },
  {
    section: '§5.2',
    text: 'frame-rsv3: 1 bit in length, MUST be 0 unless negotiated otherwise',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002'],
    cases: ['3'],
  },
  {
    section: '§5.3',
    text: 'A masked frame MUST have the field frame-masked set to 1, as defined in Section 5.2.',
    tests: ['rfc6455/05.1-overview.spec.ts: "a client MUST mask all frames that it sends to the server"'],
  },
  {
    section: '§5.3',
    text: 'When preparing a masked frame, the client MUST pick a fresh masking key from the set of allowed 32-bit values.',
    tests: ['rfc6455/05.3-masking.spec.ts: a fresh, unpredictable key for each frame'],
    cases: ['17.7.1'],
  },
  {
    section: '§5.3',
    text: 'The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source of entropy, and the masking key for a given frame MUST NOT make it simple for a server/proxy to predict the masking key for a subsequent frame.',
    tests: ['rfc6455/05.3-masking.spec.ts: a fresh, unpredictable key for each frame'],
    cases: ['17.7.1'],
  },
  {
    section: '§5.4',
    text: 'Control frames themselves MUST NOT be fragmented.',
    tests: ['rfc6455/05.5-control-frames.spec.ts: fails the connection with 1002'],
    cases: ['17.4.8', '5.1', '5.2'],
  },
  {
    section: '§5.4',
    text: 'Message fragments MUST be delivered to the recipient in the order sent by the sender.',
    tests: [
      'rfc6455/05.4-fragmentation.spec.ts: fragments are joined in order, empty ones included, and the first one has the type',
    ],
    cases: ['5.3', '5.4', '5.5'],
  },
  {
    section: '§5.4',
    text: 'The fragments of one message MUST NOT be interleaved between the fragments of another message unless an extension has been negotiated that can interpret the interleaving.',
    tests: ['rfc6455/05.4-fragmentation.spec.ts: fails the connection with 1002'],
    cases: ['5.18'],
  },
  {
    section: '§5.4',
    text: 'An endpoint MUST be capable of handling control frames in the middle of a fragmented message.',
    tests: [
      'rfc6455/05.4-fragmentation.spec.ts: "Control frames [...] MAY be injected in the middle of a fragmented message", and are answered immediately',
    ],
    cases: ['5.6', '5.7', '5.8'],
  },
  {
    section: '§5.4',
    text: 'Clients and servers MUST support receiving both fragmented and unfragmented messages.',
    tests: ['rfc6455/05.4-fragmentation.spec.ts: fragments are joined in order, empty ones included'],
    cases: ['1', '5'],
  },
  {
    section: '§5.4',
    text: 'As control frames cannot be fragmented, an intermediary MUST NOT attempt to change the fragmentation of a control frame.',
    reason: 'It is about intermediaries; pushwire is not one.',
  },
  {
    section: '§5.4',
    text: 'An intermediary MUST NOT change the fragmentation of a message if any reserved bit values are used and the meaning of these values is not known to the intermediary.',
    reason: 'It is about intermediaries; pushwire is not one.',
  },
  {
    section: '§5.4',
    text: 'An intermediary MUST NOT change the fragmentation of any message in the context of a connection where extensions have been negotiated and the intermediary is not aware of the semantics of the negotiated extensions.',
    reason: 'It is about intermediaries; pushwire is not one.',
  },
  {
    section: '§5.4',
    text: "Similarly, an intermediary that didn't see the WebSocket handshake (and wasn't notified about its content) that resulted in a WebSocket connection MUST NOT change the fragmentation of any message of such connection.",
    reason: 'It is about intermediaries; pushwire is not one.',
  },
  {
    section: '§5.4',
    text: 'Since control frames cannot be fragmented, the type for all fragments in a message MUST be either text, binary, or one of the reserved opcodes.',
    tests: [
      'rfc6455/05.4-fragmentation.spec.ts: send() with fin false sends fragments: only the first one has the opcode',
      'rfc6455/05.4-fragmentation.spec.ts: fails the connection with 1002',
    ],
    cases: ['5'],
  },
  {
    section: '§5.5',
    text: 'All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.',
    tests: [
      'rfc6455/05.5-control-frames.spec.ts: fails the connection with 1002',
      'rfc6455/05.5-control-frames.spec.ts: ping() sends one, with data in any form, and throws for more than 125 bytes',
    ],
    cases: ['2.5', '5.1', '5.2', '7.3.6'],
  },
  {
    section: '§5.5.1',
    text: 'If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order) representing a status code with value /code/ defined in Section 7.4.',
    tests: ['rfc6455/07.4-status-codes.spec.ts: those that may be sent are accepted, echoed, and sent'],
    cases: ['7.3.2', '7.7'],
  },
  {
    section: '§5.5.1',
    text: 'As the data is not guaranteed to be human readable, clients MUST NOT show it to end users.',
    reason: 'pushwire does not show anything to a user: the application receives the reason.',
  },
  {
    section: '§5.5.1',
    text: 'The application MUST NOT send any more data frames after sending a Close frame.',
    tests: [
      'rfc6455/05.5-control-frames.spec.ts: "The application MUST NOT send any more data frames after sending a Close frame."',
    ],
  },
  {
    section: '§5.5.1',
    text: 'If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response.',
    tests: [
      'rfc6455/05.5-control-frames.spec.ts: "the endpoint MUST send a Close frame in response", with the status code received',
    ],
    cases: ['7.1', '7.3', '7.7'],
  },
  {
    section: '§5.5.1',
    text: 'It SHOULD do so as soon as practical.',
    tests: [
      'rfc6455/05.5-control-frames.spec.ts: "the endpoint MUST send a Close frame in response", with the status code received',
    ],
    cases: ['7.1.1', '7.1.2'],
  },
  {
    section: '§5.5.1',
    text: 'After both sending and receiving a Close message, an endpoint considers the WebSocket connection closed and MUST close the underlying TCP connection.',
    tests: ['rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first'],
    cases: ['7'],
  },
  {
    section: '§5.5.1',
    text: 'The server MUST close the underlying TCP connection immediately; the client SHOULD wait for the server to close the connection but MAY close the connection at any time after sending and receiving a Close message, e.g., if it has not received a TCP Close from the server in a reasonable time period.',
    tests: [
      'rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first',
      'rfc6455/07.1-closing-the-connection.spec.ts: the client waits for the server to close TCP',
    ],
    cases: ['7'],
  },
  {
    section: '§5.5.2',
    text: 'Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received a Close frame.',
    tests: ['rfc6455/05.5-control-frames.spec.ts: is answered by a pong with the same payload, and reported'],
    cases: ['2', '5.19', '5.20'],
  },
  {
    section: '§5.5.2',
    text: 'It SHOULD respond with Pong frame as soon as is practical.',
    tests: [
      'rfc6455/05.5-control-frames.spec.ts: is answered by a pong with the same payload',
      'rfc6455/05.5-control-frames.spec.ts: ten in a row are answered in order',
    ],
    cases: ['2'],
  },
  {
    section: '§5.6',
    text: 'Note that a particular text frame might include a partial UTF-8 sequence; however, the whole message MUST contain valid UTF-8.',
    tests: ['rfc6455/08.1-errors-in-utf-8.spec.ts: valid text is delivered, wherever fragments and chunks split it'],
    cases: ['6', '17.2'],
  },
  {
    section: '§5.8',
    text: 'The endpoints of a connection MUST negotiate the use of any extensions during the opening handshake.',
    tests: ['rfc7692/07-permessage-deflate.spec.ts: a client offers it, unless perMessageDeflate is false'],
    cases: ['13'],
  },
  {
    section: '§6.1',
    text: 'To _Send a WebSocket Message_ comprising of /data/ over a WebSocket connection, an endpoint MUST perform the following steps.',
    tests: ['rfc6455/05.6-data-frames.spec.ts: a string is sent as Text, and bytes of any class as Binary'],
    cases: ['1'],
  },
  {
    section: '§6.1',
    text: 'The endpoint MUST ensure the WebSocket connection is in the OPEN state (cf. Sections 4.1 and 4.2.2.)',
    tests: [
      'websocket/websocket.spec.ts: is CONNECTING until it is open, and throws when a call needs an open connection',
      'websocket/websocket.spec.ts: after the connection is closed, calls back with an error, throws nothing, and counts the bytes',
    ],
  },
  {
    section: '§6.1',
    text: 'If at any point the state of the WebSocket connection changes, the endpoint MUST abort the following steps.',
    tests: [
      'websocket/websocket.spec.ts: calls back with an error for messages that were not handed over when the connection was lost',
    ],
  },
  {
    section: '§6.1',
    text: 'An endpoint MUST encapsulate the /data/ in a WebSocket frame as defined in Section 5.2.',
    tests: [
      'rfc6455/05.6-data-frames.spec.ts: a string is sent as Text, and bytes of any class as Binary',
      'rfc6455/05.4-fragmentation.spec.ts: send() with fin false sends fragments',
    ],
    cases: ['1', '10'],
  },
  {
    section: '§6.1',
    text: 'The opcode (frame-opcode) of the first frame containing the data MUST be set to the appropriate value from Section 5.2 for data that is to be interpreted by the recipient as text or binary data.',
    tests: [
      'rfc6455/05.6-data-frames.spec.ts: a string is sent as Text, and bytes of any class as Binary',
      'rfc6455/05.4-fragmentation.spec.ts: send() with fin false sends fragments',
    ],
    cases: ['1', '10'],
  },
  {
    section: '§6.1',
    text: 'The FIN bit (frame-fin) of the last frame containing the data MUST be set to 1 as defined in Section 5.2.',
    tests: [
      'rfc6455/05.6-data-frames.spec.ts: a string is sent as Text, and bytes of any class as Binary',
      'rfc6455/05.4-fragmentation.spec.ts: send() with fin false sends fragments',
    ],
    cases: ['1', '10'],
  },
  {
    section: '§6.1',
    text: 'If the data is being sent by the client, the frame(s) MUST be masked as defined in Section 5.3.',
    tests: ['rfc6455/05.1-overview.spec.ts: "a client MUST mask all frames that it sends to the server"'],
  },
  {
    section: '§6.1',
    text: 'The frame(s) that have been formed MUST be transmitted over the underlying network connection.',
    tests: [
      'rfc6455/05.6-data-frames.spec.ts: messages and the Close frame keep their order after a Blob that is still being read',
    ],
    cases: ['1'],
  },
  {
    section: '§6.2',
    text: 'Incoming data MUST be parsed as WebSocket frames as defined in Section 5.2.',
    tests: ['rfc6455/05.2-base-framing.spec.ts: a header that arrives byte by byte'],
    cases: ['1'],
  },
  {
    section: '§6.2',
    text: 'If a control frame (Section 5.5) is received, the frame MUST be handled as defined by Section 5.5.',
    tests: ['rfc6455/05.5-control-frames.spec.ts: fails the connection with 1002'],
    cases: ['2', '5'],
  },
  {
    section: '§6.2',
    text: 'Upon receiving a data frame (Section 5.6), the endpoint MUST note the /type/ of the data as defined by the opcode (frame-opcode) from Section 5.2.',
    tests: [
      'rfc6455/05.4-fragmentation.spec.ts: fragments are joined in order, empty ones included, and the first one has the type',
    ],
    cases: ['5'],
  },
  {
    section: '§6.2',
    text: 'Subsequent data frames MUST be interpreted as belonging to a new WebSocket message.',
    tests: ['rfc6455/05.6-data-frames.spec.ts: many messages in one chunk are all delivered, each with its own bytes'],
    cases: ['9'],
  },
  {
    section: '§6.2',
    text: 'A server MUST remove masking for data frames received from a client as described in Section 5.3.',
    tests: [
      'rfc6455/05.3-masking.spec.ts: "j = i MOD 4; transformed-octet-i = original-octet-i XOR masking-key-octet-j"',
    ],
    cases: ['1'],
  },
  {
    section: '§7.1.1',
    text: 'An endpoint SHOULD use a method that cleanly closes the TCP connection, as well as the TLS session, if applicable, discarding any trailing bytes that may have been received.',
    tests: [
      'rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame, and then discards all input up to the end',
    ],
    cases: ['7'],
  },
  {
    section: '§7.1.1',
    text: 'The underlying TCP connection, in most normal cases, SHOULD be closed first by the server, so that it holds the TIME_WAIT state and not the client (as this would prevent it from re-opening the connection for 2 maximum segment lifetimes (2MSL), while there is no corresponding server impact as a TIME_WAIT connection is immediately reopened upon a new SYN with a higher seq number).',
    tests: ['rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first'],
  },
  {
    section: '§7.1.1',
    text: 'As such, when a server is instructed to _Close the WebSocket Connection_ it SHOULD initiate a TCP Close immediately, and when a client is instructed to do the same, it SHOULD wait for a TCP Close from the server.',
    tests: [
      'rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first',
      'rfc6455/07.1-closing-the-connection.spec.ts: the client waits for the server to close TCP',
    ],
  },
  {
    section: '§7.1.2',
    text: 'To _Start the WebSocket Closing Handshake_ with a status code (Section 7.4) /code/ and an optional close reason (Section 7.1.6) /reason/, an endpoint MUST send a Close control frame, as described in Section 5.5.1, whose status code is set to /code/ and whose close reason is set to /reason/.',
    tests: [
      'rfc6455/07.1-closing-the-connection.spec.ts: sends a Close frame, and waits for the answer',
      'rfc6455/07.1-closing-the-connection.spec.ts: are those that the other end sent, at both ends',
    ],
  },
  {
    section: '§7.1.2',
    text: 'Once an endpoint has both sent and received a Close control frame, that endpoint SHOULD _Close the WebSocket Connection_ as defined in Section 7.1.1.',
    tests: ['rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first'],
    cases: ['7'],
  },
  {
    section: '§7.1.7',
    text: 'To do so, the client MUST _Close the WebSocket Connection_, and MAY report the problem to the user (which would be especially useful for developers) in an appropriate manner.',
    tests: ['rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame'],
    cases: ['3', '4'],
  },
  {
    section: '§7.1.7',
    text: 'Similarly, to do so, the server MUST _Close the WebSocket Connection_, and SHOULD log the problem.',
    tests: ['rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame'],
    cases: ['3', '4'],
  },
  {
    section: '§7.1.7',
    text: 'If _The WebSocket Connection is Established_ prior to the point where the endpoint is required to _Fail the WebSocket Connection_, the endpoint SHOULD send a Close frame with an appropriate status code (Section 7.4) before proceeding to _Close the WebSocket Connection_.',
    tests: ['rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame'],
    cases: ['3', '4', '6'],
  },
  {
    section: '§7.1.7',
    text: 'An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the remote endpoint after being instructed to _Fail the WebSocket Connection_.',
    tests: [
      'rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame, and then discards all input up to the end',
    ],
    cases: ['5.15', '17.3'],
  },
  {
    section: '§7.1.7',
    text: 'Except as indicated above or as specified by the application layer (e.g., a script using the WebSocket API), clients SHOULD NOT close the connection.',
    tests: [
      'rfc6455/07.2-abnormal-closures.spec.ts: not when a listener throws: the exception is uncaught, and the connection continues',
    ],
  },
  {
    section: '§7.2.1',
    text: 'To do so, the client MUST _Fail the WebSocket Connection_ as defined in Section 7.1.7.',
    tests: ['rfc6455/04.1-client-requirements.spec.ts: for a response with status 101'],
  },
  {
    section: '§7.2.1',
    text: 'If at any point the underlying transport layer connection is unexpectedly lost, the client MUST _Fail the WebSocket Connection_.',
    tests: [
      'rfc6455/07.2-abnormal-closures.spec.ts: when the connection is reset: 1006 and no error, and "failure" has the cause',
    ],
  },
  {
    section: '§7.2.1',
    text: 'Except as indicated above or as specified by the application layer (e.g., a script using the WebSocket API), clients SHOULD NOT close the connection.',
    tests: [
      'rfc6455/07.2-abnormal-closures.spec.ts: not when a listener throws: the exception is uncaught, and the connection continues',
    ],
  },
  {
    section: '§7.2.2',
    text: 'To do so, the server MUST simply _Close the WebSocket Connection_ (Section 7.1.1).',
    tests: [
      'rfc6455/07.1-closing-the-connection.spec.ts: the server closes TCP first',
      'websocket/websocket.spec.ts: closes both ends at once with 1006 and without an error',
    ],
  },
  {
    section: '§7.2.3',
    text: 'To prevent this, clients SHOULD use some form of backoff when trying to reconnect after abnormal closures as described in this section.',
    tests: [
      'sse/client/backoff.spec.ts: is the reconnection time at first, and doubles with each failed attempt, up to the limit',
      'sse/client/backoff.spec.ts: is randomly longer, so that clients do not reconnect at the same time',
    ],
    reason:
      'A WebSocket does not reconnect by itself: the application decides when to reconnect. EventSource keeps this rule.',
  },
  {
    section: '§7.2.3',
    text: 'The first reconnect attempt SHOULD be delayed by a random amount of time.',
    tests: [
      'sse/client/backoff.spec.ts: is the reconnection time at first, and doubles with each failed attempt, up to the limit',
      'sse/client/backoff.spec.ts: is randomly longer, so that clients do not reconnect at the same time',
    ],
    reason:
      'A WebSocket does not reconnect by itself: the application decides when to reconnect. EventSource keeps this rule.',
  },
  {
    section: '§7.2.3',
    text: 'Should the first reconnect attempt fail, subsequent reconnect attempts SHOULD be delayed by increasingly longer amounts of time, using a method such as truncated binary exponential backoff.',
    tests: [
      'sse/client/backoff.spec.ts: is the reconnection time at first, and doubles with each failed attempt, up to the limit',
      'sse/client/backoff.spec.ts: is randomly longer, so that clients do not reconnect at the same time',
    ],
    reason:
      'A WebSocket does not reconnect by itself: the application decides when to reconnect. EventSource keeps this rule.',
  },
  {
    section: '§7.3',
    text: 'Clients SHOULD NOT close the WebSocket connection arbitrarily.',
    reason: 'It is up to the application.',
  },
  {
    section: '§7.4.1',
    text: '1005 is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint.',
    tests: [
      'rfc6455/07.4-status-codes.spec.ts: those that must not be sent fail the connection with 1002',
      'rfc6455/05.5-control-frames.spec.ts: close() throws for a code that must not be sent, and for a reason that is too long',
    ],
    cases: ['7.9'],
  },
  {
    section: '§7.4.1',
    text: '1006 is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint.',
    tests: [
      'rfc6455/07.4-status-codes.spec.ts: those that must not be sent fail the connection with 1002',
      'rfc6455/05.5-control-frames.spec.ts: close() throws for a code that must not be sent, and for a reason that is too long',
    ],
    cases: ['7.9'],
  },
  {
    section: '§7.4.1',
    text: 'In the case of 1010: "The list of extensions that are needed SHOULD appear in the /reason/ part of the Close frame."',
    reason: 'It is up to the application.',
  },
  {
    section: '§7.4.1',
    text: '1015 is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint.',
    tests: [
      'rfc6455/07.4-status-codes.spec.ts: those that must not be sent fail the connection with 1002',
      'rfc6455/05.5-control-frames.spec.ts: close() throws for a code that must not be sent, and for a reason that is too long',
    ],
    cases: ['17.4.5'],
  },
  {
    section: '§8.1',
    text: 'When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_.',
    tests: [
      'rfc6455/08.1-errors-in-utf-8.spec.ts: invalid text fails the connection with 1007',
      'rfc6455/08.1-errors-in-utf-8.spec.ts: a reason that is not UTF-8 fails the connection',
    ],
    cases: ['6', '7.5', '17.2', '17.4.4'],
  },
  {
    section: '§9',
    text: 'A server MUST NOT respond with any extension not requested by the client.',
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: without extensions, if it supports none of those offered'],
    cases: ['14.3.1', '16.2.16'],
  },
  {
    section: '§9',
    text: 'If extension parameters are included in negotiations between the client and the server, those parameters MUST be chosen in accordance with the specification of the extension to which the parameters apply.',
    tests: [
      'rfc7692/07-permessage-deflate.spec.ts: a server with perMessageDeflate accepts an offer, and responds with its parameters',
    ],
    cases: ['13', '14.5'],
  },
  {
    section: '§9.1',
    text: 'If a value is received by either the client or the server during negotiation that does not conform to the ABNF below, the recipient of such malformed data MUST immediately _Fail the WebSocket Connection_.',
    tests: ['rfc6455/09.1-negotiating-extensions.spec.ts: a malformed field fails the handshake'],
    cases: ['14.3', '16.2.17'],
  },
  {
    section: '§9.1',
    text: "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the 'token' ABNF.",
    tests: [
      'websocket/handshake/extension.spec.ts: may have quoted values that are tokens',
      'websocket/handshake/extension.spec.ts: is malformed as',
    ],
    cases: ['14.3'],
  },
  {
    section: '§9.1',
    text: 'Any extension-token used MUST be a registered token (see Section 11.4).',
    reason: 'permessage-deflate, the only one here, is registered.',
  },
  {
    section: '§9.1',
    text: 'The parameters supplied with any given extension MUST be defined for that extension.',
    tests: ['rfc7692/07-permessage-deflate.spec.ts: a client fails the connection for the response'],
    cases: ['14.5', '16.2.18'],
  },
  {
    section: '§9.1',
    text: 'Note that the client is only offering to use any advertised extensions and MUST NOT use them unless the server indicates that it wishes to use the extension.',
    tests: ['rfc7692/07-permessage-deflate.spec.ts: a client offers it, unless perMessageDeflate is false'],
    cases: ['13'],
  },
  {
    section: '§10.2',
    text: 'Servers that are not intended to process input from any web page but only for certain sites SHOULD verify the |Origin| field is an origin they expect.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with 403 for an origin that is not allowed',
      'websocket/handshake/origin.spec.ts: can be one origin',
    ],
  },
  {
    section: '§10.2',
    text: 'If the origin indicated is unacceptable to the server, then it SHOULD respond to the WebSocket handshake with a reply containing HTTP 403 Forbidden status code.',
    tests: ['rfc6455/04.2-server-side-requirements.spec.ts: with 403 for an origin that is not allowed'],
  },
  {
    section: '§10.3',
    text: 'Clients MUST choose a new masking key for each frame, using an algorithm that cannot be predicted by end applications that provide data.',
    tests: ['rfc6455/05.3-masking.spec.ts: a fresh, unpredictable key for each frame'],
  },
  {
    section: '§10.4',
    text: 'Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits.',
    tests: [
      'rfc6455/10-security-considerations.spec.ts: a message of maxPayload bytes is accepted; the header of a longer one fails the connection with 1009',
      'rfc6455/10-security-considerations.spec.ts: fragments of more than maxPayload bytes together fail the connection with 1009',
    ],
    cases: ['15.1'],
  },
  {
    section: '§10.4',
    text: 'Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly from multiple frames.',
    tests: [
      'rfc6455/10-security-considerations.spec.ts: the default of maxPayload is 16 MiB',
      'rfc6455/10-security-considerations.spec.ts: more fragments than maxFragments fail the connection with 1008, even if they are empty',
    ],
    cases: ['15.1'],
  },
  {
    section: '§10.6',
    text: 'WebSocket implementations MUST support TLS and SHOULD employ it when communicating with their peers.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: names the host in the TLS handshake, and sends its request through TLS',
    ],
  },
  {
    section: '§10.7',
    text: 'Incoming data MUST always be validated by both clients and servers.',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002'],
    cases: ['2', '3', '4', '5', '6', '7', '14'],
  },
  {
    section: '§10.7',
    text: 'If the invalid data was received after a successful WebSocket handshake, the endpoint SHOULD send a Close frame with an appropriate status code (Section 7.4) before proceeding to _Close the WebSocket Connection_.',
    tests: ['rfc6455/07.2-abnormal-closures.spec.ts: once, with one error and one Close frame'],
    cases: ['3', '4', '5', '6'],
  },
  {
    section: '§10.7',
    text: 'If the invalid data is sent during the WebSocket handshake, the server SHOULD return an appropriate HTTP [RFC2616] status code.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: and responds to garbage with 400',
      'rfc6455/04.2-server-side-requirements.spec.ts: and responds to one ',
    ],
    cases: ['14.1', '15.1.19'],
  },
  {
    section: '§11.1.1',
    text: 'Characters in the host component that are excluded by the syntax defined above MUST be converted from Unicode to ASCII as specified in [RFC3987] or its replacement.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: may have characters outside of ASCII, which are encoded'],
  },
  {
    section: '§11.1.1',
    text: 'Characters in other components that are excluded by the syntax defined above MUST be converted from Unicode to ASCII by first encoding the characters as UTF-8 and then replacing the corresponding bytes using their percent-encoded form as defined in the URI [RFC3986] and Internationalized Resource Identifier (IRI) [RFC3987] specifications.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: may have characters outside of ASCII, which are encoded'],
  },
  {
    section: '§11.1.2',
    text: 'Characters in the host component that are excluded by the syntax defined above MUST be converted from Unicode to ASCII as specified in [RFC3987] or its replacement.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: may have characters outside of ASCII, which are encoded'],
  },
  {
    section: '§11.1.2',
    text: 'Characters in other components that are excluded by the syntax defined above MUST be converted from Unicode to ASCII by first encoding the characters as UTF-8 and then replacing the corresponding bytes using their percent-encoded form as defined in the URI [RFC3986] and IRI [RFC3987] specifications.',
    tests: ['rfc6455/03-websocket-uris.spec.ts: may have characters outside of ASCII, which are encoded'],
  },
  {
    section: '§11.3.1',
    text: 'The |Sec-WebSocket-Key| header field MUST NOT appear more than once in an HTTP request.',
    tests: ['websocket/handshake/request.spec.ts: a request is rejected'],
    cases: ['14.1.21'],
  },
  {
    section: '§11.3.2',
    text: 'However, the |Sec-WebSocket-Extensions| header field MUST NOT appear more than once in an HTTP response.',
    tests: [
      'rfc7692/07-permessage-deflate.spec.ts: a server with perMessageDeflate accepts an offer, and responds with its parameters',
    ],
    cases: ['14.5'],
  },
  {
    section: '§11.3.3',
    text: 'The |Sec-WebSocket-Accept| header MUST NOT appear more than once in an HTTP response.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with 101, Upgrade, Connection and Sec-WebSocket-Accept, and nothing that was not offered',
    ],
    cases: ['14.1.1'],
  },
  {
    section: '§11.3.4',
    text: 'However, the |Sec-WebSocket-Protocol| header field MUST NOT appear more than once in an HTTP response.',
    tests: [
      'rfc6455/04.2-server-side-requirements.spec.ts: with the first offered subprotocol, the one that the application chooses, or none',
    ],
    cases: ['14.2'],
  },
  {
    section: '§11.3.5',
    text: 'However, the |Sec-WebSocket-Version| header field MUST NOT appear more than once in an HTTP request.',
    tests: [
      'rfc6455/04.1-client-requirements.spec.ts: a GET request of HTTP/1.1 with Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version',
    ],
    cases: ['16.1.1'],
  },
];
