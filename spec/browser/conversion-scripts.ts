/** Scripts about the conversions of Web IDL: what the constructors, methods and attributes make of values of every kind. */
import type { Script } from './websocket-scripts.ts';

export const CONVERSION_SCRIPTS: Readonly<Record<string, Script>> = {
  'data of every kind that send() converts': async ({ WebSocket }, url, { realm }) => {
    type Resizable = ArrayBuffer & { resize(length: number): void };
    type ResizableClass = new (length: number, options: { maxByteLength: number }) => Resizable;
    const resizable = (): Resizable => new (ArrayBuffer as unknown as ResizableClass)(4, { maxByteLength: 8 });
    const bytes = (): Uint8Array<ArrayBuffer> => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const outOfBounds = (View: new (buffer: ArrayBuffer, offset: number, length: number) => unknown): unknown => {
      const buffer = resizable();
      const view = new View(buffer, 2, 2);
      buffer.resize(1);
      return view;
    };
    const detached = <T>(create: (buffer: ArrayBuffer) => T): T => {
      const { buffer } = bytes();
      const value = create(buffer);
      structuredClone(buffer, { transfer: [buffer] });
      return value;
    };
    // A page has no global class of this name.
    const shared = (): SharedArrayBuffer =>
      new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 } as { initial: number }).buffer as never;
    const redefined = <T extends object>(object: T, members: object): T => {
      for (const [name, value] of Object.entries(members)) Object.defineProperty(object, name, { value });
      return object;
    };
    const HalfFloats = (globalThis as unknown as { Float16Array?: typeof Uint16Array }).Float16Array ?? Uint16Array;
    const Memory = new WebAssembly.Memory({ initial: 1 });
    const grown = Memory.buffer;
    Memory.grow(1);
    const values: Record<string, () => unknown> = {
      'an ArrayBuffer': () => bytes().buffer,
      'an empty ArrayBuffer': () => new ArrayBuffer(0),
      'of a subclass of ArrayBuffer': () => new (class extends ArrayBuffer {})(3),
      'of another realm': () => new realm.ArrayBuffer(3),
      'a view of another realm': () => new realm.Uint16Array([1, 2]).subarray(1),
      'a DataView of another realm': () => new realm.DataView(new ArrayBuffer(4), 1, 2),
      'a view of a buffer of another realm': () => new Uint8Array(new realm.ArrayBuffer(3), 1),
      'a DataView': () => new DataView(bytes().buffer),
      'a DataView with an offset': () => new DataView(bytes().buffer, 3, 2),
      'a Uint8ClampedArray': () => Uint8ClampedArray.of(300),
      'a BigInt64Array': () => BigInt64Array.of(1n),
      'a Float16Array': () => new HalfFloats(bytes().buffer, 2, 2),
      'a Float64Array': () => new Float64Array(bytes().buffer),
      'an Int16Array within another one': () => new Int16Array(bytes().buffer).subarray(1, 3),
      'an empty view at the end': () => new Uint8Array(bytes().buffer, 8),
      'a view with redefined members': () =>
        redefined(bytes(), { buffer: new ArrayBuffer(2), byteOffset: 1, byteLength: 1, length: 1, constructor: 1 }),
      'a DataView with redefined members': () =>
        redefined(new DataView(bytes().buffer), { buffer: new ArrayBuffer(2), byteOffset: 1, byteLength: 1 }),
      'an ArrayBuffer with redefined members': () =>
        redefined(bytes().buffer, { byteLength: 1, resizable: true, slice: null, constructor: null }),
      'a view without a prototype': () => Object.setPrototypeOf(bytes(), null),
      'a DataView without a prototype': () => Object.setPrototypeOf(new DataView(bytes().buffer, 6), null),
      'an ArrayBuffer without a prototype': () => Object.setPrototypeOf(bytes().buffer, null),
      'a view with the prototype of another type': () => Object.setPrototypeOf(bytes(), Float64Array.prototype),
      'an ArrayBuffer that converts itself': () => redefined(bytes().buffer, { toString: () => 'text' }),
      'a resizable ArrayBuffer': resizable,
      'a resizable ArrayBuffer of another realm': () =>
        new (realm.ArrayBuffer as unknown as ResizableClass)(1, { maxByteLength: 1 }),
      'a view that tracks the length': () => new Uint8Array(resizable()),
      'a view of a fixed length on a resizable ArrayBuffer': () => new Float32Array(resizable(), 0, 1),
      'a DataView on a resizable ArrayBuffer': () => new DataView(resizable(), 1, 2),
      'an empty view on a resizable ArrayBuffer': () => new Uint8Array(resizable(), 0, 0),
      'a view that is out of bounds': () => outOfBounds(Uint8Array),
      'a DataView that is out of bounds': () => outOfBounds(DataView),
      'a view on shared memory': () => new Uint8Array(shared()),
      'an empty view on shared memory': () => new Uint8Array(shared(), 0, 0),
      'a DataView on shared memory': () => new DataView(shared(), 1, 2),
      'a detached ArrayBuffer': () => detached((buffer) => buffer),
      'a detached Uint8Array': () => detached((buffer) => new Uint8Array(buffer, 2)),
      'a detached Float64Array': () => detached((buffer) => new Float64Array(buffer)),
      'a detached DataView': () => detached((buffer) => new DataView(buffer, 2, 2)),
      'memory of WebAssembly': () => new Uint8Array(Memory.buffer, 65_536, 2),
      'memory of WebAssembly that has grown since': () => grown,
      'the prototype of ArrayBuffer': () => ArrayBuffer.prototype,
      'an object with the prototype of ArrayBuffer': () => Object.create(ArrayBuffer.prototype),
      'an object with the prototype of Uint8Array': () => Object.create(Uint8Array.prototype),
      'a Proxy of an ArrayBuffer': () => new Proxy(new ArrayBuffer(2), {}),
      'a Proxy of a view': () => new Proxy(bytes(), {}),
      'a Blob': () => new Blob(['blob']),
      'an empty Blob': () => new Blob([]),
      'a File': () => new File(['file'], 'name'),
      'of a subclass of Blob': () => new (class extends Blob {})(['sub']),
      'a part of a Blob': () => new Blob(['blob']).slice(1, 3),
      'a Blob with redefined members': () =>
        redefined(new Blob(['blob']), {
          size: 1,
          slice: null,
          arrayBuffer: async () => new ArrayBuffer(1),
          stream: null,
          toString: () => 'text',
        }),
      'a Blob without a prototype': () => Object.setPrototypeOf(new Blob(['blob']), null),
      'the prototype of Blob': () => Blob.prototype,
      'an object with the prototype of Blob': () => Object.create(Blob.prototype),
      'an object like a Blob': () => ({
        size: 1,
        arrayBuffer: async () => new ArrayBuffer(1),
        slice: () => new Blob(),
      }),
      'an Array of an ArrayBuffer': () => [new ArrayBuffer(1)],
      'an Array of numbers': () => [1, [2, null]],
      'a BigInt': () => 10n,
      'a number': () => -0,
      'a String with a lone surrogate': () => new String('lone \ud800'),
      'a function': () => Math.max,
      'a Date': () => new Date(Number.NaN),
      'a URL': () => new URL('http://a/'),
      URLSearchParams: () => new URLSearchParams('a=b'),
      'a symbol': () => Symbol('a'),
      'an object without a prototype': () => Object.create(null),
    };
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.binaryType = 'arraybuffer';
    const lines: string[] = [];
    const echoes = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        if (data === 'end') return resolve();
        lines.push(
          typeof data === 'string' ? `text ${data}` : `bytes ${[...new Uint8Array(data)].join().slice(0, 100)}`,
        );
      };
    });
    for (const [title, create] of Object.entries(values)) {
      const before = socket.bufferedAmount;
      const value = create();
      try {
        socket.send(value as string);
        lines.push(`${title}: ${socket.bufferedAmount - before}`);
      } catch (error) {
        lines.push(`${title}: ${(error as Error).name} ${socket.bufferedAmount - before}`);
      }
    }
    socket.send('end');
    await echoes;
    socket.close();
    await new Promise((resolve) => socket.addEventListener('close', resolve));
    return lines;
  },

  'objects that convert themselves, in each place': async (
    { WebSocket, CloseEvent, MessageEvent },
    url,
    environment,
  ) => {
    const { EventSource } = environment;
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const lines: string[] = [];
    const event = new MessageEvent('before');
    type Place = (value: never) => unknown;
    // Each call but those of events fails after the conversion, so that it has no effect.
    const places: Record<string, Place> = {
      url: (value) => new WebSocket(value, ' '),
      protocols: (value) => new WebSocket('ws://127.0.0.1:1', [value, ' ']),
      'one protocol': (value) => new WebSocket('http://[', value),
      'url of an EventSource': (value) => {
        // In a page, any text is a URL, relative to that of the page.
        try {
          new EventSource(value).close();
        } catch (error) {
          if ((error as Error).name !== 'SyntaxError') throw error;
        }
      },
      binaryType: (value) => {
        socket.binaryType = value;
        return socket.binaryType;
      },
      data: (value) => {
        const before = socket.bufferedAmount;
        socket.send(value);
        return socket.bufferedAmount - before;
      },
      code: (value) => socket.close(value, 'x'.repeat(124)),
      reason: (value) => socket.close(0, value),
      'type of a CloseEvent': (value) => new CloseEvent(value).type,
      'code of a CloseEvent': (value) => new CloseEvent('a', { code: value }).code,
      wasClean: (value) => new CloseEvent('a', { wasClean: value }).wasClean,
      bubbles: (value) => new CloseEvent('a', { bubbles: value }).bubbles,
      'type of a MessageEvent': (value) => new MessageEvent(value).type,
      origin: (value) => new MessageEvent('a', { origin: value }).origin,
      lastEventId: (value) => new MessageEvent('a', { lastEventId: value }).lastEventId,
      source: (value) => new MessageEvent('a', { source: value }).source,
      ports: (value) => new MessageEvent('a', { ports: value }).ports.length,
      'type of initMessageEvent()': (value) => event.initMessageEvent(value),
      'origin of initMessageEvent()': (value) => event.initMessageEvent('a', false, false, null, value),
      'lastEventId of initMessageEvent()': (value) => event.initMessageEvent('a', false, false, null, '', value),
    };
    const throwing = (): never => {
      throw new RangeError('of the application');
    };
    /** Returns a function that logs its name, or what it received, and returns the value. */
    const logging =
      <T>(log: (text: string) => void, value: T, name?: string) =>
      (hint?: string): T => {
        log(name ?? String(hint));
        return value;
      };
    const values: Record<string, (log: (text: string) => void) => unknown> = {
      'a String': () => new String('lone \ud800'),
      'a Number': () => new Number(4000),
      'a Date': () => new Date(Number.NaN),
      'Object(1n)': () => Object(1n),
      'Object(Symbol())': () => Object(Symbol('a')),
      'an object without a prototype': () => Object.create(null),
      'a function': () => Math.max,
      'a regular expression': () => /a/,
      'with Symbol.toPrimitive': (log) => ({ [Symbol.toPrimitive]: logging(log, '7') }),
      'with Symbol.toPrimitive that throws': () => ({ [Symbol.toPrimitive]: throwing }),
      'with Symbol.toPrimitive that returns an object': () => ({ [Symbol.toPrimitive]: () => ({}) }),
      'with Symbol.toPrimitive that is not a function': () => ({ [Symbol.toPrimitive]: 5 }),
      'with toString and valueOf': (log) => ({
        toString: logging(log, 's', 'toString'),
        valueOf: logging(log, 9, 'valueOf'),
      }),
      'with valueOf alone': (log) => ({ toString: null, valueOf: logging(log, 3000.5, 'valueOf') }),
      'with methods that return objects': () => ({ toString: () => ({}), valueOf: () => ({}) }),
      'with methods that return symbols': () => ({ toString: () => Symbol('a'), valueOf: () => Symbol('b') }),
      'with methods that throw': () => ({ toString: throwing, valueOf: throwing }),
    };
    for (const [place, use] of Object.entries(places)) {
      for (const [title, create] of Object.entries(values)) {
        const log: string[] = [];
        try {
          const result = use(create((text) => log.push(text)) as never);
          log.push(String(result).replace('\ud800', '\ufffd'));
        } catch (error) {
          log.push((error as Error).name);
        }
        lines.push(`${place}, ${title}: ${log}`);
      }
    }
    // Conversions may use the object that converts.
    try {
      const closing = { toString: logging(() => socket.close(4000, 'early'), 'late') };
      socket.send(closing as never);
      lines.push(`${socket.readyState} ${socket.bufferedAmount}`);
      socket.close({ valueOf: logging(() => socket.close(4001), 4002) } as never);
    } catch (error) {
      lines.push((error as Error).name);
    }
    const { code, reason } = await new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    return [...lines, `${code} ${reason}`];
  },

  'sequences and dictionaries, and how they are read': async (
    { WebSocket, CloseEvent, MessageEvent },
    url,
    { EventSource },
  ) => {
    const lines: string[] = [];
    const { port1: port } = new MessageChannel();
    const attempt = (title: string, use: (log: (text: string) => void) => unknown): void => {
      const log: string[] = [];
      try {
        log.push(String(use((text) => log.push(text))));
      } catch (error) {
        log.push((error as Error).name);
      }
      lines.push(`${title}: ${log}`);
    };
    const sequences: Record<string, (good: unknown, log: (text: string) => void) => unknown> = {
      items: (good) => [good, good],
      'an item that is not valid': (good) => [good, Symbol('a'), good],
      'no iterator': () => ({ [Symbol.iterator]: () => 5 }),
      'no function next()': () => ({ [Symbol.iterator]: () => ({}) }),
      'no result': () => ({ [Symbol.iterator]: () => ({ next: () => 5 }) }),
      'an iterator that throws': () => ({
        [Symbol.iterator]: () => ({
          next: () => {
            throw new RangeError('of the application');
          },
        }),
      }),
      'a function': (good) => Object.assign(() => {}, { [Symbol.iterator]: () => [good, good].values() }),
      'a generator': (good) =>
        (function* () {
          yield good;
          yield good;
        })(),
      'Symbol.iterator that is not a function': () => ({ [Symbol.iterator]: 5 }),
      'an Array with an iterator of its own': (good) =>
        Object.assign([good], { [Symbol.iterator]: () => [good, good, good].values() }),
      'an Array with a hole': (good) => Object.assign([good, good, good], { length: 4 }),
      'a String': () => new String('aa'),
    };
    /**
     * Logs what is read of the sequence, and of its iterator. Chromium reads the members of a result in another order than
     * ECMAScript says.
     */
    const watched = (value: object, log: (text: string) => void, isIterator = false): object =>
      new Proxy(value, {
        get: (target, key) => {
          log(String(key));
          const member: unknown = Reflect.get(target, key);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]) => {
            const result: unknown = Reflect.apply(member, target, args);
            return isIterator || typeof result !== 'object' ? result : watched(result as object, log, true);
          };
        },
      });
    for (const [title, create] of Object.entries(sequences)) {
      // Twice the same subprotocol: nothing connects.
      attempt(`protocols, ${title}`, (log) => new WebSocket(url, watched(create('a', log) as object, log) as never));
      if (title === 'items') continue;
      attempt(`ports, ${title}`, (log) => {
        const ports = watched(create(1, log) as object, log) as never;
        return new MessageEvent('a', { ports }).ports.length;
      });
    }
    for (const ports of [[port, port], new Set([port]), [port][Symbol.iterator]()] as never[]) {
      attempt('ports', () => {
        const event = new MessageEvent('a', { ports });
        const { ports: list } = event;
        return [list.length, list === event.ports, Object.isFrozen(list), list === ports];
      });
    }
    attempt('defaults', () => {
      const { data, origin, lastEventId, source, ports } = new MessageEvent('a');
      return [data, origin, lastEventId, source, ports.length, Object.isFrozen(ports)];
    });
    // The arguments are converted in their order, each one before the next.
    for (const wrong of ['type', 'origin', 'lastEventId', 'source', 'none']) {
      attempt(`initMessageEvent(), wrong ${wrong}`, (log) => {
        const text = (name: string): object => ({
          toString() {
            log(name);
            return name === wrong ? Symbol('a') : name;
          },
        });
        const ports = {
          [Symbol.iterator]: () => {
            log('ports');
            return [].values();
          },
        };
        const event = new MessageEvent('a');
        const source = wrong === 'source' ? 5 : null;
        const args = [text('type'), false, false, null, text('origin'), text('lastEventId'), source, ports];
        event.initMessageEvent(...(args as unknown as [string]));
        return [event.type, event.origin, event.lastEventId];
      });
    }
    const dictionaries: Record<string, (log: (text: string) => void) => unknown> = {
      'what is read': (log) =>
        new Proxy({}, { get: (_, key) => (key === 'userActivation' ? undefined : void log(String(key))) }),
      'inherited members': () => Object.create({ code: 5, data: 'a', withCredentials: true }),
      'a function': () => Object.assign(() => {}, { code: 5, data: 'a', withCredentials: true }),
      'an Array': () => Object.assign([], { code: 5, data: 'a', withCredentials: true }),
      'a Date': () => new Date(),
      'a String': () => new String('a'),
      undefined: () => undefined,
      null: () => null,
      true: () => true,
      '5': () => 5,
      text: () => 'text',
      'a symbol': () => Symbol('a'),
      'a getter that throws': () => ({
        get code() {
          throw new RangeError('of the application');
        },
        get data() {
          throw new RangeError('of the application');
        },
        get withCredentials() {
          throw new RangeError('of the application');
        },
      }),
    };
    // Each member is converted before the next one is read.
    const reading = (log: (text: string) => void, members: string[], wrong: string): object =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          members.map((name) => [
            name,
            {
              get(): unknown {
                log(name);
                return name === wrong ? Symbol('a') : undefined;
              },
            },
          ]),
        ),
      );
    for (const wrong of ['type', 'code', 'reason', 'wasClean']) {
      const members = ['wasClean', 'reason', 'code', 'bubbles'];
      attempt(`CloseEvent, wrong ${wrong}`, (log) => new CloseEvent('a', reading(log, members, wrong)));
    }
    for (const wrong of ['type', 'data', 'lastEventId', 'origin', 'ports', 'source']) {
      const members = ['source', 'ports', 'origin', 'lastEventId', 'data', 'bubbles'];
      attempt(`MessageEvent, wrong ${wrong}`, (log) => new MessageEvent('a', reading(log, members, wrong)));
    }
    for (const [title, create] of Object.entries(dictionaries)) {
      attempt(`CloseEvent, ${title}`, (log) => new CloseEvent('a', create(log) as never).code);
      attempt(`MessageEvent, ${title}`, (log) => new MessageEvent('a', create(log) as never).data);
      attempt(
        `a type that cannot be converted, ${title}`,
        (log) => new CloseEvent(Symbol('a') as never, create(log) as never),
      );
      if (title === 'what is read' || title === 'a function' || title === 'an Array') continue;
      // The arguments are converted before the URL is parsed. Ours accepts options, and refuses a function or an Array.
      attempt(`EventSource, ${title}`, (log) => new EventSource('http://[', create(log) as never));
      attempt(`EventSource with a URL, ${title}`, (log) => {
        const source = new EventSource(new URL('/refused', url.replace('ws', 'http')), create(log) as never);
        source.close();
        return source.withCredentials;
      });
    }
    const socket = new WebSocket(url);
    const event = await new Promise<MessageEvent>((resolve) => {
      socket.onopen = () => socket.send('text');
      socket.onmessage = resolve;
    });
    attempt('ports of a message', () => event.ports.length);
    attempt('ports of a message are one array', () => {
      const { ports } = event;
      return ports === event.ports && Object.isFrozen(ports);
    });
    attempt('ports of a message, with another one', () => (event.ports as MessagePort[]).push(port));
    attempt('a message', () => [event.data, event.lastEventId, event.source, event.bubbles, event.cancelable]);
    socket.close();
    await new Promise((resolve) => socket.addEventListener('close', resolve));
    port.close();
    return lines;
  },
};
