import { SENTENCES, type Sentence } from './websocket/sentences.ts';

/**
 * What the sections demand that cases without a sentence of their own are about. What is from RFC 6455 is word for word, the rest
 * are summaries.
 */
const DEMANDS: Readonly<Record<string, string>> = {
  'RFC 6455 §4.1': SENTENCES.validResponse.words,
  'RFC 6455 §4.2': 'a server that responds to WebSocket requests with an appropriate handshake',
  'RFC 6455 §4.2.1': SENTENCES.handshake.words,
  'RFC 6455 §5.1': SENTENCES.unmaskedFrame.words,
  'RFC 6455 §5.5.1': SENTENCES.noDataAfterClose.words,
  'RFC 6455 §5.5.2':
    'Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received a Close frame.',
  'RFC 6455 §5.5.3': SENTENCES.unsolicitedPong.words,
  'RFC 6455 §7.1.7': SENTENCES.failureClose.words,
  'RFC 6455 §8.1': SENTENCES.utf8.words,
  'RFC 6455 §9.1': SENTENCES.extensionField.words,
  'RFC 6455 §10.4':
    'Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits.',
  'RFC 6455 §10.7': 'Incoming data MUST always be validated by both clients and servers.',
  'RFC 7692 §5': 'A client MUST fail the connection if the response does not correspond to one of its offers.',
  'RFC 7692 §7': 'A server MUST decline an offer with an unknown parameter, or with an invalid or missing value.',
  'RFC 7692 §7.1':
    'A client MUST fail the connection if the response has a parameter that is unknown, repeated or invalid.',
  'RFC 7692 §7.1.1.1':
    'server_no_context_takeover has no value. A server that accepts it MUST NOT use the earlier messages.',
  'RFC 7692 §7.1.2.1': 'server_max_window_bits has a value from 8 to 15 without leading zeros.',
  'RFC 7692 §7.1.2.2':
    'client_max_window_bits has a value from 8 to 15 without leading zeros, or none in an offer. A response MUST NOT have it unless the client has offered it.',
  'RFC 7230 §3.2.4': 'White space before and after the value of a header field is not part of the value.',
  'RFC 9110 §5.1': 'Field names are case-insensitive.',
  'RFC 9110 §8.4': 'Content-Encoding names the codings that the recipient must decode.',
  'RFC 9110 §8.6': 'Content-Length is the length of the content, and is absent if the length is unknown.',
  'RFC 9110 §9.1':
    'A server responds to a method that it does not know with 501, and to one that it does not allow with 405.',
  'RFC 9110 §9.3.2': 'A response to HEAD MUST NOT have content. Its header is that of a response to GET.',
  'RFC 9110 §9.3.3':
    'POST asks for content to be processed by the resource. What a stream makes of it is up to the server.',
  'RFC 9110 §12.5.1':
    'A request without Accept accepts any media type. A server may ignore Accept, or respond with 406.',
  'RFC 9110 §12.5.3': 'A server uses no content coding that Accept-Encoding excludes.',
  'RFC 9110 §12.5.5': 'Vary names the request header fields that a response depends on.',
  'RFC 9110 §17': 'Attacks on a server, such as slow or incomplete requests, must not deny service to others.',
  'RFC 9111 §5.2.2': 'no-store, no-cache and private keep shared caches from reusing a response.',
  'RFC 9112 §2.2': 'A recipient parses a message as it arrives, however it is split.',
  'RFC 9112 §2.3': 'HTTP-version names the version of the message, such as HTTP/1.1.',
  'RFC 9112 §3.2': 'A server MUST respond with 400 to a request of HTTP/1.1 without Host.',
  'RFC 9112 §3.2.2': 'A server MUST accept the absolute form of a request target.',
  'RFC 9112 §4': 'A client SHOULD ignore the reason phrase. It may be empty.',
  'RFC 9112 §6.1': 'A server MUST NOT send Transfer-Encoding to a client of HTTP/1.0.',
  'RFC 9112 §6.3': 'Without Transfer-Encoding and Content-Length, the body of a response ends with the connection.',
  'RFC 9112 §7.1': 'The chunked transfer coding has chunks with their sizes, and ends with a chunk of size 0.',
  'RFC 9112 §7.1.1': 'A recipient MUST ignore unknown extensions of chunks.',
  'RFC 9112 §9.3.2':
    'A client may send requests without waiting for each response. A server MUST respond in the same order.',
  'Fetch §3.2': 'Access-Control-Allow-Origin says which origins may read a response.',
  'HTML §9.2.3':
    'A client accepts a response with the status 200 and the type text/event-stream, follows redirects, and reconnects when the stream ends. Any other response fails the connection.',
  'HTML §9.2.4':
    'When a client reconnects, it sends the last event ID as Last-Event-ID, and a server can continue after that event.',
  'HTML §9.2.5':
    'An event stream is UTF-8 with an optional byte order mark. Lines end with CRLF, LF or CR, each is a field or a comment, and an empty line ends an event.',
  'HTML §9.2.6':
    'The fields data, event, id and retry are processed in order, and others are ignored. An empty line dispatches the event, unless it has no data. An incomplete event is discarded.',
  'HTML §9.2.7': 'A server sends a comment about every 15 seconds, and holds no part of an event back.',
  'HTML §17': 'The type text/event-stream has one optional parameter, charset, whose only value is utf-8.',
};

/** What the sections of a case demand; undefined if one is unknown. */
export function sentenceOfSection(section: string): Sentence | undefined {
  const [standard = ''] = section.split('§');
  // What follows a comma names a part of the section.
  const numbers = section.replace(/, .*/, '').split(' and ');
  const demands = numbers.map((number) => {
    const name = number.startsWith('§') ? standard + number : number;
    return Object.hasOwn(DEMANDS, name) ? DEMANDS[name] : undefined;
  });
  return demands.includes(undefined) ? undefined : { section: numbers.join(' and '), words: demands.join(' ') };
}
