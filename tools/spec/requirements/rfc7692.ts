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
    text: 'A server that accepts an offer MUST answer with one that was made, and with parameters that correspond to it.',
    tests: [ANSWERED],
    cases: ['14.5'],
  },
  {
    section: '§5.1',
    text: 'A client MUST fail the connection for an answer that does not correspond to one of its offers.',
    tests: [RESPONSES, `${NEGOTIATION}: fails for "`],
    cases: ['16.2.18', '16.2.25'],
  },
  {
    section: '§6',
    text: 'Where no extension is agreed on that uses it, RSV1 MUST be 0, and a frame with it fails the connection.',
    tests: ['rfc6455/05.2-base-framing.spec.ts: fails the connection with 1002; messages before it are delivered'],
    cases: ['3'],
  },
  {
    section: '§6.1',
    text: 'RSV1 of the first fragment says whether the message is compressed; a sender MUST NOT set it on the others, nor on control frames.',
    tests: [
      `${ENDPOINTS}: are sent in fragments as one DEFLATE stream`,
      `${ENDPOINTS}: may be mixed with uncompressed ones, and have control frames between their fragments`,
    ],
    cases: ['12', '13'],
  },
  {
    section: '§6.2',
    text: 'A receiver MUST decompress a message whose first fragment has RSV1, and MUST NOT one without.',
    tests: [`${ENDPOINTS}: may be mixed with uncompressed ones`],
    cases: ['12', '13'],
  },
  {
    section: '§7',
    text: 'A parameter name MUST NOT stand more than once in an offer or an answer.',
    tests: [DECLINED, RESPONSES],
    cases: ['14.3', '16.2.19'],
  },
  {
    section: '§7',
    text: 'A server MUST decline an offer with an unknown parameter, with an invalid value, or with one that is missing.',
    tests: [DECLINED],
    cases: ['14.3', '14.5.4'],
  },
  {
    section: '§7',
    text: 'A client MUST fail the connection for an answer with an unknown parameter, with an invalid value, or with one that is missing.',
    tests: [RESPONSES, `${NEGOTIATION}: fails for "`],
    cases: ['16.2.18', '16.2.20', '16.2.21', '16.2.22', '16.2.23', '16.2.24'],
  },
  {
    section: '§7.1.1.1',
    text: 'A server that accepts an offer with server_no_context_takeover MUST answer with it.',
    tests: [ANSWERED],
    cases: ['14.5.3'],
  },
  {
    section: '§7.1.1.1',
    text: 'A server that has answered with it MUST NOT use context takeover.',
    tests: [
      `${NEGOTIATION}: uses the parameters of its response`,
      `${CODEC}: is worthwhile for every message with context takeover, and from the threshold on without`,
    ],
    cases: ['13.1', '13.5', '13.6'],
  },
  {
    section: '§7.1.1.2',
    text: 'A client whose server has answered with client_no_context_takeover MUST NOT use context takeover.',
    tests: [`${NEGOTIATION}: uses the parameters of the server's response, and of its own offer`],
    cases: ['13.2'],
  },
  {
    section: '§7.1.2',
    text: 'The value of a window MUST be a decimal integer from 8 to 15, without a leading zero.',
    tests: [DECLINED, `${NEGOTIATION}: fails for "`],
    cases: ['14.3', '16.2.21', '16.2.22', '16.2.24'],
  },
  {
    section: '§7.1.2.1',
    text: 'A server that accepts an offer with server_max_window_bits MUST answer with it, and with no greater value.',
    tests: [ANSWERED],
    cases: ['14.5.2'],
  },
  {
    section: '§7.1.2.1',
    text: 'A server MUST NOT compress with a window greater than the one it has answered with.',
    tests: [`${CODEC}: refers back at most the size of the window of`],
    cases: ['13.3', '13.5'],
  },
  {
    section: '§7.1.2.2',
    text: 'A server MUST NOT answer with client_max_window_bits if the offer has not named it.',
    tests: [ANSWERED],
    cases: ['14.5.1'],
  },
  {
    section: '§7.1.2.2',
    text: 'A client MUST NOT compress with a window greater than the one that the server has answered with.',
    tests: [
      `${CODEC}: refers back at most the size of the window of`,
      `${NEGOTIATION}: uses the parameters of the server's response`,
    ],
    cases: ['13.4', '13.6'],
  },
  {
    section: '§7.2.1',
    text: 'A sender compresses with DEFLATE, ends on an octet with an empty block that is not the last, and MUST take its last four octets away.',
    tests: [
      `${CODEC}: produces the bytes of §7.2.3: without the tail, with and without context takeover, and for an empty message`,
    ],
    cases: ['12'],
  },
  {
    section: '§7.2.1',
    text: 'A sender MAY use several blocks, of any kind, and with BFINAL: a receiver MUST take them.',
    tests: [
      `${CODEC}: resolves references across a block with BFINAL, also to previous messages`,
      `${CODEC}: inflates ${'$'}{title}`,
    ],
  },
  {
    section: '§7.2.2',
    text: 'A receiver puts the four octets on again, and inflates with the window of the messages before, unless there is no context takeover.',
    tests: [`${CODEC}: resolves references to previous messages with context takeover only`],
    cases: ['12', '13'],
  },
  {
    section: '§7.2.3.6',
    text: 'An empty message is one octet, 00.',
    tests: [
      `${CODEC}: produces the bytes of §7.2.3: without the tail, with and without context takeover, and for an empty message`,
    ],
  },
  {
    section: '§9',
    text: 'What is no DEFLATE data fails the connection.',
    tests: [`${ENDPOINTS}: fail the connection with 1007 if they are not DEFLATE data`],
    cases: ['15.2.3'],
  },
];
