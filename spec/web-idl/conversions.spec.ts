/** Web IDL §3.2: conversions of what the constructors of events, and the methods of BrowserWebSocket, receive. */
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventSource } from '../../src/sse/index.ts';
import { BrowserWebSocket, CloseEvent, MessageEvent } from '../../src/websocket/index.ts';
import { serve } from '../support/http-server.ts';
import { startServer } from '../support/sockets.ts';
import { type DictionaryMember, dictionaryMembers } from './definitions.ts';

type EventClass = new (type: string, init?: object) => Event & Record<string, unknown>;

const EVENTS: readonly (readonly [name: string, eventClass: EventClass])[] = [
  ['CloseEvent', CloseEvent as unknown as EventClass],
  ['MessageEvent', MessageEvent as unknown as EventClass],
];

const { port1: port } = new MessageChannel();
port.close();

/** Values of every type, and what is special about their conversions. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.9,
  -1.9,
  65_535,
  65_536,
  66_536.5,
  2 ** 32 + 7,
  2 ** 53,
  -(2 ** 31) - 1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  '',
  '12',
  ' 0x10 ',
  'text',
  '\ud83d\ude00',
  'lone \ud800 and \udc00',
  Symbol('symbol'),
  [],
  ['7'],
  [port],
  [port, 1],
  port,
  {},
  { toString: () => 'converted', valueOf: () => 300 },
  () => {},
  new Map([[port, 1]]),
  new Set([port]),
];

const THROWS = Symbol('throws');

/** What a value becomes; THROWS if the conversion throws a TypeError. It is written differently than the implementation. */
function converted(type: string, value: unknown): unknown {
  switch (type) {
    case 'any':
      return value;
    case 'boolean':
      return !!value;
    case 'DOMString':
      return typeof value === 'symbol' ? THROWS : String(value);
    case 'USVString':
      return typeof value === 'symbol' ? THROWS : new TextDecoder().decode(new TextEncoder().encode(String(value)));
    case 'unsigned short':
      if (typeof value === 'symbol' || typeof value === 'bigint') return THROWS;
      return new Uint16Array([Number(value)])[0];
    case 'MessageEventSource?':
      return value === null || value === port ? value : THROWS;
    case 'sequence<MessagePort>': {
      if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return THROWS;
      const items = [...(value as Iterable<unknown>)];
      return items.every((item) => item === port) ? items : THROWS;
    }
    default:
      throw new Error(`No conversion to ${type}`);
  }
}

describe.each(EVENTS)('the constructor of %s', (name, eventClass) => {
  const members = dictionaryMembers(`${name}Init`);

  function expectConversion({ name: member, type }: DictionaryMember, value: unknown): void {
    const expected = converted(type, value);
    const create = (): Event & Record<string, unknown> => new eventClass('type', { [member]: value });
    if (expected === THROWS) expect(create, `${member}: ${String(value)}`).toThrow(TypeError);
    else expect(create()[member], member).toEqual(expected);
  }

  it.each(members)('converts $name to $type, and has its default', (member) => {
    for (const value of VALUES) expectConversion(member, value);
    for (const init of [undefined, null, {}, { [member.name]: undefined }, [], () => {}, new Map()]) {
      expect(new eventClass('type', init as object)[member.name]).toEqual(member.default);
    }
  });

  it('converts the type to a string, and accepts no other second argument than an object', () => {
    for (const value of [...VALUES, undefined]) {
      const expected = converted('DOMString', value);
      if (expected === THROWS) expect(() => new eventClass(value as string)).toThrow(TypeError);
      else expect(new eventClass(value as string).type).toBe(expected);
    }
    for (const init of [true, 1, 1n, 'text', Symbol('symbol')]) {
      expect(() => new eventClass('type', init as never)).toThrow(TypeError);
    }
    expect(() => new eventClass('type', 5 as never)).toThrow(
      new TypeError('eventInitDict must be an object; received 5'),
    );
  });

  it('reads the members of Event first, each once and in the order of their names', () => {
    const read: string[] = [];
    const init = new Proxy(
      {},
      {
        get: (_, key) => {
          if (typeof key === 'string') read.push(key);
        },
      },
    );
    new eventClass('type', init);
    expect(read).toEqual(members.map((member) => member.name));
  });

  it('makes an event that an EventTarget can dispatch', () => {
    const target = new EventTarget();
    const seen: unknown[] = [];
    target.addEventListener('type', (event) => {
      seen.push(event.target, event.currentTarget, event.srcElement);
      event.preventDefault();
    });
    const event = new eventClass('type', { cancelable: true });
    expect([event.target, event.currentTarget, event.srcElement]).toEqual([null, null, null]);
    expect(target.dispatchEvent(event)).toBe(false);
    expect(seen).toEqual([target, target, target]);
    expect(event.target).toBe(target);
  });
});

describe('initMessageEvent', () => {
  const members = ['data', 'origin', 'lastEventId', 'source', 'ports'] as const;
  const types = dictionaryMembers('MessageEventInit');

  it('sets the type and every attribute, with the conversions and defaults of the constructor', () => {
    for (const [index, member] of members.entries()) {
      for (const value of VALUES) {
        const expected = converted(types.find(({ name }) => name === member)!.type, value);
        const event = new MessageEvent('before', { data: 'before', origin: 'before', lastEventId: 'before' });
        const args = ['after', true, true, ...members.map(() => undefined)];
        args[3 + index] = value as string;
        const init = (): unknown => Reflect.apply(event.initMessageEvent, event, args);
        if (expected === THROWS) {
          expect(init, `${member}: ${String(value)}`).toThrow(TypeError);
          expect([event.type, event.data, event.origin]).toEqual(['before', 'before', 'before']);
        } else {
          init();
          const defaults = { data: null, origin: '', lastEventId: '', source: null, ports: [] };
          expect([event.type, event.bubbles, event.cancelable]).toEqual(['after', true, true]);
          expect(members.map((each) => event[each])).toEqual(
            members.map((each) => (each === member ? expected : defaults[each])),
          );
        }
      }
    }
  });

  it('converts the arguments in their order, each one before the next', () => {
    const order = ['type', 'origin', 'lastEventId', 'source', 'ports'];
    for (const [index, wrong] of order.entries()) {
      const read: string[] = [];
      const text = (name: string): object => ({
        toString() {
          read.push(name);
          return name === wrong ? Symbol('a') : name;
        },
      });
      const ports = {
        *[Symbol.iterator]() {
          read.push('ports');
          yield 1;
        },
      };
      const source = wrong === 'source' ? 5 : null;
      const args = [text('type'), true, true, null, text('origin'), text('lastEventId'), source, ports];
      const event = new MessageEvent('before');
      expect(() => Reflect.apply(event.initMessageEvent, event, args)).toThrow(TypeError);
      // The conversion of `source` calls nothing.
      expect(read).toEqual(order.slice(0, index + 1).filter((name) => name !== 'source'));
    }
  });

  it('has no effect while the event is dispatched', () => {
    const target = new EventTarget();
    const event = new MessageEvent('type', { data: 'data' });
    target.addEventListener('type', () => event.initMessageEvent('other', true, true, 'other'));
    target.dispatchEvent(event);
    expect([event.type, event.data, event.bubbles]).toEqual(['type', 'data', false]);
    event.initMessageEvent('other', true, true, 'other');
    expect([event.type, event.data, event.bubbles]).toEqual(['other', 'other', true]);
  });
});

describe('the ports of a MessageEvent', () => {
  function expectFrozen(event: { readonly ports: readonly unknown[] }): void {
    const { ports } = event;
    expect(event.ports).toBe(ports);
    expect(ports).toSatisfy(Object.isFrozen);
  }

  it('are one frozen array', () => {
    for (const event of [new MessageEvent('type'), new MessageEvent('type', { ports: [port] })]) expectFrozen(event);
  });

  it('are one frozen array, if a BrowserWebSocket or an EventSource dispatches the event', async () => {
    const { server, url } = await startServer();
    server.on('connection', (peer) => peer.send('text'));
    const socket = new BrowserWebSocket(url);
    onTestFinished(() => socket.close());
    expectFrozen(
      await new Promise<globalThis.MessageEvent>((resolve) => socket.addEventListener('message', resolve as never)),
    );
    const source = new EventSource(
      await serve((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: 1\n\n');
      }),
    );
    onTestFinished(() => source.close());
    expectFrozen(await new Promise<globalThis.MessageEvent>((resolve) => source.addEventListener('message', resolve)));
  });
});

describe('sequences', () => {
  const places: Readonly<Record<string, (value: unknown) => unknown>> = {
    'ports of a MessageEvent': (value) => new MessageEvent('type', { ports: value as [] }),
    'subprotocols of a BrowserWebSocket': (value) => new BrowserWebSocket('ws://127.0.0.1:1', value as []),
  };

  it.each(Object.entries(places))('%s: the iterator is read once, and not closed if an item is not valid', (_, use) => {
    const log: string[] = [];
    const logged = <T extends object>(members: T): T =>
      new Proxy(members, {
        get: (target, key) => {
          log.push(String(key));
          return Reflect.get(target, key);
        },
      });
    const iterator = logged({ next: () => ({ done: false, value: Symbol('no item') }), return: () => ({}) });
    expect(() => use(logged({ [Symbol.iterator]: () => iterator }))).toThrow(TypeError);
    expect(log).toEqual(['Symbol(Symbol.iterator)', 'next']);
  });

  it.each(Object.entries(places))('%s: an iterator that is none throws a TypeError', (_, use) => {
    for (const iterator of [undefined, null, 5, {}, { next: 5 }, { next: () => 5 }, { next: () => null }]) {
      expect(() => use({ [Symbol.iterator]: () => iterator })).toThrow(TypeError);
    }
    for (const method of [5, 'text', {}, true]) expect(() => use({ [Symbol.iterator]: method })).toThrow(TypeError);
  });
});

describe('dictionaries', () => {
  it.each(EVENTS)('%s: each member is converted before the next one is read', (name, eventClass) => {
    const members = dictionaryMembers(`${name}Init`);
    for (const [index, { name: wrong, type }] of members.entries()) {
      if (converted(type, Symbol('a')) !== THROWS) continue;
      const read: string[] = [];
      const init = Object.defineProperties(
        {},
        Object.fromEntries(
          members.map(({ name: member }) => [
            member,
            {
              get: () => {
                read.push(member);
                return member === wrong ? Symbol('a') : undefined;
              },
            },
          ]),
        ),
      );
      expect(() => new eventClass('type', init)).toThrow(TypeError);
      expect(read).toEqual(members.slice(0, index + 1).map((member) => member.name));
    }
  });

  it('are converted after the arguments before them, and before an invalid URL is reported', () => {
    const throwing = {
      toString(): string {
        throw new RangeError('of the application');
      },
    };
    for (const [, eventClass] of EVENTS) {
      expect(() => new eventClass(throwing as never, 5 as never)).toThrow('of the application');
    }
    expect(() => new EventSource('http://[', 5 as never)).toThrow(TypeError);
    expect(() => new EventSource('http://[')).toThrow(DOMException);
    expect(() => new EventSource(throwing as never, 5 as never)).toThrow('of the application');
  });
});

describe('the methods of BrowserWebSocket', () => {
  /** What cannot be converted to a string. */
  const SYMBOL = Symbol('symbol') as never;
  const THROWING = {
    toString(): string {
      throw new RangeError('of the application');
    },
  } as never;

  it('convert every argument before they use one, and throw the TypeError of the conversion', async () => {
    const { server, url } = await startServer();
    const accepted = once(server, 'connection');
    for (const args of [[SYMBOL], [SYMBOL, ''], ['', SYMBOL], ['', [SYMBOL]]] as never[][]) {
      expect(() => new BrowserWebSocket(...(args as unknown as [string, string]))).toThrow(TypeError);
    }
    expect(() => new BrowserWebSocket(THROWING)).toThrow('of the application');
    expect(() => new BrowserWebSocket('', [THROWING])).toThrow('of the application');
    const socket = new BrowserWebSocket(url);
    onTestFinished(() => socket.close());
    await accepted;
    expect(() => socket.send(SYMBOL)).toThrow(TypeError);
    expect(() => socket.close(SYMBOL)).toThrow(TypeError);
    expect(() => socket.close(1000n as never)).toThrow(TypeError);
    expect(() => socket.close(1, SYMBOL)).toThrow(TypeError);
    expect(() => socket.close(1, THROWING)).toThrow('of the application');
    expect(() => {
      socket.binaryType = SYMBOL;
    }).toThrow(TypeError);
    expect([socket.readyState, socket.bufferedAmount, socket.binaryType]).toEqual([expect.any(Number), 0, 'blob']);
  });

  it('convert binaryType to a string, and ignore what is none of its values', () => {
    const socket = new BrowserWebSocket('ws://127.0.0.1:1');
    onTestFinished(() => socket.close());
    socket.binaryType = { toString: () => 'arraybuffer' } as never;
    for (const value of [...VALUES.filter((each) => typeof each !== 'symbol'), 'Blob', 'nodebuffer', ['blob', '']]) {
      socket.binaryType = value as never;
      expect(socket.binaryType).toBe('arraybuffer');
    }
    socket.binaryType = ['blob'] as never;
    expect(socket.binaryType).toBe('blob');
  });

  it('convert subprotocols to a sequence if they are an iterable object, and to a string otherwise', () => {
    const isValid = (protocols: unknown): boolean => {
      try {
        new BrowserWebSocket('ws://127.0.0.1:1', protocols as string).close();
        return true;
      } catch {
        return false;
      }
    };
    const iterableFunction = Object.assign(() => {}, { *[Symbol.iterator]() {} });
    const notIterable = { [Symbol.iterator]: null, toString: () => 'token' };
    // A String object is iterable, so each of its characters is a subprotocol.
    const valid = ['a', 5, null, [], ['a', 5], new Set(['a', 'b']), iterableFunction, notIterable, Object('ab')];
    expect(valid.map(isValid)).toEqual(valid.map(() => true));
    const invalid = ['', 'a b', {}, () => {}, [''], ['a', 'a'], ['echo', 'eCho'], Object('aa'), [['a', 'b']]];
    expect(invalid.map(isValid)).toEqual(invalid.map(() => false));
  });
});
