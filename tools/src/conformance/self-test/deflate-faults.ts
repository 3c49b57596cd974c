import { compressedMessages } from '../websocket/cases/18-compressed-messages.ts';
import { type DeflateBehaviour, STANDARD } from './deflate-agent.ts';

/** Two cases for each set of parameters, whole and fragmented, and the cases of the negotiation. */
export const DEFLATE_CASES = [
  ...[1, 2, 3, 4, 5].flatMap((kind) => [`12.${kind}.2`, `12.${kind}.4`]),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((preferences) => [`13.${preferences}.2`, `13.${preferences}.4`]),
  ...[1, 2, 3, 4, 5, 6].map((own) => `18.${own}.2`),
  '12.1.11',
  ...compressedMessages.map(({ id }) => id),
  '14.5.1',
  '14.5.2',
  '14.5.3',
];

/** Adds what the server chooses for the client, if the client lets it choose. */
const choosing =
  (choice: string): DeflateBehaviour['answer'] =>
  (offer) =>
    STANDARD.answer(offer) + (offer.letsChoose ? choice : '');

/** Servers that choose parameters for the client, and keep them. */
export const DEFLATE_CHOICES: readonly (readonly [choice: string, changes: Partial<DeflateBehaviour>])[] = [
  ['no context takeover', { answer: choosing('; client_no_context_takeover'), keepsReceived: false }],
  ['a window of 9 bits', { answer: choosing('; client_max_window_bits=9'), receivedWindow: 512 }],
  ['a window of 8 bits', { answer: choosing('; client_max_window_bits=8'), receivedWindow: 256 }],
];

export const DEFLATE_FAULTS: readonly (readonly [
  fault: string,
  changes: Partial<DeflateBehaviour>,
  caughtBy: readonly string[],
])[] = [
  ['does not set RSV1 on a compressed message', { flags: 0 }, ['12.1.1', '12.3.1']],
  ['also sets RSV2', { flags: 6 }, ['12.1.1']],
  ['sets RSV1 on all fragments', { secondFlags: 4 }, ['12.1.2']],
  ['sets RSV1 on the last fragment', { flags: 0, secondFlags: 4 }, ['12.1.2']],
  ['does not keep the context of received messages', { keepsReceived: false }, ['12.1.2', '13.1.2']],
  ['keeps its context despite server_no_context_takeover', { takesOver: () => true }, ['13.2.2', '13.5.2', '13.6.2']],
  ['uses a larger window than negotiated', { windowBits: () => 15 }, ['13.3.4', '13.3.5']],
  [
    'responds with client_max_window_bits that was not offered',
    { answer: () => 'permessage-deflate; server_no_context_takeover; client_max_window_bits=10' },
    ['14.5.1'],
  ],
  [
    'responds with a larger window than requested',
    { answer: () => 'permessage-deflate; server_max_window_bits=15' },
    ['14.5.2'],
  ],
  [
    'omits the requested parameters',
    { answer: () => 'permessage-deflate' },
    ['13.2.1', '13.3.1', '13.5.1', '13.6.1', '14.5.2', '14.5.3'],
  ],
  [
    'responds with an extension that was not offered',
    { answer: (offer) => `${STANDARD.answer(offer)}, x-other` },
    ['12.1.1', '14.5.1'],
  ],
  [
    'responds with an unknown parameter',
    { answer: (offer) => `${STANDARD.answer(offer)}; x_other=1` },
    ['12.1.1', '18.7.1'],
  ],
  [
    'responds with a parameter twice',
    { answer: (offer) => `${STANDARD.answer(offer)}; server_no_context_takeover; server_no_context_takeover` },
    ['12.1.1', '18.7.1'],
  ],
  [
    'responds with a value for a parameter that takes none',
    { answer: (offer) => `${STANDARD.answer(offer)}; client_no_context_takeover=1` },
    ['12.1.1', '18.7.1'],
  ],
  [
    'responds with a window size without a value',
    { answer: (offer) => `${STANDARD.answer(offer)}; client_max_window_bits` },
    ['12.1.1', '18.7.1'],
  ],
  [
    'responds with permessage-deflate twice',
    { answer: (offer) => `${STANDARD.answer(offer)}, permessage-deflate` },
    ['12.1.1', '14.5.1'],
  ],
  ['inflates each fragment separately', { inflatesFragments: true }, ['12.1.11']],
  ['validates UTF-8 before it inflates', { looksBefore: true }, ['12.1.4']],
  ['loses the last byte', { damage: (compressed) => compressed.subarray(0, -1) }, ['12.1.1']],
  ['appends a byte', { damage: (compressed) => Buffer.concat([compressed, Buffer.of(0xff)]) }, ['12.1.1']],
  [
    'chooses a window of 11 bits for the client, and keeps 9',
    { answer: choosing('; client_max_window_bits=11'), receivedWindow: 512 },
    ['12.1.4', '13.3.4'],
  ],
  [
    'chooses a larger window for the client than offered',
    { answer: choosing('; client_max_window_bits=10') },
    ['18.2.1', '18.4.1'],
  ],
  ['limits inflated messages to 1000 bytes', { maxPayload: 1000 }, ['12.1.4']],
];

/** What an agent does with frames on a connection with permessage-deflate. */
export const DEFLATE_FRAME_FAULTS: typeof DEFLATE_FAULTS = [
  ['accepts control frames with RSV1', { overlooks: ['RSV1 of control frames'] }, ['18.8.1']],
  ['accepts continuation frames with RSV1', { overlooks: ['RSV1 of continuation frames'] }, ['18.8.3', '18.8.4']],
  ['accepts RSV2 and RSV3 with compression', { overlooks: ['RSV2'] }, ['18.8.5', '18.8.6']],
  ['ignores opcode 3 with compression', { overlooks: ['opcode 3'] }, ['18.8.7']],
  ['does not validate UTF-8 of compressed text', { overlooks: ['UTF-8'] }, ['18.8.8', '18.8.9']],
  ['treats invalid DEFLATE data as an empty message', { overlooks: ['data'] }, ['18.8.10', '18.8.11']],
  ['refuses messages without compression', { refuses: ['no compression'] }, ['18.7.8', '18.7.9']],
  ['refuses empty compressed messages', { refuses: ['empty'] }, ['18.7.2']],
  ['refuses blocks without compression', { refuses: ['stored'] }, ['18.7.3']],
  ['refuses blocks with BFINAL', { refuses: ['BFINAL'] }, ['18.7.4']],
  ['refuses a ping within a compressed message', { refuses: ['ping within'] }, ['18.7.6']],
  ['refuses empty fragments of a compressed message', { refuses: ['empty fragment'] }, ['18.7.7']],
];

/** What a client does with what the server chose. */
export const DEFLATE_CLIENT_FAULTS: typeof DEFLATE_FAULTS = [
  ['keeps its context despite client_no_context_takeover', { takesOver: () => true }, ['13.2.2', '13.5.2', '13.6.2']],
  ['uses a larger window than the server chose', { windowBits: () => 15 }, ['13.3.4', '13.3.5']],
  ['does not keep the context of received messages', { keepsReceived: false }, ['12.1.2', '13.1.2']],
  ['does not set RSV1 on a compressed message', { flags: 0 }, ['12.1.1', '18.1.1']],
];
