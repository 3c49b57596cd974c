import { closePayload, frame } from '../support/frames.ts';
import { DEFAULT_BOUND, RESET, type ServerAttack } from './attack.ts';

/** A Close frame of a server. */
const close = (code: number): Buffer => frame({ opcode: 8, payload: closePayload(code), mask: false });
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const fails = (code: number): { readonly bytes: Buffer } => ({ bytes: close(code) });
/** Frames, followed by a message and a ping that must have no effect. */
const sent =
  (...frames: Parameters<typeof frame>[0][]) =>
  () => [
    Buffer.concat([...frames, { opcode: 1, payload: 'must not be echoed' }, { opcode: 9 }].map((one) => frame(one))),
  ];

export const FRAMING_ATTACKS: readonly ServerAttack[] = [
  {
    title: 'RSV1 without an extension',
    section: 'RFC 6455 §5.2',
    send: sent({ rsv: 4, opcode: 1, payload: 'a' }),
    answer: fails(1002),
  },
  { title: 'RSV2', section: 'RFC 6455 §5.2', send: sent({ rsv: 2, opcode: 1, payload: 'a' }), answer: fails(1002) },
  { title: 'RSV3 on a ping', section: 'RFC 6455 §5.2', send: sent({ rsv: 1, opcode: 9 }), answer: fails(1002) },
  { title: 'opcode 3', section: 'RFC 6455 §5.2', send: sent({ opcode: 3 }), answer: fails(1002) },
  { title: 'opcode 15', section: 'RFC 6455 §5.2', send: sent({ opcode: 15, payload: 'a' }), answer: fails(1002) },
  {
    title: 'an unmasked frame',
    section: 'RFC 6455 §5.1',
    send: sent({ opcode: 1, payload: 'a', mask: false }),
    answer: fails(1002),
  },
  {
    title: 'a 7-bit length encoded in 16 bits',
    section: 'RFC 6455 §5.2',
    send: sent({ opcode: 1, payload: 'a', form: 16 }),
    answer: fails(1002),
    ofWs: false,
  },
  {
    title: 'a 16-bit length encoded in 64 bits',
    section: 'RFC 6455 §5.2',
    send: sent({ opcode: 2, payload: Buffer.alloc(300), form: 64 }),
    answer: fails(1002),
    ofWs: false,
  },
  {
    title: 'the top bit of a 64-bit length',
    section: 'RFC 6455 §5.2',
    send: sent({ opcode: 2, length: 2n ** 63n, form: 64 }),
    answer: fails(1002),
    ofWs: false,
  },
  {
    title: 'a length of 2^53',
    section: 'RFC 6455 §10.4',
    send: sent({ opcode: 2, length: 2n ** 53n, form: 64 }),
    answer: fails(1009),
  },
  {
    title: 'a length of 16 MiB + 1 byte',
    section: 'RFC 6455 §10.4',
    send: sent({ opcode: 2, length: 16 * 1024 * 1024 + 1 }),
    answer: fails(1009),
    ofWs: false,
  },
  { title: 'a fragmented ping', section: 'RFC 6455 §5.5', send: sent({ fin: false, opcode: 9 }), answer: fails(1002) },
  {
    title: 'a ping of 126 bytes',
    section: 'RFC 6455 §5.5',
    send: sent({ opcode: 9, payload: Buffer.alloc(126) }),
    answer: fails(1002),
  },
  {
    title: 'a Close frame of 64 KiB',
    section: 'RFC 6455 §5.5',
    send: sent({ opcode: 8, length: 65_536, form: 64 }),
    answer: fails(1002),
  },
  {
    title: 'a continuation frame without a message',
    section: 'RFC 6455 §5.4',
    send: sent({ opcode: 0, payload: 'a' }),
    answer: fails(1002),
  },
  {
    title: 'a new message within a fragmented message',
    section: 'RFC 6455 §5.4',
    send: sent({ fin: false, opcode: 1 }, { opcode: 2 }),
    answer: fails(1002),
  },
  {
    title: 'text that is not UTF-8',
    section: 'RFC 6455 §8.1',
    send: sent({ opcode: 1, payload: hex('c328') }),
    answer: fails(1007),
  },
  {
    title: 'text with an encoded surrogate',
    section: 'RFC 6455 §8.1',
    send: sent({ opcode: 1, payload: hex('eda080') }),
    answer: fails(1007),
  },
  {
    title: 'text with an overlong encoding',
    section: 'RFC 6455 §8.1',
    send: sent({ opcode: 1, payload: hex('c0af') }),
    answer: fails(1007),
  },
  {
    title: 'text that ends within a code point',
    section: 'RFC 6455 §8.1',
    send: sent({ opcode: 1, payload: hex('f09f98') }),
    answer: fails(1007),
  },
  {
    title: 'an invalid UTF-8 byte at the start of an unfinished frame',
    section: 'RFC 6455 §8.1',
    send: () => [frame({ opcode: 1, payload: Buffer.concat([hex('ff'), Buffer.alloc(1000)]) }).subarray(0, 20)],
    answer: fails(1007),
    ofWs: false,
  },
  {
    title: 'a Close frame of one byte',
    section: 'RFC 6455 §5.5.1',
    send: sent({ opcode: 8, payload: 'a' }),
    answer: fails(1002),
  },
  {
    title: 'a Close reason that is not UTF-8',
    section: 'RFC 6455 §5.5.1',
    send: sent({ opcode: 8, payload: closePayload(1000, hex('ff')) }),
    answer: fails(1007),
  },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
    (code): ServerAttack => ({
      title: `close code ${code}`,
      section: 'RFC 6455 §7.4',
      send: sent({ opcode: 8, payload: closePayload(code) }),
      answer: fails(1002),
    }),
  ),
  {
    title: 'data after a Close frame',
    section: 'RFC 6455 §5.5.1',
    send: sent({ opcode: 8, payload: closePayload(1000) }, { opcode: 3 }),
    answer: fails(1000),
  },
  {
    title: 'an HTTP request after the handshake',
    section: 'RFC 6455 §5.2',
    send: () => ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    answer: fails(1002),
  },
  {
    title: 'endless empty fragments',
    section: 'RFC 6455 §10.4',
    send: emptyFragments,
    answer: fails(1008),
    bound: DEFAULT_BOUND,
  },
  {
    title: 'a message of a million fragments of one byte',
    section: 'RFC 6455 §10.4',
    send: tinyFragments,
    answer: fails(1008),
    bound: DEFAULT_BOUND,
  },
  {
    title: 'a frame that stops after its header',
    section: 'RFC 6455 §10.4',
    options: { messageTimeout: 100 },
    send: () => [frame({ opcode: 2, length: 1_000_000 })],
    answer: fails(1008),
    ofWs: false,
  },
  {
    title: 'a frame that stops within its header',
    section: 'RFC 6455 §10.4',
    // Long enough that the bystander also answers its pings.
    options: { heartbeatInterval: 50, heartbeatTimeout: 2_000 },
    send: () => [hex('81')],
    answer: { bytes: frame({ opcode: 9, mask: false }) },
    ofWs: false,
  },
  {
    title: 'a message that stops after its first fragment',
    section: 'RFC 6455 §10.4',
    options: { messageTimeout: 100 },
    send: () => [frame({ fin: false, opcode: 1, payload: 'a' })],
    answer: fails(1008),
    ofWs: false,
  },
  {
    title: '20 unfinished messages of 15 MiB at once',
    section: 'RFC 6455 §10.4',
    options: { maxReceiveMemory: 32 * 1024 * 1024 },
    times: 20,
    send: () => [frame({ opcode: 2, payload: Buffer.alloc(15 * 1024 * 1024) }).subarray(0, -1)],
    answer: 'nothing',
    bound: 160 * 1024 * 1024,
    ofWs: false,
  },
  {
    title: '100,000 pings whose pongs are read',
    section: 'RFC 6455 §5.5.3',
    send: pings,
    answer: { startsWith: frame({ opcode: 10, payload: 'x'.repeat(100), mask: false }) },
    bound: DEFAULT_BOUND,
  },
  {
    title: '100,000 pings whose pongs are not read',
    section: 'RFC 6455 §5.5.3',
    send: pings,
    reads: false,
    answer: 'nothing',
  },
  {
    title: 'a peer that does not answer pings',
    section: 'RFC 6455 §5.5.2',
    // Long enough that the bystander also answers its pings.
    options: { heartbeatInterval: 50, heartbeatTimeout: 2_000 },
    send: () => [],
    answer: { bytes: frame({ opcode: 9, mask: false }) },
    ofWs: false,
  },
  {
    title: 'a peer that sends a Close frame and does not end TCP',
    section: 'RFC 6455 §7.1.1',
    options: { closeTimeout: 100 },
    send: () => [frame({ opcode: 8, payload: closePayload(1000) })],
    answer: fails(1000),
  },
  {
    title: 'echoes of 200 MB that are not read',
    section: 'RFC 6455 §10.4',
    send: largeMessages,
    reads: false,
    answer: 'nothing',
    bound: 64 * 1024 * 1024,
    ofWs: false,
  },
  {
    title: 'a peer that does not read 1 GB of messages',
    section: 'RFC 6455 §10.4',
    path: '/flood',
    send: () => [],
    reads: false,
    answer: 'nothing',
    bound: 64 * 1024 * 1024,
  },
  {
    title: '100 peers that reset their connections within a frame',
    section: 'RFC 6455 §7.1.5',
    times: 100,
    send: () => [frame({ opcode: 1, payload: 'x'.repeat(1000) }).subarray(0, 500), RESET],
    answer: 'the end',
  },
];

function* emptyFragments(): Iterable<Buffer> {
  yield frame({ fin: false, opcode: 1 });
  const fragments = Buffer.alloc(6 * 10_000, frame({ fin: false, opcode: 0 }));
  for (let count = 0; count < 14; count++) yield fragments;
}

function* tinyFragments(): Iterable<Buffer> {
  yield frame({ fin: false, opcode: 2, payload: 'x' });
  const fragments = Buffer.alloc(7 * 10_000, frame({ fin: false, opcode: 0, payload: 'x' }));
  for (let count = 0; count < 100; count++) yield fragments;
}

function* pings(): Iterable<Buffer> {
  const thousand = Buffer.alloc(106 * 1_000, frame({ opcode: 9, payload: 'x'.repeat(100) }));
  for (let count = 0; count < 100; count++) yield thousand;
}

function* largeMessages(): Iterable<Buffer> {
  const message = frame({ opcode: 2, payload: Buffer.alloc(1_000_000) });
  for (let count = 0; count < 200; count++) yield message;
}
