import type { Shortcoming } from './shortcoming.ts';

const LIBWEBSOCKETS = ['libwebsockets-server'];
const MUST_FAIL_CLIENT =
  'RFC 7692 §7: The client fails the connection if the response has a parameter that is unknown, repeated, or has an invalid value.';
const DECLINE =
  'RFC 7692 §7: The server declines an offer with a parameter that is unknown, repeated, or has an invalid value.';

/** Compression. */
export const COMPRESSION: readonly Shortcoming[] = [
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
    does: 'send some compressed messages incompletely when several connections are busy (not in each run)',
    breaks: 'RFC 7692 §7.2.2: Decompressing a message restores its original data.',
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
    cases: ['16.2.18', '16.2.19', '16.2.20', '16.2.21', '16.2.22', '16.2.23', '16.2.24', '16.2.29'],
    does: 'accept an invalid response of permessage-deflate',
    breaks: MUST_FAIL_CLIENT,
  },
  {
    cases: ['18.7.4'],
    does: 'fail the connection for a block with BFINAL',
    breaks: 'RFC 7692 §7.2.3.4: A message may have blocks with BFINAL set to 1.',
  },
  {
    cases: ['18.7.6'],
    does: 'lose the message if a ping arrives between its compressed fragments',
    breaks:
      'RFC 6455 §5.4: "Control frames MAY be injected in the middle of a fragmented message."; RFC 7692 §6.1: they are not compressed.',
  },
  {
    cases: ['18.8.1', '18.8.2', '18.8.3', '18.8.4'],
    does: 'ignore RSV1 in control frames and continuation frames',
    breaks:
      'RFC 7692 §6.1: RSV1 is set in the first fragment of a compressed message, and not in its other fragments or in control frames.',
  },
  {
    cases: ['18.8.5', '18.8.6', '18.8.7'],
    does: 'ignore reserved bits or a reserved opcode once permessage-deflate is in use',
    breaks:
      'RFC 6455 §5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."',
  },
  {
    cases: ['18.8.8', '18.8.9'],
    does: 'accept compressed text that is not UTF-8',
    breaks: 'RFC 6455 §8.1: text that is not valid UTF-8 fails the connection, also after decompression.',
  },
  {
    cases: ['18.8.10', '18.8.11'],
    does: 'deliver a message for data that is not DEFLATE',
    breaks: 'RFC 7692 §7.2.2: A message is decompressed by DEFLATE; data that is not DEFLATE cannot be decompressed.',
  },
  {
    cases: ['16.2.25'],
    does: 'accept a response with permessage-deflate twice',
    breaks: 'RFC 7692 §5.1: The client fails the connection if the response does not correspond to one of its offers.',
  },
];
