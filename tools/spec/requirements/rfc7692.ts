import type { Requirement } from './requirement.ts';

const NEGOTIATION = 'websocket/handshake/deflate-negotiation.spec.ts';
const ENDPOINTS = 'rfc7692/07-permessage-deflate.spec.ts';
const CODEC = 'websocket/wire/permessage-deflate.spec.ts';
const RESPONSES = `${ENDPOINTS}: a client fails the connection for the response`;
const DECLINED = `${NEGOTIATION}: declines "`;
const ANSWERED = `${NEGOTIATION}: answers "`;

/** What RFC 7692 demands with MUST, MUST NOT, SHOULD, or SHOULD NOT of who has permessage-deflate, restated. */
export const RFC_7692: readonly Requirement[] = [
  {
    section: '§5.1',
    text: 'A server MUST accept only an extension that was offered, with parameters that correspond to the offer.',
    tests: [ANSWERED],
    cases: ['14.5'],
  },
  {
    section: '§5.1',
    text: 'A client MUST fail the connection if the response does not correspond to one of its offers.',
    tests: [RESPONSES, `${NEGOTIATION}: fails for "`],
    cases: ['16.2.18', '16.2.25'],
  },
  {
    section: '§6',
    text: 'RSV1 MUST be 0 unless the negotiated extensions use it; a frame in which it is set otherwise fails the connection.',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002; messages before it are delivered'],
    cases: ['3'],
  },
  {
    section: '§6.1',
    text: 'RSV1 of the first fragment says whether the message is compressed; a sender MUST NOT set it on other fragments or on control frames.',
    tests: [
      `${ENDPOINTS}: are sent in fragments as one DEFLATE stream`,
      `${ENDPOINTS}: may be mixed with uncompressed ones, and have control frames between their fragments`,
    ],
    cases: ['12', '13'],
  },
  {
    section: '§6.2',
    text: 'A receiver MUST decompress a message if RSV1 is set on its first fragment, and MUST NOT decompress any other message.',
    tests: [`${ENDPOINTS}: may be mixed with uncompressed ones`],
    cases: ['12', '13'],
  },
  {
    section: '§7',
    text: 'A parameter name MUST NOT appear more than once in an offer or a response.',
    tests: [DECLINED, RESPONSES],
    cases: ['14.3', '16.2.19'],
  },
  {
    section: '§7',
    text: 'A server MUST decline an offer with an unknown parameter, or with an invalid or missing value.',
    tests: [DECLINED],
    cases: ['14.3', '14.5.4'],
  },
  {
    section: '§7',
    text: 'A client MUST fail the connection if the response has an unknown parameter, or an invalid or missing value.',
    tests: [RESPONSES, `${NEGOTIATION}: fails for "`],
    cases: ['16.2.18', '16.2.20', '16.2.21', '16.2.22', '16.2.23', '16.2.24'],
  },
  {
    section: '§7.1.1.1',
    text: 'A server that accepts an offer with server_no_context_takeover MUST include it in the response.',
    tests: [ANSWERED],
    cases: ['14.5.3'],
  },
  {
    section: '§7.1.1.1',
    text: 'A server whose response includes server_no_context_takeover MUST NOT use context takeover.',
    tests: [
      `${NEGOTIATION}: uses the parameters of its response`,
      `${CODEC}: is worthwhile for every message with context takeover, and from the threshold on without`,
    ],
    cases: ['13.2', '13.5', '13.6'],
  },
  {
    section: '§7.1.1.2',
    text: 'A client MUST NOT use context takeover if the response includes client_no_context_takeover.',
    tests: [`${NEGOTIATION}: uses the parameters of the server's response, and of its own offer`],
    cases: ['13.2', '13.5', '13.6'],
  },
  {
    section: '§7.1.2',
    text: 'The value of a window MUST be a decimal integer from 8 to 15, without a leading zero.',
    tests: [DECLINED, `${NEGOTIATION}: fails for "`],
    cases: ['14.3', '16.2.21', '16.2.22', '16.2.24'],
  },
  {
    section: '§7.1.2.1',
    text: 'A server that accepts an offer with server_max_window_bits MUST include it in the response, with the same or a smaller value.',
    tests: [ANSWERED],
    cases: ['14.5.2'],
  },
  {
    section: '§7.1.2.1',
    text: 'A server MUST NOT compress with a window larger than the one in its response.',
    tests: [`${CODEC}: refers back at most the size of the window of`],
    cases: ['13.3', '13.5'],
  },
  {
    section: '§7.1.2.2',
    text: 'The response MUST NOT include client_max_window_bits if the offer does not.',
    tests: [ANSWERED],
    cases: ['14.5.1'],
  },
  {
    section: '§7.1.2.2',
    text: 'A client MUST NOT compress with a window larger than the one in the response.',
    tests: [
      `${CODEC}: refers back at most the size of the window of`,
      `${NEGOTIATION}: uses the parameters of the server's response`,
    ],
    cases: ['13.3', '13.5'],
  },
  {
    section: '§7.2.1',
    text: 'A sender compresses with DEFLATE, ends the data at an octet boundary with an empty block that is not final, and MUST remove the last four octets.',
    tests: [
      `${CODEC}: produces the bytes of §7.2.3: without the tail, with and without context takeover, and for an empty message`,
    ],
    cases: ['12'],
  },
  {
    section: '§7.2.1',
    text: 'A sender MAY use several blocks, of any type, also with BFINAL; a receiver MUST accept them.',
    tests: [
      `${CODEC}: resolves references across a block with BFINAL, also to previous messages`,
      `${CODEC}: inflates ${'$'}{title}`,
    ],
  },
  {
    section: '§7.2.2',
    text: 'A receiver appends the four octets again, and inflates with the window of the previous messages, unless there is no context takeover.',
    tests: [`${CODEC}: resolves references to previous messages with context takeover only`],
    cases: ['12', '13'],
  },
  {
    section: '§7.2.3.6',
    text: 'An empty message is compressed to one octet, 00.',
    tests: [
      `${CODEC}: produces the bytes of §7.2.3: without the tail, with and without context takeover, and for an empty message`,
    ],
  },
  {
    section: '§9',
    text: 'Data that is not valid DEFLATE data fails the connection.',
    tests: [`${ENDPOINTS}: fail the connection with 1007 if they are not DEFLATE data`],
    cases: ['15.2.3'],
  },
];
