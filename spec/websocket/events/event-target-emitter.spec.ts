import { describe, expect, it } from 'vitest';
import { CloseEvent, ErrorEvent, MessageEvent, WebSocket } from '../../../src/websocket/index.ts';
import { openEnds } from '../../support/ends.ts';
import { closePayload } from '../../support/frames.ts';

describe('addEventListener', () => {
  it('passes events like those of browsers to listeners: open, message, close', async () => {
    const { socket, peer, send } = await openEnds('client');
    const events: Event[] = [];
    for (const type of ['message', 'close'] as const) socket.addEventListener(type, (event) => void events.push(event));
    socket.binaryType = 'arraybuffer';
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    send({ opcode: 1, payload: 'text' }, { opcode: 2, payload: Buffer.of(1, 2) });
    send({ opcode: 8, payload: closePayload(4000, 'why') });
    peer.end();
    await closed;
    const [text, binary, close] = events as [MessageEvent, MessageEvent, CloseEvent];
    expect(text).toBeInstanceOf(MessageEvent);
    expect(text).toBeInstanceOf(Event);
    expect([text.type, text.data]).toEqual(['message', 'text']);
    expect([...new Uint8Array(binary.data as ArrayBuffer)]).toEqual([1, 2]);
    expect(close).toBeInstanceOf(CloseEvent);
    expect([close.type, close.code, close.reason, close.wasClean]).toEqual(['close', 4000, 'why', true]);
    for (const event of events) {
      expect([event.target, event.currentTarget, event.srcElement]).toEqual([socket, socket, socket]);
    }
  });

  it('passes an event with the error, unlike browsers', async () => {
    const { socket, peer, send } = await openEnds('server');
    const event = new Promise<ErrorEvent>((resolve) => socket.addEventListener('error', resolve));
    send({ opcode: 3 });
    peer.end();
    expect(await event).toBeInstanceOf(ErrorEvent);
    expect((await event).error).toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
    expect((await event).message).toBe(((await event).error as Error).message);
  });

  it('adds a listener once, supports handleEvent, `once` and `signal`, and ignores null and unknown types', () => {
    const socket = new WebSocket(null);
    const calls: string[] = [];
    const twice = (): void => void calls.push('twice');
    socket.addEventListener('open', twice);
    socket.addEventListener('open', twice);
    socket.addEventListener('open', { handleEvent: ({ type }) => void calls.push(`object ${type}`) });
    socket.addEventListener('open', () => void calls.push('once'), { once: true });
    const controller = new AbortController();
    socket.addEventListener('open', () => void calls.push('signal'), { signal: controller.signal });
    socket.addEventListener('open', () => void calls.push('never'), { signal: AbortSignal.abort() });
    socket.addEventListener('open', () => void calls.push('boolean'), true);
    socket.addEventListener('open', null);
    socket.addEventListener('ping' as never, () => void calls.push('ping'));
    socket.emit('open');
    expect(calls).toEqual(['twice', 'object open', 'once', 'signal', 'boolean']);
    controller.abort();
    socket.emit('open');
    expect(calls.slice(5)).toEqual(['twice', 'object open', 'boolean']);
    expect(socket.listenerCount('ping')).toBe(0);
  });

  it('calls a function with the socket as `this`', () => {
    const socket = new WebSocket(null);
    let self: unknown;
    socket.addEventListener('open', function listener(this: unknown) {
      self = this;
    } as () => void);
    socket.emit('open');
    expect(self).toBe(socket);
  });

  it('is undone by removeEventListener, which ignores other listeners', () => {
    const socket = new WebSocket(null);
    let count = 0;
    const listener = (): void => void count++;
    socket.addEventListener('open', listener);
    socket.removeEventListener('open', () => {});
    socket.removeEventListener('close', listener);
    socket.removeEventListener('open', null);
    socket.emit('open');
    socket.removeEventListener('open', listener);
    socket.emit('open');
    expect(count).toBe(1);
    expect(socket.listenerCount('open')).toBe(0);
  });
});

describe('onopen, onmessage, onclose, onerror', () => {
  it('are null at first, return the assigned value, and are called; a second handler replaces the first', async () => {
    const { socket, peer, send } = await openEnds('client');
    expect([socket.onopen, socket.onmessage, socket.onclose, socket.onerror]).toEqual([null, null, null, null]);
    const calls: string[] = [];
    socket.onmessage = () => void calls.push('first');
    const second = ({ data }: MessageEvent): void => void calls.push(`second ${data}`);
    socket.onmessage = second;
    expect(socket.onmessage).toBe(second);
    socket.onerror = ({ message }) => void calls.push(`error ${message.includes('reserved')}`);
    const closed = new Promise<void>((resolve) => {
      socket.onclose = ({ code, wasClean }) => {
        calls.push(`close ${code} ${wasClean}`);
        resolve();
      };
    });
    send({ opcode: 1, payload: 'a' }, { opcode: 3 });
    peer.end();
    await closed;
    expect(calls).toEqual(['second a', 'error true', 'close 1006 false']);
  });

  it('are removed by null, and by anything else that is not a function', () => {
    const socket = new WebSocket(null);
    let count = 0;
    for (const nothing of [null, 'string' as never]) {
      socket.onopen = () => void count++;
      socket.emit('open');
      socket.onopen = nothing;
      expect(socket.onopen).toBeNull();
      socket.emit('open');
    }
    expect(count).toBe(2);
  });
});
