/** What a peer sends: violations with their codes, valid frames, and compressed messages. */
import { once } from 'node:events';
import { deflateRawSync } from 'node:zlib';
import type { ClientOptions, ServerOptions } from 'ws';
import { closePayload, frame } from '../../support/frames.ts';
import { VIOLATION_VECTORS, type ViolationVector } from '../../support/violation-vectors.ts';
import type { Implementation } from '../implementations.ts';
import { closeOf, openPair, recordEvents, type Twin, transportOf, turns, twins } from './twin.ts';

const DEFLATE = { perMessageDeflate: { threshold: 0 } };

/** Sends bytes to one end, and records its events, and the close code that the other end receives. */
const receiving =
  (bytes: Uint8Array, role: 'client' | 'server', options: object = {}, deflate = false): Twin['record'] =>
  async (library: Implementation) => {
    const deflating = deflate ? DEFLATE : {};
    const { client, peer } = await openPair(
      library,
      { ...deflating, ...(role === 'server' ? options : {}) } as ServerOptions,
      { perMessageDeflate: deflate, ...(role === 'client' ? options : {}) } as ClientOptions,
    );
    const [receiver, sender] = role === 'server' ? [peer, client] : [client, peer];
    const events = recordEvents(receiver);
    const closed = [closeOf(receiver), closeOf(sender)];
    transportOf(sender).write(bytes);
    // What is valid does not end the connection.
    transportOf(sender).write(
      frame({ opcode: 8, payload: closePayload(4000), ...(role === 'server' ? {} : { mask: false }) }),
    );
    const [, sent] = await Promise.all(closed);
    return {
      sent,
      events: events.map((event) => (Array.isArray(event) && event[0] === 'error' ? ['error', event[2]] : event)),
    };
  };

const DIFFERENT: Partial<Record<ViolationVector['row'], [row: string, code: string, closeCode: number]>> = {
  LENGTH_NOT_MINIMAL: ['a length that is not in its shortest form', 'WS_ERR_LENGTH_NOT_MINIMAL', 1002],
  LENGTH_TOP_BIT: ['a length with the most significant bit', 'WS_ERR_INVALID_LENGTH', 1002],
  INVALID_DEFLATE: ['corrupt compressed data', 'WS_ERR_INVALID_DEFLATE', 1007],
  TOO_MANY_FINAL_BLOCKS: ['a compressed message with many blocks with BFINAL', 'WS_ERR_TOO_MANY_FINAL_BLOCKS', 1008],
};

twins(
  'violations of a client',
  // `ws` waits for the payload of a length that is not minimal.
  VIOLATION_VECTORS.filter(({ role, title }) => role !== 'client' && title !== '65,535 in 64 bits').map(
    ({ row, title, bytes, options, deflate }): Twin => {
      const record = receiving(bytes, 'server', options, deflate);
      const different = DIFFERENT[row];
      if (title === 'an invalid byte in the second fragment') {
        const here = {
          sent: [1007, ''],
          events: [
            ['error', 'WS_ERR_INVALID_UTF8'],
            ['close', 1006, 'Buffer '],
          ],
        };
        return { title, record, differs: 'a fragment of text that is not UTF-8', here };
      }
      if (different === undefined) return { title, record };
      const [differs, code, closeCode] = different;
      return {
        title,
        record,
        differs,
        here: {
          sent: [closeCode, ''],
          events: [
            ['error', code],
            ['close', 1006, 'Buffer '],
          ],
        },
      };
    },
  ),
);

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
twins(
  'violations of a server',
  Object.entries({
    RSV1: ['c100'],
    RSV2: ['a100'],
    RSV3: ['9100'],
    'opcode 3': ['8300'],
    'opcode 15': ['8f00'],
    'a lone continuation': ['8000'],
    'text within text': ['010161' + '810162'],
    'a fragmented ping': ['0900'],
    'a ping of 126 bytes': ['897e007e'],
    'a Close frame of one byte': ['880100'],
    'the close code 1005': ['880203ed'],
    'the close code 999': ['880203e7'],
    'a masked frame': ['8182010203040000'],
    'text that is not UTF-8': ['8101ff'],
    'a reason that is not UTF-8': ['880303e8ff'],
    'a length above 2^53': ['827f0020000000000000'],
    'a message above maxPayload': ['827e0401', { maxPayload: 1024 }],
    'fragments above maxPayload': ['02026161' + '80026161', { maxPayload: 3 }],
    'more fragments than maxFragments': ['020161' + '000161' + '000161', { maxFragments: 2 }],
    'one byte above maxPayload': ['8204' + '61616161', { maxPayload: 3 }],
    'text that is not UTF-8, with skipUTF8Validation': ['8101ff', { skipUTF8Validation: true }],
    'exactly maxPayload': ['8203' + '616161', { maxPayload: 3 }],
    'maxPayload: 0': ['8203' + '616161', { maxPayload: 0 }],
    'exactly maxFragments': ['020161' + '800161', { maxFragments: 2 }],
    'maxFragments: 0': ['020161' + '000161' + '800161', { maxFragments: 0 }],
  } as Record<string, [string, object?]>).map(
    ([title, [bytes, options]]): Twin => ({ title, record: receiving(hex(bytes), 'client', options) }),
  ),
);

twins(
  'valid frames',
  Object.entries({
    'text, a ping and a pong': '810161' + '890162' + '8a0163',
    'an empty text and an empty binary message': '8100' + '8200',
    'fragments with a ping between': '010161' + '890162' + '800163',
    'an empty first fragment': '0100' + '800161',
    'a ping of 125 bytes': `897d${'61'.repeat(125)}`,
    '126 bytes': `827e007e${'61'.repeat(126)}`,
    'a split code point': '0101c3' + '8001a9',
    'a Close frame without a code': '8800',
    'a Close frame with a reason': '880503e8627965',
    'the close code 3000': '88020bb8',
    'the close code 4999': '88021387',
    'the close code 1012': '880203f4',
    'a message after a Close frame': '880203e8' + '810161',
  }).map(([title, bytes]): Twin => ({ title, record: receiving(hex(bytes), 'client') })),
);

const compressed = deflateRawSync(Buffer.from('compressed'), { finishFlush: 2 }).subarray(0, -4);
/** A message of ten bytes in chunks, each of which the transport emits by itself. */
const inChunks =
  (chunks: readonly number[], options: object): Twin['record'] =>
  async (library) => {
    const { client } = await openPair(library, {}, { perMessageDeflate: false, ...options } as ClientOptions);
    const events = recordEvents(client);
    const bytes = Buffer.concat([Buffer.of(0x82, 10), Buffer.alloc(10, 'x')]);
    let start = 0;
    for (const length of chunks) {
      // What has failed is not read any more.
      transportOf(client).emit('data', Buffer.from(bytes.subarray(start, start + length)));
      start += length;
    }
    await turns(2);
    return events.map((event) => (Array.isArray(event) && event[0] === 'error' ? ['error', event[2]] : event));
  };

/** Three chunks wait, and the fourth completes the message. */
const LAST_CHUNK = { differs: '`maxBufferedChunks`', here: [['message', 'Buffer xxxxxxxxxx', true]] };

twins('maxBufferedChunks', [
  ...[1, 2, 3, 4, 5, 6].map(
    (count): Twin => ({
      title: `3, and a message in ${count} chunks after its header`,
      record: inChunks([2, ...Array<number>(count - 1).fill(1), 11 - count], { maxBufferedChunks: 3 }),
      ...(count === 4 ? LAST_CHUNK : {}),
    }),
  ),
  ...[2, 3, 4, 5].map(
    (count): Twin => ({
      title: `3, and a message in ${count} chunks, of which the first has its header`,
      record: inChunks([3, ...Array<number>(count - 2).fill(1), 11 - count], { maxBufferedChunks: 3 }),
      ...(count === 4 ? LAST_CHUNK : {}),
    }),
  ),
  {
    title: '0, and a message in 11 chunks',
    record: inChunks([2, ...Array<number>(10).fill(1)], { maxBufferedChunks: 0 }),
  },
]);

twins('corrupt compressed data', [
  {
    title: 'the code and the text',
    record: async (library) => {
      const { client, peer } = await openPair(library, DEFLATE);
      const failed = new Promise<Error & { code?: string }>((resolve) => peer.on('error', resolve));
      transportOf(client).write(frame({ rsv: 4, opcode: 1, payload: hex('ffffffff') }));
      const { code, message } = await failed;
      return [code, message];
    },
    differs: 'corrupt compressed data',
    here: ['WS_ERR_INVALID_DEFLATE', 'Peer violated RFC 7692 §7.2.2: a compressed message is not valid DEFLATE data'],
  },
  ...(['client', 'server'] as const).map(
    (end): Twin => ({
      title: `the close codes if the ${end} receives it`,
      record: async (library) => {
        const { client, peer } = await openPair(library, DEFLATE);
        const [receiver, sender] = end === 'server' ? [peer, client] : [client, peer];
        const closed = [closeOf(receiver), closeOf(sender)];
        const mask = end === 'server' ? {} : ({ mask: false } as const);
        transportOf(sender).write(frame({ rsv: 4, opcode: 1, payload: hex('ffffffff'), ...mask }));
        return Promise.all(closed);
      },
    }),
  ),
]);

/** Compressed messages of which one bit is wrong, or the end is missing. */
const DAMAGED = Array.from({ length: 24 }, (_, index) => {
  const bytes = deflateRawSync(Buffer.from(`${'hello '.repeat(20)}${index}`), { finishFlush: 2 }).subarray(0, -4);
  if (index % 3 === 0) return bytes.subarray(0, index % bytes.length);
  bytes[index % bytes.length]! ^= 1 << (index % 8);
  return bytes;
});

twins(
  'damaged compressed data',
  DAMAGED.map(
    (payload, index): Twin => ({
      title: `${index % 3 === 0 ? 'a cut message' : 'a wrong bit'} (${index}) is delivered as the same, or fails in both`,
      record: async (library) => {
        const { client, peer } = await openPair(library, DEFLATE);
        const result = new Promise((resolve) => {
          peer.once('error', () => resolve('error'));
          peer.once('message', (data, isBinary) => resolve([String(data), isBinary]));
        });
        transportOf(client).write(frame({ rsv: 4, opcode: 2, payload }));
        return result;
      },
    }),
  ),
);

twins('skipUTF8Validation', [
  {
    title: 'a close reason that is not UTF-8',
    record: async (library) => {
      const { client, peer } = await openPair(library, {}, { skipUTF8Validation: true });
      transportOf(peer).write(hex('880303e8ff'));
      return closeOf(client);
    },
  },
]);

twins('compressed messages', [
  {
    title: 'a compressed message',
    record: receiving(frame({ rsv: 4, opcode: 1, payload: compressed }), 'server', {}, true),
  },
  {
    title: 'a message that is not compressed',
    record: receiving(frame({ opcode: 1, payload: 'plain' }), 'server', {}, true),
  },
  {
    title: 'a message with BFINAL',
    record: receiving(frame({ rsv: 4, opcode: 1, payload: deflateRawSync('final') }), 'server', {}, true),
  },
  {
    title: 'a compressed message in fragments',
    record: receiving(
      Buffer.concat([
        frame({ fin: false, rsv: 4, opcode: 1, payload: compressed.subarray(0, 3) }),
        frame({ opcode: 0, payload: compressed.subarray(3) }),
      ]),
      'server',
      {},
      true,
    ),
  },
  {
    title: 'an empty compressed message',
    record: receiving(frame({ rsv: 4, opcode: 1, payload: Buffer.of(0) }), 'server', {}, true),
  },
  ...[0, 1, 100, 1023, 1024, 20_000, 300_000].map(
    (length): Twin => ({
      title: `a message of ${length} characters, and the first byte of its frame`,
      record: async (library) => {
        const { client, peer } = await openPair(library, { perMessageDeflate: true });
        const first = new Promise((resolve) =>
          transportOf(peer).prependOnceListener('data', (chunk) => resolve(chunk[0])),
        );
        const message = once(peer, 'message');
        client.send('x'.repeat(length));
        const [data] = await message;
        return [await first, data.length, client.extensions, peer.extensions];
      },
    }),
  ),
  ...Object.entries({
    'threshold with a message below': [{ threshold: 100, clientNoContextTakeover: true }, 99],
    'threshold with a message at it': [{ threshold: 100, clientNoContextTakeover: true }, 100],
    'the default threshold with a message below': [{ clientNoContextTakeover: true }, 1023],
    'the default threshold with a message at it': [{ clientNoContextTakeover: true }, 1024],
    zlibDeflateOptions: [{ zlibDeflateOptions: { level: 9, memLevel: 9 } }, 5000],
    concurrencyLimit: [{ concurrencyLimit: 1 }, 50_000],
    clientMaxWindowBits: [{ clientMaxWindowBits: 9 }, 5000],
  } as Record<string, [object, number]>).map(
    ([title, [perMessageDeflate, length]]): Twin => ({
      title: `perMessageDeflate: ${title}`,
      record: async (library) => {
        const { client, peer } = await openPair(library, { perMessageDeflate: true }, { perMessageDeflate });
        const first = new Promise((resolve) =>
          transportOf(peer).prependOnceListener('data', (chunk) => resolve(chunk[0])),
        );
        const message = once(peer, 'message');
        client.send('x'.repeat(length));
        const [data] = await message;
        return [await first, data.length];
      },
    }),
  ),
  {
    title: 'compress: false',
    record: async (library) => {
      const { client, peer } = await openPair(library, DEFLATE);
      const first = new Promise((resolve) =>
        transportOf(peer).prependOnceListener('data', (chunk) => resolve(chunk[0])),
      );
      client.send('x'.repeat(5000), { compress: false });
      return first;
    },
  },
  {
    title: 'messages of all sizes in order',
    record: async (library) => {
      const { client, peer } = await openPair(library, DEFLATE);
      const lengths: number[] = [];
      const all = new Promise<void>((resolve) => {
        peer.on('message', (data) => {
          lengths.push((data as Buffer).length);
          if (lengths.length === 5) resolve();
        });
      });
      for (const length of [1, 100_000, 2, 50_000, 0]) client.send('x'.repeat(length));
      await all;
      return lengths;
    },
  },
]);

const HANDLERS = ['message', 'ping', 'pong'] as const;
twins(
  'allowSynchronousEvents',
  [true, false].map(
    (allowSynchronousEvents): Twin => ({
      title: String(allowSynchronousEvents),
      record: async (library) => {
        const { client, peer } = await openPair(library, {}, { allowSynchronousEvents });
        const order: string[] = [];
        const all = new Promise<void>((resolve) => {
          for (const event of HANDLERS) {
            client.on(event, () => {
              order.push(event);
              queueMicrotask(() => {
                order.push(`after ${event}`);
                if (order.length === 6) resolve();
              });
            });
          }
        });
        transportOf(peer).write(hex('810161' + '8900' + '8a00'));
        await all;
        // With true, Promises may run between events or after all.
        return allowSynchronousEvents ? order.filter((event) => !event.startsWith('after')) : order;
      },
    }),
  ),
);
