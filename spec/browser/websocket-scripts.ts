/** What a script uses: the classes of a browser, or those of pushwire. */
export interface Classes {
  readonly WebSocket: typeof WebSocket;
  readonly CloseEvent: typeof CloseEvent;
  readonly MessageEvent: typeof MessageEvent;
}

/** What a script uses beside the classes that it describes. */
export interface Environment {
  readonly EventSource: typeof EventSource;
  /** The global object of another realm: of a frame, or of a context of node:vm. */
  readonly realm: typeof globalThis;
}

/**
 * Returns lines about the behaviour of the classes. A script runs in a page, too, so it uses nothing that is defined outside of
 * it, and avoids what Chromium does differently than the standards say:
 *
 * - It cuts off the fraction of a close code.
 * - It converts an undefined close code to 0: `close(undefined, 'bye')` throws. By the standard, such a code is not present.
 * - It accepts subprotocols that differ in case alone.
 * - It emits no 'error' when the connection is lost.
 * - `send()` of a SharedArrayBuffer throws. By Web IDL §3.2.25, it is converted to a string.
 *
 * The server at the URL sends back each message; `close` as text makes it close with 4000.
 */
export type Script = (classes: Classes, url: string, environment: Environment) => Promise<string[]>;

export const SCRIPTS: Readonly<Record<string, Script>> = {
  'members of the classes, their names, lengths and flags': async (classes) => {
    const line = (owner: string, key: string, { get, set, value, ...flags }: PropertyDescriptor): string => {
      const functions = [get, set, value].map((each) =>
        typeof each === 'function' ? `${each.name} ${each.length}` : '',
      );
      const constant = typeof value === 'function' || typeof value === 'object' ? '' : String(value);
      return `${owner} ${key} ${functions} ${constant} ${JSON.stringify(flags)}`;
    };
    const lines: string[] = [];
    for (const [name, { prototype }] of Object.entries(classes)) {
      // Elsewhere, an event has accessors that are those of Event.
      const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(prototype));
      for (const key of Object.getOwnPropertyNames(prototype).sort()) {
        if (key !== 'constructor' && inherited.includes(key)) continue;
        // Not in the standard.
        if (key === 'userActivation') continue;
        lines.push(line(name, key, Object.getOwnPropertyDescriptor(prototype, key)!));
      }
      lines.push(line(name, 'class string', Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)!));
    }
    const statics = Object.getOwnPropertyDescriptors(classes.WebSocket) as Record<string, PropertyDescriptor>;
    for (const key of Object.keys(statics).sort()) {
      const { writable, enumerable, configurable, value } = statics[key]!;
      const isWritable = key === 'prototype' ? '' : writable;
      lines.push(
        `static ${key} ${isWritable} ${enumerable} ${configurable} ${typeof value === 'object' ? '' : value}`.slice(
          0,
          60,
        ),
      );
    }
    return lines.filter((text) => !text.startsWith('static prototype'));
  },

  'arguments of close()': async ({ WebSocket }, url) => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const lines: string[] = [];
    const lists: unknown[][] = [
      [0],
      [999],
      [1001],
      [1005],
      [2999],
      [5000],
      [66_536],
      [-1],
      [Number.NaN],
      [null],
      ['x'],
      [{}],
      [Symbol('a')],
      [1000n],
      [1, Symbol('a')],
      [1, 'x'.repeat(124)],
      [1000, 'x'.repeat(124)],
      [3000.5, 'x'.repeat(124)],
      [1000.4, 'x'.repeat(124)],
      ['3000', 'x'.repeat(124)],
      [Number.POSITIVE_INFINITY],
    ];
    for (const [index, list] of lists.entries()) {
      try {
        socket.close(...(list as [number]));
        lines.push(`${index} ${socket.readyState}`);
      } catch (error) {
        const { name, code } = error as DOMException;
        lines.push(`${index} ${name} ${code}`);
      }
    }
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    socket.close(4000.5, 'grüße \ud800');
    socket.close(3000, 'again');
    lines.push(String(socket.readyState));
    const { type, code, reason, wasClean, bubbles, cancelable } = await closed;
    return [...lines, [type, code, reason, wasClean, bubbles, cancelable, socket.readyState].join()];
  },

  'messages of every type, what bufferedAmount is after each, and their echoes': async ({ WebSocket }, url) => {
    const socket = new WebSocket(url, ['first', 'second']);
    const lines: string[] = [];
    try {
      socket.send('early');
    } catch (error) {
      lines.push(`${(error as DOMException).name} ${(error as DOMException).code}`);
    }
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    lines.push(`${socket.protocol} ${socket.bufferedAmount} ${socket.binaryType}`);
    for (const type of ['arraybuffer', 'Blob', 'nodebuffer', null, undefined, 5]) {
      socket.binaryType = type as 'blob';
      lines.push(socket.binaryType);
    }
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const messages: unknown[] = [
      '',
      'text',
      'äöü \u{1f600}',
      'lone \ud800',
      null,
      undefined,
      5,
      {},
      ['a', 'b'],
      bytes,
      bytes.buffer,
      bytes.subarray(2, 5),
      new DataView(bytes.buffer, 1, 2),
      new Float64Array(2),
      'x'.repeat(70_000),
      new Uint8Array(100_000),
      new ArrayBuffer(0),
      new Blob(['blob', ' of text']),
    ];
    const echoes = new Promise<void>((resolve) => {
      let count = 0;
      socket.onmessage = ({ type, data, origin, lastEventId, source, ports, bubbles }) => {
        const content = typeof data === 'string' ? data : [...new Uint8Array(data)].join();
        const event = [type, origin === new URL(url).origin, lastEventId, source, ports.length, bubbles].join();
        lines.push(`${event} ${data.constructor.name} ${content.length} ${content.slice(0, 100)}`);
        if (++count === messages.length) resolve();
      };
    });
    for (const message of messages) {
      socket.send(message as string);
      lines.push(String(socket.bufferedAmount));
    }
    await Promise.resolve();
    lines.push(String(socket.bufferedAmount));
    for (const wrong of [[], [Symbol('a')]] as unknown[][]) {
      try {
        socket.send(...(wrong as [string]));
      } catch (error) {
        lines.push((error as Error).name);
      }
    }
    await echoes;
    lines.push(String(socket.bufferedAmount));
    socket.close();
    await new Promise((resolve) => socket.addEventListener('close', resolve));
    return lines;
  },

  'events of each kind of end': async ({ WebSocket }, url) => {
    const lines: string[] = [];
    const ends: Record<string, (socket: WebSocket) => void> = {
      'the server closes': (socket) => socket.send('close'),
      'the client closes': (socket) => socket.close(),
      'the client closes within a message': (socket) => {
        socket.onmessage = () => socket.close(1000, 'bye');
        socket.send('one');
        socket.send('two');
      },
    };
    for (const [title, end] of Object.entries(ends)) {
      const socket = new WebSocket(url);
      const log: string[] = [];
      for (const type of ['open', 'message', 'error', 'close']) {
        socket.addEventListener(type, (event) => {
          const { code, reason, wasClean } = event as CloseEvent;
          log.push(`${event.type} ${event.target === socket} ${socket.readyState} ${code} ${reason} ${wasClean}`);
        });
      }
      socket.addEventListener('open', () => end(socket));
      await new Promise((resolve) => socket.addEventListener('close', resolve));
      lines.push(title, ...log);
    }
    const refused = new WebSocket(new URL('/refused', url));
    for (const type of ['open', 'error', 'close']) {
      refused.addEventListener(type, (event) => {
        const { code, reason, wasClean } = event as CloseEvent;
        lines.push(`${type} ${refused.readyState} ${code} ${reason} ${wasClean}`);
      });
    }
    await new Promise((resolve) => refused.addEventListener('close', resolve));
    return lines;
  },

  'event handlers, and how they are ordered among listeners': async ({ WebSocket }) => {
    const socket = new WebSocket('ws://127.0.0.1:1/');
    const lines: string[] = [];
    for (const value of [null, undefined, 5, 'text', {}, () => {}]) {
      socket.onopen = value as null;
      lines.push(`${typeof socket.onopen} ${socket.onopen === value}`);
    }
    socket.onmessage = () => lines.push('replaced');
    socket.addEventListener('message', () => lines.push('listener'));
    socket.onmessage = function (event) {
      lines.push(`handler ${this === socket} ${event.target === socket} ${event.currentTarget === socket}`);
    };
    socket.dispatchEvent(new Event('message'));
    socket.onmessage = null;
    socket.dispatchEvent(new Event('message'));
    socket.onmessage = () => lines.push('last');
    socket.dispatchEvent(new Event('message'));
    socket.close();
    return lines;
  },

  'constructors of events': async ({ CloseEvent, MessageEvent }) => {
    const { port1: port } = new MessageChannel();
    const show = (value: unknown): string =>
      value === port
        ? 'port'
        : Array.isArray(value)
          ? `[${value.map(show)}] ${Object.isFrozen(value)}`
          : String(value).replace('EventTarget', 'MessagePort').replace('\ud800', '\ufffd');
    const values: unknown[] = [
      undefined,
      null,
      true,
      0,
      -1,
      1.9,
      -1.9,
      65_536,
      2 ** 53,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      10n,
      '',
      '12',
      'lone \ud800',
      Symbol('a'),
      [],
      ['7'],
      [port],
      [port, 1],
      port,
      {},
      () => 1,
      new Set([port]),
    ];
    const lines: string[] = [];
    const attempt = (title: string, create: () => Event, member: string): void => {
      try {
        lines.push(`${title} ${show((create() as unknown as Record<string, unknown>)[member])}`);
      } catch (error) {
        lines.push(`${title} ${(error as Error).name}`);
      }
    };
    for (const [index, value] of values.entries()) {
      for (const member of ['wasClean', 'code', 'reason', 'bubbles', 'cancelable', 'composed']) {
        attempt(`${member} ${index}`, () => new CloseEvent('a', { [member]: value }), member);
      }
      for (const member of ['data', 'origin', 'lastEventId', 'source', 'ports']) {
        attempt(`${member} ${index}`, () => new MessageEvent('a', { [member]: value }), member);
      }
      attempt(`type ${index}`, () => new CloseEvent(value as string), 'type');
      attempt(`type ${index}`, () => new MessageEvent(value as string), 'type');
      attempt(`init ${index}`, () => new CloseEvent('a', value as object), 'code');
      attempt(`init ${index}`, () => new MessageEvent('a', value as object), 'data');
      const event = new MessageEvent('a', { data: 'before' });
      const init =
        (...args: unknown[]) =>
        () => {
          event.initMessageEvent(...(args as [string]));
          return event;
        };
      attempt(`init bubbles ${index}`, init('b', value), 'bubbles');
      attempt(`init data ${index}`, init('b', true, true, value), 'data');
      attempt(`init origin ${index}`, init('b', true, true, 1, value), 'origin');
      attempt(`init ports ${index}`, init('b', true, true, 1, '', '', null, value), 'ports');
      lines.push([event.type, event.bubbles, event.cancelable].join());
    }
    attempt('nothing', () => new CloseEvent(...([] as unknown as [string])), 'type');
    attempt('nothing', () => new MessageEvent(...([] as unknown as [string])), 'type');
    return lines;
  },

  // The last one: after connections that failed, Chromium waits before it opens others.
  'URLs and subprotocols': async ({ WebSocket }) => {
    const lines: string[] = [];
    const iterable = {
      *[Symbol.iterator]() {
        yield 'a';
        yield 'b';
      },
    };
    const throwing = {
      toString() {
        throw new RangeError('of the application');
      },
    };
    const base = 'ws://127.0.0.1:1/';
    const lists: unknown[][] = [
      [],
      ['ws:'],
      ['mailto:a@b'],
      ['ftp://a'],
      ['ws://a/#b'],
      ['ws://a/#'],
      ['ws://a:99999'],
      [Symbol('a')],
      [throwing],
      [{ toString: () => base }],
      ['ws://127.0.0.1:1/a b?c d'],
      ['http://127.0.0.1:1/'],
      ['HTTPS://127.0.0.1:1/'],
      ['ws://[::1]:1'],
      ['ws://127.0.0.1:1/\ud800'],
      ['  ws://127.0.0.1:1/ \n'],
      [base, undefined],
      [base, ''],
      [base, 'a b'],
      [base, 'a,b'],
      [base, 'ä'],
      [base, '\u0000'],
      [base, 'a"'],
      [base, 'a\n'],
      [base, []],
      [base, ['a', 'a']],
      [base, ['a', 'b']],
      [base, ['a', '']],
      [base, [['a']]],
      [base, null],
      [base, 5],
      [base, {}],
      [base, iterable],
      [base, new Set(['a', 'b'])],
      [base, Symbol('a')],
      [base, [Symbol('a')]],
      [base, { [Symbol.iterator]: 5 }],
      [base, { [Symbol.iterator]: null, toString: () => 'a' }],
      [base, throwing],
      [base, Object('ab')],
      [base, () => {}],
      ['', Symbol('a')],
      ['', [Symbol('a')]],
    ];
    for (const [index, list] of lists.entries()) {
      try {
        const socket = new WebSocket(...(list as [string]));
        lines.push(`${index} ${socket.url} ${socket.readyState} ${socket.protocol} ${socket.extensions}`);
        socket.close();
        lines.push(`${index} ${socket.readyState}`);
      } catch (error) {
        const { name, code } = error as DOMException;
        lines.push(`${index} ${name} ${code}`);
      }
    }
    return lines;
  },
};
