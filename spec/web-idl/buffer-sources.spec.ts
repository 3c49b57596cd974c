/** Web IDL §3.2.25, §3.2.26: what `send()` of a BrowserWebSocket makes of bytes, of Blobs, and of objects like them. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { BrowserWebSocket, WebSocketServer } from '../../src/websocket/index.ts';

type Realm = typeof globalThis;
type Resizable = new (length: number, options: { maxByteLength: number }) => ArrayBuffer;

const OTHER_REALM = runInNewContext('globalThis') as Realm;

/** The memory of a value: how it is created, and whether it may be sent. */
const MEMORIES: readonly (readonly [title: string, create: (realm: Realm) => ArrayBuffer, isAllowed: boolean])[] = [
  ['memory of a fixed length', (realm) => new realm.ArrayBuffer(16), true],
  ['resizable memory', (realm) => new (realm.ArrayBuffer as unknown as Resizable)(16, { maxByteLength: 32 }), false],
  ['shared memory', (realm) => new realm.SharedArrayBuffer(16) as unknown as ArrayBuffer, false],
  [
    'growable shared memory',
    (realm) => new (realm.SharedArrayBuffer as unknown as Resizable)(16, { maxByteLength: 32 }),
    false,
  ],
  ['detached memory', (realm) => new realm.ArrayBuffer(16), true],
];

const VIEWS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
].filter((name) => name in globalThis) as 'Uint8Array'[];

const BYTES = Array.from({ length: 16 }, (_, index) => index);

let socket: BrowserWebSocket;
beforeAll(async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (peer) => peer.on('message', (data, binary) => void peer.send(data, { binary })));
  await once(server, 'listening');
  socket = new BrowserWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  return () => {
    socket.close();
    server.close();
  };
});

/** What the server receives: text, or an array of bytes. */
async function echoOf(data: unknown): Promise<string | number[]> {
  const echo = new Promise<MessageEvent>((resolve) => {
    socket.onmessage = resolve;
  });
  const before = socket.bufferedAmount;
  socket.send(data as string);
  const added = socket.bufferedAmount - before;
  const received: string | ArrayBuffer = (await echo).data;
  expect(added).toBe(Buffer.byteLength(received));
  return typeof received === 'string' ? received : [...new Uint8Array(received)];
}

describe.each(MEMORIES)('%s', (title, create, isAllowed) => {
  const isDetached = title === 'detached memory';

  function filled(realm: Realm): ArrayBuffer {
    const memory = create(realm);
    new Uint8Array(memory).set(BYTES);
    return memory;
  }

  async function expectSent(data: object, bytes: number[]): Promise<void> {
    if (isAllowed) return expect(await echoOf(data)).toEqual(isDetached ? [] : bytes);
    const before = socket.bufferedAmount;
    const received = `received an instance of ${data.constructor.name}`;
    const error = new TypeError(`data must not be shared or resizable; ${received}`);
    expect(() => socket.send(data as ArrayBuffer)).toThrow(error);
    expect(socket.bufferedAmount).toBe(before);
  }

  for (const [where, realm] of [
    ['this realm', globalThis],
    ['another realm', OTHER_REALM],
  ] as const) {
    it.each(VIEWS)(
      `is ${isAllowed ? 'sent' : 'refused'} as a %s of ${where}: a part, the rest, and nothing`,
      async (name) => {
        const View = realm[name] ?? Uint16Array;
        for (const [offset, length] of [
          [8, 1],
          [8, undefined],
          [0, undefined],
          [8, 0],
        ] as const) {
          const memory = filled(globalThis);
          const view = new View(memory, offset, length);
          const bytes = BYTES.slice(view.byteOffset, view.byteOffset + view.byteLength);
          if (isDetached) structuredClone(memory, { transfer: [memory] });
          await expectSent(view, bytes);
        }
      },
    );

    it(`is ${title.includes('shared') ? 'converted to a string' : isAllowed ? 'sent' : 'refused'} itself, if it is of ${where}`, async () => {
      const memory = filled(realm);
      if (isDetached) structuredClone(memory, { transfer: [memory] });
      // A SharedArrayBuffer is no BufferSource, so it is converted like any object. Chromium throws a TypeError.
      if (title.includes('shared')) expect(await echoOf(memory)).toBe('[object SharedArrayBuffer]');
      else await expectSent(memory, BYTES);
    });
  }
});

describe('send()', () => {
  const redefine = <T extends object>(object: T, names: string): T => {
    for (const name of names.split(' ')) Object.defineProperty(object, name, { value: 1 });
    return object;
  };

  it('reads what an object is, and not the properties that a program has redefined', async () => {
    const names = 'buffer byteOffset byteLength length size resizable slice arrayBuffer constructor';
    const ab = [97, 98];
    for (const data of [Uint8Array.from(ab), new DataView(Uint8Array.from(ab).buffer), Uint8Array.from(ab).buffer]) {
      expect(await echoOf(redefine(data, names))).toEqual(ab);
      expect(await echoOf(Object.setPrototypeOf(data, null))).toEqual(ab);
    }
    expect(await echoOf(redefine(new Blob(['ab']), names))).toEqual(ab);
    expect(await echoOf(Object.setPrototypeOf(new Blob(['ab']), null))).toEqual(ab);
    expect(await echoOf(new (class extends Blob {})(['ab']))).toEqual(ab);
  });

  it('converts an object to a string if it has the prototype of bytes or of a Blob alone', async () => {
    for (const data of [
      Object.create(ArrayBuffer.prototype),
      Object.create(SharedArrayBuffer.prototype),
      Object.create(Blob.prototype),
      new Proxy(new ArrayBuffer(2), {}),
      { size: 1, arrayBuffer: async () => new ArrayBuffer(1) },
    ]) {
      expect(await echoOf(data)).toBe(Object.prototype.toString.call(data));
    }
  });
});
