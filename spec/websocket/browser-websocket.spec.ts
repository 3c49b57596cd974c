import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrowserWebSocket, CloseEvent, type WebSocket } from '../../src/websocket/index.ts';
import { closePayload, frame } from '../support/frames.ts';
import { type RawPeer, rawServer, rawWebSocketServer } from '../support/raw-peer.ts';
import { startEchoServer, startServer } from '../support/sockets.ts';

/** The names of events and the `readyState` at each, until 'close'. */
function log(socket: BrowserWebSocket): Promise<string[]> {
  const events: string[] = [];
  return new Promise((resolve) => {
    for (const type of ['open', 'message', 'error', 'close']) {
      socket.addEventListener(type, () => void events.push(`${type} ${socket.readyState}`));
    }
    socket.addEventListener('close', () => resolve(events));
  });
}

async function opened(url: string, protocols?: string | string[]): Promise<BrowserWebSocket> {
  const socket = protocols === undefined ? new BrowserWebSocket(url) : new BrowserWebSocket(url, protocols);
  onTestFinished(() => socket.close());
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return socket;
}

/** An open socket, and the raw peer at the other end. */
async function openedWithPeer(): Promise<{ socket: BrowserWebSocket; peer: RawPeer }> {
  let accept: (peer: RawPeer) => void = () => {};
  const accepted = new Promise<RawPeer>((resolve) => {
    accept = resolve;
  });
  const port = await rawWebSocketServer((peer) => accept(peer));
  return { socket: await opened(`ws://127.0.0.1:${port}`), peer: await accepted };
}

/** The name of the DOMException that a function throws. */
function thrown(action: () => void): string {
  try {
    action();
  } catch (error) {
    return error instanceof DOMException ? error.name : `no DOMException: ${error}`;
  }
  return 'nothing';
}

const text = (payload: string): Buffer => frame({ opcode: 1, payload, mask: false });

describe('WHATWG WebSockets §3.1, the interface', () => {
  it('has constants and enumerable attributes, as Web IDL requires', () => {
    for (const owner of [BrowserWebSocket, BrowserWebSocket.prototype]) {
      expect(Object.getOwnPropertyDescriptor(owner, 'CLOSING')).toEqual({
        value: 2,
        enumerable: true,
        configurable: false,
        writable: false,
      });
    }
    const names: string[] = [];
    for (const name in BrowserWebSocket.prototype) names.push(name);
    expect(names).toEqual(
      expect.arrayContaining(
        'url readyState bufferedAmount onopen onerror onclose extensions protocol close onmessage binaryType send'.split(
          ' ',
        ),
      ),
    );
    expect(BrowserWebSocket).toHaveLength(1);
    expect(String(BrowserWebSocket.prototype)).toBe('[object WebSocket]');
    expect(() => new (BrowserWebSocket as unknown as new () => unknown)()).toThrow(TypeError);
  });

  it('is constructed with a URL and subprotocols, and throws a SyntaxError if they are invalid', () => {
    for (const url of [
      '',
      '/relative',
      'ws:',
      'ftp://a',
      'mailto:a@b',
      'ws+unix:/a',
      'ws://a/#',
      'ws://a/#b',
      'ws://a:99999',
    ]) {
      expect(
        thrown(() => new BrowserWebSocket(url)),
        url,
      ).toBe('SyntaxError');
    }
    for (const protocols of ['', 'a b', 'a,b', 'ä', '\u0000', ['a', 'a'], ['echo', 'eCho'], ['a', '']]) {
      expect(
        thrown(() => new BrowserWebSocket('ws://a', protocols)),
        String(protocols),
      ).toBe('SyntaxError');
    }
    expect(thrown(() => new BrowserWebSocket('ws://a', undefined, { maxPayload: -1 }))).toMatch(/^no DOM.*maxPayload/);
  });

  it('starts in CONNECTING, with a serialized URL and the default of each attribute', async () => {
    const socket = new BrowserWebSocket('http://127.0.0.1:1/a b?c');
    expect(socket.url).toBe('ws://127.0.0.1:1/a%20b?c');
    const { readyState, bufferedAmount, extensions, protocol, binaryType, onopen } = socket;
    expect([readyState, bufferedAmount, extensions, protocol, binaryType, onopen]).toEqual([
      0,
      0,
      '',
      '',
      'blob',
      null,
    ]);
    socket.binaryType = 'nodebuffer' as never;
    expect(socket.binaryType).toBe('blob');
    expect(thrown(() => socket.send('early'))).toBe('InvalidStateError');
    expect(socket.bufferedAmount).toBe(0);
    await log(socket);
  });

  it('negotiates a subprotocol, which is case-sensitive', async () => {
    const { url } = await startServer({ handleProtocols: () => 'Chat' });
    expect((await opened(url, ['other', 'Chat'])).protocol).toBe('Chat');
    const socket = new BrowserWebSocket(url, ['other', 'chat']);
    expect(await log(socket)).toEqual(['error 3', 'close 3']);
    const { url: another } = await startServer();
    expect((await opened(another, 'one')).protocol).toBe('one');
  });

  it('sends strings as text, bytes and Blobs as binary messages, and converts everything else to a string', async () => {
    const { url } = await startEchoServer();
    const socket = await opened(url);
    socket.binaryType = 'arraybuffer';
    const received: unknown[] = [];
    const bytes = Uint8Array.of(1, 2, 3);
    const sent = ['\ud800 lone', bytes, new DataView(bytes.buffer, 1, 1), bytes.buffer, new Blob(['ab'])];
    const all = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        received.push(typeof data === 'string' ? data : [...new Uint8Array(data as ArrayBuffer)]);
        if (received.length === 10) resolve();
      };
    });
    for (const data of [...sent, null, undefined, 5, {}, ['a', 'b']]) socket.send(data as string);
    // A later change must not be sent.
    bytes.fill(0);
    await all;
    expect(received).toEqual([
      '\ufffd lone',
      [1, 2, 3],
      [2],
      [1, 2, 3],
      [97, 98],
      'null',
      'undefined',
      '5',
      '[object Object]',
      'a,b',
    ]);
    expect(() => (socket.send as () => void)()).toThrow(TypeError);
  });

  it('does not depend on its attributes, which a program may redefine', async () => {
    const { url } = await startEchoServer();
    const socket = await opened(url);
    for (const name of ['readyState', 'bufferedAmount', 'url', 'protocol', 'extensions', 'binaryType']) {
      Object.defineProperty(socket, name, { value: 'of the program' });
    }
    const echoed = new Promise<MessageEvent>((resolve) => {
      socket.onmessage = resolve;
    });
    socket.send(Uint8Array.of(1, 2));
    const { data, origin } = await echoed;
    expect([data, origin]).toEqual([expect.any(Blob), new URL(url).origin]);
  });

  it('counts payloads in bufferedAmount until they are sent, and forever if they are sent too late', async () => {
    const { url } = await startEchoServer();
    const socket = await opened(url);
    socket.send('äöü');
    socket.send(new Uint8Array(10));
    expect(socket.bufferedAmount).toBe(16);
    await Promise.resolve();
    expect(socket.bufferedAmount).toBe(16);
    const events = log(socket);
    const echoed = new Promise((resolve) => {
      socket.onmessage = resolve;
    });
    await echoed;
    expect(socket.bufferedAmount).toBe(0);
    socket.close();
    socket.send('late');
    expect(socket.bufferedAmount).toBe(4);
    await events;
    socket.send(new Blob(['12345']));
    expect(socket.bufferedAmount).toBe(9);
  });
});

describe('WHATWG WebSockets §3.1, close()', () => {
  it('accepts 1000 and 3000-4999, after conversion, and a reason of at most 123 bytes', async () => {
    const { url } = await startServer();
    const socket = await opened(url);
    for (const code of [0, 999, 1001, 1005, 1006, 2999, 5000, 65_536 + 1000, -1, Number.NaN, null, 'x', {}]) {
      expect(
        thrown(() => socket.close(code as number)),
        String(code),
      ).toBe('InvalidAccessError');
    }
    expect(thrown(() => socket.close(1000, 'ä'.repeat(62)))).toBe('SyntaxError');
    expect(thrown(() => socket.close(undefined, 'x'.repeat(124)))).toBe('SyntaxError');
    expect(thrown(() => socket.close(1, 'x'.repeat(124)))).toBe('InvalidAccessError');
    expect(socket.readyState).toBe(1);
  });

  for (const [args, code, reason] of [
    [[], 1005, ''],
    [[undefined], 1005, ''],
    [[1000], 1000, ''],
    [[3000, 'why'], 3000, 'why'],
    [[4998.5, null], 4998, 'null'],
    [['1000', '\ud800'], 1000, '\ufffd'],
    [[undefined, 'why'], 1000, 'why'],
    [[1000, 'ä'.repeat(61)], 1000, 'ä'.repeat(61)],
  ] as const) {
    it(`sends ${JSON.stringify(args)} as ${code} ${reason}`, async () => {
      const { server, url } = await startServer();
      const accepted = once(server, 'connection');
      const socket = await opened(url);
      const [peer] = (await accepted) as [WebSocket];
      const peerClosed = once(peer, 'close');
      const closed = new Promise<CloseEvent>((resolve) => {
        socket.onclose = resolve;
      });
      socket.close(...(args as unknown as [number, string]));
      expect(socket.readyState).toBe(2);
      // A second call has no effect.
      socket.close(3001);
      expect((await peerClosed).map(String)).toEqual([String(code), reason]);
      const event = await closed;
      expect(event).toBeInstanceOf(CloseEvent);
      expect([event.code, event.reason, event.wasClean, event.target]).toEqual([code, reason, true, socket]);
    });
  }

  it('fails the connection before it is open: the state is CLOSING at once, and the events follow', async () => {
    const port = await rawServer(() => {});
    const socket = new BrowserWebSocket(`ws://127.0.0.1:${port}`);
    const events = log(socket);
    socket.close(1000);
    expect(socket.readyState).toBe(2);
    expect(await events).toEqual(['error 3', 'close 3']);
  });

  it('stops the delivery of messages', async () => {
    const { socket, peer } = await openedWithPeer();
    const events = log(socket);
    socket.onmessage = () => socket.close();
    peer.write(Buffer.concat([text('one'), text('two')]));
    const { payload } = await peer.readFrame();
    peer.write(frame({ opcode: 8, payload, mask: false }));
    peer.end();
    expect(await events).toEqual(['message 1', 'close 3']);
  });
});

describe('WHATWG WebSockets §4, events', () => {
  it('are emitted once per turn, and reactions of Promises run before the next one', async () => {
    const port = await rawServer(async (peer) => {
      const { upgradeResponse } = await import('../support/raw-peer.ts');
      const head = upgradeResponse(await peer.readHead());
      // In the same write as the response: code that awaits 'open' must be able to add listeners before they are delivered.
      peer.write(Buffer.concat([Buffer.from(head), text('one'), text('two')]));
    });
    const order: string[] = [];
    const socket = await opened(`ws://127.0.0.1:${port}`);
    await Promise.resolve();
    const all = new Promise<void>((resolve) => {
      socket.onmessage = async ({ data, origin, type }) => {
        order.push(`${type} ${data} of ${origin === `ws://127.0.0.1:${port}`}`);
        await Promise.resolve();
        order.push(`after ${data}`);
        if (data === 'two') resolve();
      };
    });
    await all;
    expect(order).toEqual(['message one of true', 'after one', 'message two of true', 'after two']);
  });

  it('have a Blob or an ArrayBuffer for binary messages', async () => {
    const { socket, peer } = await openedWithPeer();
    const data: unknown[] = [];
    const next = (): Promise<MessageEvent> =>
      new Promise((resolve) => {
        socket.onmessage = resolve;
      });
    for (const type of ['blob', 'arraybuffer'] as const) {
      socket.binaryType = type;
      const event = next();
      peer.write(frame({ opcode: 2, payload: Buffer.of(1, 2), mask: false }));
      data.push((await event).data);
    }
    expect(data[0]).toBeInstanceOf(Blob);
    expect(data[1]).toEqual(Uint8Array.of(1, 2).buffer);
  });

  it('are only close when the peer closes the connection', async () => {
    const { socket, peer } = await openedWithPeer();
    const events = log(socket);
    const closed = new Promise<CloseEvent>((resolve) => {
      socket.onclose = resolve;
    });
    peer.write(frame({ opcode: 8, payload: closePayload(4000, 'bye'), mask: false }));
    peer.end();
    expect(await events).toEqual(['close 3']);
    expect(await closed).toMatchObject({ code: 4000, reason: 'bye', wasClean: true });
  });

  it('are error and then close with 1006 when the connection fails or is lost', async () => {
    for (const bytes of [frame({ opcode: 3, mask: false }), Buffer.alloc(0)]) {
      const { socket, peer } = await openedWithPeer();
      const events = log(socket);
      const closed = new Promise<CloseEvent>((resolve) => {
        socket.onclose = resolve;
      });
      peer.write(bytes);
      peer.end();
      expect(await events).toEqual(['error 3', 'close 3']);
      expect(await closed).toMatchObject({ code: 1006, reason: '', wasClean: false });
    }
  });

  it('are only close, and not clean, when the peer does not answer a Close frame', async () => {
    const { socket, peer } = await openedWithPeer();
    const events = log(socket);
    const closed = new Promise<CloseEvent>((resolve) => {
      socket.onclose = resolve;
    });
    socket.close();
    await peer.readFrame();
    peer.end();
    expect(await events).toEqual(['close 3']);
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
  });

  it('are passed to handlers in the order of their first assignment; null removes a handler', () => {
    const socket = new BrowserWebSocket('ws://127.0.0.1:1');
    onTestFinished(() => socket.close());
    const calls: string[] = [];
    socket.onmessage = () => void calls.push('replaced');
    socket.addEventListener('message', () => void calls.push('listener'));
    socket.onmessage = function handler() {
      calls.push(`handler ${this === socket}`);
    };
    socket.dispatchEvent(new Event('message'));
    expect(calls.splice(0)).toEqual(['handler true', 'listener']);
    socket.onmessage = null;
    socket.dispatchEvent(new Event('message'));
    expect(calls.splice(0)).toEqual(['listener']);
    socket.onmessage = 'text' as never;
    expect(socket.onmessage).toBeNull();
    const object = {};
    socket.onmessage = object as never;
    expect(socket.onmessage).toBe(object);
    socket.dispatchEvent(new Event('message'));
    for (const type of ['open', 'error', 'close'] as const) {
      const handler = (): void => void calls.push(type);
      socket[`on${type}`] = handler;
      expect(socket[`on${type}`]).toBe(handler);
      socket.dispatchEvent(new Event(type));
    }
    expect(calls).toEqual(['listener', 'open', 'error', 'close']);
  });
});
