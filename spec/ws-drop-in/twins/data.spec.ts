/** The arguments of send(), ping() and pong(), and the data of the events. */
import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { Implementation } from '../implementations.ts';
import { closeOf, openPair, outcome, type Twin, turns, twins } from './twin.ts';

const BYTES = Uint8Array.from(Buffer.from('_bytes_'));

/** The types of ECMAScript 2023 do not have the option. */
const ResizableBuffer = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;

/** What may be passed as data, by a name. */
const DATA: Readonly<Record<string, () => unknown>> = {
  'a string': () => 'grüße',
  'an empty string': () => '',
  'a number': () => 12.5,
  'the number 0': () => 0,
  'a Buffer': () => Buffer.from('buffer'),
  'an empty Buffer': () => Buffer.alloc(0),
  'a Uint8Array that is a part': () => BYTES.subarray(1, 6),
  'a Float32Array': () => Float32Array.of(1, 2),
  'a DataView': () => new DataView(BYTES.buffer, 1, 5),
  'an ArrayBuffer': () => BYTES.slice().buffer,
  'a SharedArrayBuffer': () => new SharedArrayBuffer(3),
  'a view on a SharedArrayBuffer': () => new Uint16Array(new SharedArrayBuffer(4), 2),
  'a resizable ArrayBuffer': () => new ResizableBuffer(3, { maxByteLength: 4 }),
  'a view on a resizable ArrayBuffer': () => new DataView(new ResizableBuffer(3, { maxByteLength: 4 }), 1),
  'an array of bytes': () => [104, 105],
  'an empty array': () => [],
  'a Blob': () => new Blob(['bl', 'ob']),
  'an empty Blob': () => new Blob([]),
  'a File': () => new File(['file'], 'name'),
  'an object with valueOf() that returns a string': () => ({ valueOf: () => 'value' }),
  'an object with valueOf() that returns bytes': () => ({ valueOf: () => Buffer.from('value') }),
  'an object with Symbol.toPrimitive': () => ({ [Symbol.toPrimitive]: () => 'primitive' }),
  'a String object': () => Object('object'),
  undefined: () => undefined,
  null: () => null,
  false: () => false,
  true: () => true,
  'a plain object': () => ({}),
  'a bigint': () => 5n,
  'a symbol': () => Symbol('s'),
  NaN: () => Number.NaN,
};

/** Sends data, and records what the peer received before the message `end`; or how the call failed. */
async function sent(
  library: Parameters<Twin['record']>[0],
  method: 'send' | 'ping' | 'pong',
  data: unknown,
  options?: object,
): Promise<unknown> {
  const { client, peer } = await openPair(library);
  const received: unknown[] = [];
  const note =
    (event: string) =>
    (bytes: Buffer, isBinary?: boolean): void =>
      void received.push([event, bytes.toString('latin1'), isBinary]);
  for (const event of ['message', 'ping', 'pong']) peer.on(event, note(event));
  const result = outcome(() => {
    client[method](data as never, options as never);
    return undefined;
  });
  const ended = new Promise<void>((resolve) => {
    peer.on('message', (bytes) => String(bytes) === 'end' && resolve());
  });
  client.send('end');
  await ended;
  return { result, received };
}

twins(
  'data',
  (['send', 'ping', 'pong'] as const).flatMap((method) =>
    Object.entries(DATA).map(
      ([name, data]): Twin => ({
        title: `${method}() with ${name}`,
        record: (library) => sent(library, method, data()),
      }),
    ),
  ),
);

twins('options of send()', [
  ...Object.entries({
    'binary: true of a string': ['text', { binary: true }],
    'binary: false of a Buffer': [Buffer.from('bytes'), { binary: false }],
    'binary: false of a Blob': [new Blob(['blob']), { binary: false }],
    'compress: false': ['text', { compress: false }],
    'compress: true without permessage-deflate': ['text', { compress: true }],
    'mask: true at a client': ['text', { mask: true }],
    'options that are empty': ['text', {}],
    'options that are undefined': ['text', undefined],
    'options that are null': ['text', null],
    'unknown options': ['text', { unknown: 1 }],
  } satisfies Record<string, [unknown, object | null | undefined]>).map(
    ([title, [data, options]]): Twin => ({
      title,
      record: (library) => sent(library, 'send', data, options as object),
    }),
  ),
  {
    title: 'mask: false of a client',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const errors: unknown[] = [];
      peer.on('error', (error: Error & { code?: string }) => errors.push(error.code));
      const closed = closeOf(peer);
      client.send('x', { mask: false });
      client.close();
      await closed;
      return errors;
    },
    differs: '`mask` of `send()`, `ping()`, `pong()`',
    here: [],
  },
  {
    title: 'binary: 1',
    record: (library) => sent(library, 'send', 'x', { binary: 1 }),
    differs: "a boolean option with another type, such as `followRedirects: 'yes'` or `binary: 1`",
    here: { result: 'throws TypeError', received: [['message', 'end', false]] },
  },
]);

const fragments =
  (parts: readonly [unknown, object][]): Twin['record'] =>
  async (library) => {
    const { client, peer } = await openPair(library);
    const received: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      peer.on('message', (data, isBinary) => {
        received.push([String(data), isBinary]);
        if (String(data) === 'end') resolve();
      });
    });
    for (const [data, options] of parts) client.send(data as string, options);
    client.send('end');
    await all;
    return received;
  };

twins('fragments', [
  {
    title: 'text in two',
    record: fragments([
      ['a', { fin: false }],
      ['b', { fin: true }],
    ]),
  },
  {
    title: 'binary in three',
    record: fragments([
      [Buffer.of(1), { fin: false }],
      [Buffer.of(2), { fin: false }],
      [Buffer.of(3), {}],
    ]),
  },
  {
    title: 'the first decides between text and binary',
    record: fragments([
      ['a', { fin: false, binary: true }],
      ['b', { binary: false }],
    ]),
  },
  {
    title: 'an empty first and an empty last',
    record: fragments([
      ['', { fin: false }],
      ['x', { fin: false }],
      ['', {}],
    ]),
  },
  {
    title: 'a Blob as the last',
    record: fragments([
      ['a', { fin: false }],
      [new Blob(['b']), {}],
    ]),
  },
]);

const LONG = 'x'.repeat(126);
twins('control frames', [
  ...(['ping', 'pong'] as const).flatMap((method): Twin[] => [
    { title: `${method}() of 125 bytes`, record: (library) => sent(library, method, 'x'.repeat(125)) },
    { title: `${method}() of 126 bytes of text throws`, record: (library) => sent(library, method, LONG) },
    { title: `${method}() of 126 bytes throws`, record: (library) => sent(library, method, Buffer.alloc(126)) },
    {
      title: `${method}() of a Blob of 126 bytes throws`,
      record: (library) => sent(library, method, new Blob([LONG])),
    },
    {
      title: `${method}() of 63 characters that are 126 bytes throws`,
      record: (library) => sent(library, method, 'ü'.repeat(63)),
    },
  ]),
  {
    title: 'a ping is answered with its data, before the event',
    record: async (library) => {
      const { client, peer } = await openPair(library);
      const order: unknown[] = [];
      peer.on('ping', (data) => order.push(['ping', data.constructor.name, String(data)]));
      const pong = once(client, 'pong');
      client.ping('data');
      const [data] = await pong;
      return [...order, ['pong', data.constructor.name, String(data)]];
    },
  },
  ...[false, true].map(
    (autoPong): Twin => ({
      title: `autoPong: ${autoPong}`,
      record: async (library) => {
        const { client, peer } = await openPair(library, { autoPong });
        const pongs: string[] = [];
        client.on('pong', (data) => pongs.push(String(data)));
        const received = once(peer, 'message');
        client.ping('asked');
        client.send('x');
        await received;
        const answered = once(client, 'message');
        peer.send('y');
        await answered;
        return pongs;
      },
    }),
  ),
]);

const TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const;

async function describeData(data: unknown): Promise<unknown> {
  if (Array.isArray(data))
    return ['array', data.every((part) => Buffer.isBuffer(part)), Buffer.concat(data).toString()];
  if (data instanceof Blob) return ['Blob', data.size, await data.text()];
  return [(data as object).constructor.name, Buffer.from(data as ArrayBuffer).toString()];
}

twins(
  'binaryType',
  TYPES.flatMap((type) => [
    ...Object.entries({
      'a message': [Buffer.from('bytes')],
      'an empty message': [Buffer.alloc(0)],
      fragments: [Buffer.from('frag'), Buffer.from('ments')],
    }).map(
      ([name, parts]): Twin => ({
        title: `${type}: ${name}`,
        record: async (library) => {
          const { client, peer } = await openPair(library);
          client.binaryType = type as 'nodebuffer';
          const message = once(client, 'message');
          parts.forEach((part, index) => void peer.send(part, { fin: index === parts.length - 1 }));
          const [data, isBinary] = await message;
          return [client.binaryType, await describeData(data), isBinary];
        },
      }),
    ),
    {
      title: `${type}: text is a Buffer`,
      record: async (library) => {
        const { client, peer } = await openPair(library);
        client.binaryType = type as 'nodebuffer';
        const message = once(client, 'message');
        peer.send('text');
        const [data, isBinary] = await message;
        return [await describeData(data), isBinary];
      },
    } satisfies Twin,
    {
      title: `${type}: the data of a MessageEvent`,
      record: async (library) => {
        const { client, peer } = await openPair(library);
        client.binaryType = type as 'nodebuffer';
        const message = new Promise<unknown>((resolve) => {
          client.onmessage = ({ data }) => resolve(data);
        });
        peer.send(Buffer.from('bytes'));
        return describeData(await message);
      },
    } satisfies Twin,
  ]),
);

/** What arrives, in order, of calls in one turn of the event loop. The last call sends the message 'end'. */
const arrivals =
  (options: object, ...calls: readonly ((client: WebSocket) => void)[]): Twin['record'] =>
  async (library) => {
    const { client, peer } = await openPair(library, options, options);
    const received: unknown[] = [];
    const note = (event: string) => (data: Buffer) => void received.push([event, data.length, data[0]]);
    for (const event of ['message', 'ping', 'pong']) peer.on(event, note(event));
    const ended = new Promise<void>((resolve) => {
      peer.on('message', (bytes) => String(bytes) === 'end' && resolve());
    });
    for (const call of [...calls, (socket: WebSocket) => socket.send('end')]) call(client);
    await ended;
    return received;
  };

const ping = (client: WebSocket): void => client.ping('ping');
const pong = (client: WebSocket): void => client.pong('pong');
const text = (client: WebSocket): void => client.send('text');
const blob = (client: WebSocket): void => client.send(new Blob(['blob']));
const large = (client: WebSocket): void => client.send('x'.repeat(100_000));
const blobs = (client: WebSocket): void => {
  client.ping(new Blob(['ping of a Blob']));
  client.pong(new Blob(['pong of a Blob']));
};
twins('the order of', [
  { title: 'a Blob, a ping, a text and a pong', record: arrivals({}, blob, ping, text, pong) },
  { title: 'a ping and a pong of a Blob, a text and a ping', record: arrivals({}, blobs, text, ping) },
  { title: 'a large message, a ping, a Blob and a pong', record: arrivals({}, large, ping, blob, pong) },
  {
    title: 'a large message that is compressed, a ping, a text, and a pong',
    record: arrivals({ perMessageDeflate: true }, large, ping, text, pong),
  },
  {
    title: 'a Blob that is compressed, pings of Blobs, a large message and a pong',
    record: arrivals({ perMessageDeflate: { threshold: 0 } }, blob, blobs, large, pong),
  },
]);

class UnreadableBlob extends Blob {
  override async arrayBuffer(): Promise<ArrayBuffer> {
    // After the write of what was sent before, as with a file.
    await turns(3);
    throw new Error('unreadable');
  }
}

/** The order of the callbacks and events of a client that sends a Blob which cannot be read, and more after it. */
const afterUnreadable =
  (perMessageDeflate: boolean, after: (client: WebSocket, callback: (name: string) => () => void) => void) =>
  async (library: Implementation): Promise<unknown> => {
    const { client } = await openPair(library, { perMessageDeflate }, { perMessageDeflate });
    const events: string[] = [];
    const note = (name: string) => (): void => void events.push(name);
    client.on('error', note('error'));
    const closed = closeOf(client);
    client.on('close', note('close'));
    client.send('before', note('before'));
    client.send(new UnreadableBlob(['x']), note('Blob'));
    after(client, note);
    await closed;
    return events;
  };

twins(
  'the order of callbacks and events, if a Blob cannot be read',
  [true, false].flatMap((perMessageDeflate) =>
    Object.entries<Parameters<typeof afterUnreadable>[1]>({
      'nothing after it': () => {},
      'a text after it': (client, note) => client.send('after', note('text')),
      'a ping, a Blob and a large text after it': (client, note) => {
        client.ping('ping', undefined, note('ping'));
        client.send(new Blob(['x']), note('Blob'));
        client.send('x'.repeat(100_000), note('large text'));
      },
      'a text and close() after it': (client, note) => {
        client.send('after', note('text'));
        client.close();
      },
    }).map(
      ([title, after]): Twin => ({
        title: `${title}${perMessageDeflate ? ', with permessage-deflate' : ''}`,
        record: afterUnreadable(perMessageDeflate, after),
      }),
    ),
  ),
);
