import { describe, expect, it } from 'vitest';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../../../src/shared/memory-price.ts';
import { MessageDecoder, type MessageSink } from '../../../src/websocket/wire/message-decoder.ts';
import { chunkings, own, splitAt } from '../../support/chunkings.ts';
import { closePayload, frame } from '../../support/frames.ts';

/** The messages, control frames and violations in some bytes, as text. */
function decode(
  chunks: readonly Buffer[],
  options: {
    maxPayload?: number;
    maxFragments?: number;
    maxBufferedChunks?: number;
    skipUTF8Validation?: boolean;
    allowCompression?: boolean;
  } = {},
): string[] {
  const events: string[] = [];
  const text = (chunk: Uint8Array, start: number, end: number): string =>
    Buffer.from(chunk.subarray(start, end)).toString();
  const sink: MessageSink = {
    onMessage: (opcode, chunk, start, end) => void events.push(`message ${opcode} ${text(chunk, start, end)}`),
    onCompressedMessage: (opcode, chunk, start, end) =>
      void events.push(`compressed ${opcode} ${text(chunk, start, end)}`),
    onPing: (chunk, start, end) => void events.push(`ping ${text(chunk, start, end)}`),
    onPong: (chunk, start, end) => void events.push(`pong ${text(chunk, start, end)}`),
    onCloseFrame: (code, reason) => void events.push(`close ${code} ${reason}`),
    onViolation: ({ code, section }) => void events.push(`${code} ${section}`),
  };
  const { allowCompression = false, ...limits } = options;
  const defaults = { maxPayload: 1000, maxFragments: 10, maxBufferedChunks: 1000, skipUTF8Validation: false };
  const decoder = new MessageDecoder(sink, 'server', { ...defaults, ...limits }, allowCompression);
  for (const chunk of chunks) decoder.decode(own(chunk), 0);
  return events;
}

function inAnyChunking(frames: readonly Buffer[], options?: Parameters<typeof decode>[1]): string[] {
  const bytes = Buffer.concat(frames);
  const whole = decode([bytes], options);
  for (const chunks of chunkings(bytes)) expect(decode(chunks, options)).toEqual(whole);
  return whole;
}

const text = (payload: string | Buffer, fin = true): Buffer => frame({ opcode: 1, payload, fin });
const more = (payload: string | Buffer, fin = false): Buffer => frame({ opcode: 0, payload, fin });

/** What an unfinished message of a few bytes costs: its queue, and a block of 128 bytes. */
const SMALL_COST = 2 * OBJECT_PRICE + (ALLOCATION_PRICE + 128);

/** A decoder whose reports nobody needs. */
function silentDecoder(): MessageDecoder {
  const sink = { onMessage: () => {}, onPing: () => {}, onPong: () => {} } as unknown as MessageSink;
  const unlimited = Number.POSITIVE_INFINITY;
  const limits = { maxPayload: unlimited, maxFragments: unlimited, maxBufferedChunks: unlimited };
  return new MessageDecoder(sink, 'server', { ...limits, skipUTF8Validation: false }, false);
}

/** A fragment in a chunk of 64 KiB, before many pongs. */
function paddedChunk(fragment: Buffer): Buffer {
  const pong = frame({ opcode: 10, payload: Buffer.alloc(125) });
  return own(Buffer.concat([fragment, ...Array(500).fill(pong)]));
}

describe('MessageDecoder', () => {
  it('joins fragments, and reports control frames between them as they arrive', () => {
    const frames = [text('Hel', false), frame({ opcode: 9, payload: 'p' }), more(''), more('lo', true), text('next')];
    expect(inAnyChunking(frames)).toEqual(['ping p', 'message 1 Hello', 'message 1 next']);
  });

  it('reports empty messages, whole and in empty fragments', () => {
    expect(inAnyChunking([text(''), text('', false), more(''), more('', true)])).toEqual(['message 1 ', 'message 1 ']);
  });

  it('reports binary messages without validation', () => {
    expect(inAnyChunking([frame({ opcode: 2, payload: 'b' }), frame({ opcode: 2, payload: Buffer.of(0xff) })])).toEqual(
      ['message 2 b', 'message 2 \uFFFD'],
    );
  });

  it('accepts a code point that is split over fragments', () => {
    const euro = Buffer.from('€');
    expect(inAnyChunking([text(euro.subarray(0, 1), false), more(euro.subarray(1), true)])).toEqual(['message 1 €']);
  });

  it('fails at the first invalid byte, in the middle of a fragment', () => {
    const bytes = text(Buffer.concat([Buffer.of(0xce, 0xba, 0xff), Buffer.alloc(100, 0x61)]));
    expect(decode([bytes.subarray(0, 6 + 2)])).toEqual([]);
    expect(decode([bytes.subarray(0, 6 + 3)])).toEqual(['WS_ERR_INVALID_UTF8 8.1']);
  });

  it('fails if a message ends within a code point', () => {
    expect(inAnyChunking([text(Buffer.of(0xe2, 0x82))])).toEqual(['WS_ERR_INVALID_UTF8 8.1']);
  });

  it('validates nothing with skipUTF8Validation', () => {
    expect(inAnyChunking([text(Buffer.of(0xff))], { skipUTF8Validation: true })).toEqual(['message 1 \uFFFD']);
    const close = frame({ opcode: 8, payload: closePayload(1000, Buffer.of(0xff)) });
    expect(inAnyChunking([close], { skipUTF8Validation: true })).toEqual(['close 1000 \uFFFD']);
  });

  it('fails for a continuation without a message, and for a message within a message', () => {
    expect(inAnyChunking([more('a', true)])).toEqual(['WS_ERR_INVALID_OPCODE 5.4']);
    expect(inAnyChunking([text('a', false), text('b')])).toEqual(['WS_ERR_INVALID_OPCODE 5.4']);
    expect(inAnyChunking([text('a'), more('b')])).toEqual(['message 1 a', 'WS_ERR_INVALID_OPCODE 5.4']);
  });

  it('passes on the violations of a single frame', () => {
    expect(inAnyChunking([frame({ opcode: 5 })])).toEqual(['WS_ERR_INVALID_OPCODE 5.2']);
  });

  it('accepts maxPayload bytes and not one more, in one frame or in several', () => {
    expect(inAnyChunking([text('a'.repeat(10))], { maxPayload: 10 })).toEqual([`message 1 ${'a'.repeat(10)}`]);
    expect(inAnyChunking([text('a'.repeat(11))], { maxPayload: 10 })).toEqual([
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 10.4',
    ]);
    expect(inAnyChunking([text('a'.repeat(6), false), more('a'.repeat(5))], { maxPayload: 10 })).toEqual([
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 10.4',
    ]);
  });

  it('counts the bytes and fragments of each message separately', () => {
    const message = [text('abc', false), more('def', true)];
    const limits = { maxPayload: 6, maxFragments: 2, maxBufferedChunks: 6 };
    expect(inAnyChunking([...message, ...message, ...message], limits)).toEqual(Array(3).fill('message 1 abcdef'));
    expect(inAnyChunking([text('', false), more(''), more('', true)], limits)).toEqual([
      'WS_ERR_TOO_MANY_BUFFERED_PARTS 10.4',
    ]);
  });

  it('buffers at most maxBufferedChunks chunks of a message', () => {
    const frames = [text('a', false), more('b'), more('c', true)];
    expect(inAnyChunking(frames, { maxBufferedChunks: 2 })).toEqual(['message 1 abc']);
    expect(inAnyChunking(frames, { maxBufferedChunks: 1 })).toEqual(['WS_ERR_TOO_MANY_BUFFERED_PARTS 10.4']);
  });

  it('reports pings, pongs and Close frames, whole and in pieces', () => {
    expect(inAnyChunking([frame({ opcode: 9, payload: 'ping' }), frame({ opcode: 10, payload: 'pong' })])).toEqual([
      'ping ping',
      'pong pong',
    ]);
    expect(inAnyChunking([frame({ opcode: 8 })])).toEqual(['close 1005 ']);
    expect(inAnyChunking([frame({ opcode: 8, payload: closePayload(1000) })])).toEqual(['close 1000 ']);
    expect(inAnyChunking([frame({ opcode: 8, payload: closePayload(4999, 'bÿe') })])).toEqual(['close 4999 bÿe']);
  });

  it('decodes nothing after a Close frame', () => {
    expect(inAnyChunking([frame({ opcode: 8 }), text('late')])).toEqual(['close 1005 ']);
  });

  it('fails for a Close frame with half a code, a code that must not be sent, or a reason that is not UTF-8', () => {
    const close = (payload: Buffer): string[] => inAnyChunking([frame({ opcode: 8, payload })]);
    expect(close(Buffer.of(3))).toEqual(['WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 5.5.1']);
    expect(close(closePayload(1005))).toEqual(['WS_ERR_INVALID_CLOSE_CODE 7.4']);
    expect(close(closePayload(1000, Buffer.of(0xff)))).toEqual(['WS_ERR_INVALID_UTF8 5.5.1']);
    expect(close(closePayload(1000, Buffer.of(0xe2, 0x82)))).toEqual(['WS_ERR_INVALID_UTF8 5.5.1']);
  });

  it('reports compressed messages without validation, and allows for the bytes that compression adds', () => {
    const options = { allowCompression: true, maxPayload: 100 };
    const compressed = frame({ rsv: 4, opcode: 1, fin: false, payload: 'a' });
    const frames = [compressed, more('b', true), text('plain'), frame({ rsv: 4, opcode: 2, payload: 'c' })];
    expect(inAnyChunking(frames, options)).toEqual(['compressed 1 ab', 'message 1 plain', 'compressed 2 c']);
    const notUtf8 = frame({ rsv: 4, opcode: 1, payload: Buffer.of(0xff) });
    expect(inAnyChunking([notUtf8], options)).toEqual(['compressed 1 \uFFFD']);
    const long = (length: number, rsv: number): string =>
      inAnyChunking([frame({ rsv, opcode: 2, payload: Buffer.alloc(length) })], options)[0]!;
    expect(long(165, 4)).toMatch(/^compressed 2/);
    expect(long(166, 4)).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 10.4');
    expect(long(101, 0)).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 10.4');
  });

  it('reports a message that is in one chunk without a copy', () => {
    const chunk = own(text('Hello'));
    const given: Uint8Array[] = [];
    const sink = { onMessage: (_: number, bytes: Uint8Array) => void given.push(bytes) } as unknown as MessageSink;
    const limits = { maxPayload: 100, maxFragments: 100, maxBufferedChunks: 100, skipUTF8Validation: false };
    new MessageDecoder(sink, 'server', limits, false).decode(chunk, 0);
    expect(given[0]).toBe(chunk);
  });

  it('knows whether a message is in progress, how it progresses, and how much memory it takes', () => {
    const decoder = silentDecoder();
    const states: unknown[] = [];
    for (const bytes of [text('ab', false), more(''), text('c').subarray(0, 0), more('d', true), text('e', false)]) {
      decoder.decode(own(bytes), 0);
      states.push([decoder.messageProgress, decoder.bufferedBytes]);
    }
    expect(states).toEqual([
      [1, SMALL_COST],
      [2, SMALL_COST],
      [2, SMALL_COST],
      [-1, 0],
      [4, SMALL_COST],
    ]);
    decoder.reset();
    expect([decoder.messageProgress, decoder.bufferedBytes]).toEqual([-1, 0]);
  });

  it.each<[title: string, chunks: readonly Buffer[]]>([
    ['one-byte fragments', Array.from({ length: 5000 }, () => own(more('a')))],
    ['one-byte fragments in large chunks', Array.from({ length: 500 }, () => paddedChunk(more('a')))],
    ['fragments of 1000 bytes in large chunks', Array.from({ length: 100 }, () => paddedChunk(more('a'.repeat(1000))))],
    ['fragments of 40,000 bytes in large chunks', Array.from({ length: 20 }, () => own(more('a'.repeat(40_000))))],
    ['large and tiny fragments in turn', Array.from({ length: 50 }, (_, i) => own(more('a'.repeat(i % 2 || 20_000))))],
    ['one-byte segments of one frame', splitAt(more('a'.repeat(5000)), 1).map(own)],
  ])('holds about as much memory as an unfinished message has bytes, and counts it: %s', (_, chunks) => {
    const decoder = silentDecoder();
    decoder.decode(own(text('', false)), 0);
    for (const chunk of chunks) decoder.decode(chunk, 0);
    const payload = chunks.reduce((sum, chunk) => sum + chunk.filter((byte) => byte === 0x61).length, 0);
    expect(decoder.bufferedBytes).toBeLessThan(2 * payload + 1000);
    expect(decoder.bufferedBytes).toBeGreaterThan(payload);
  });

  it('counts a control frame that arrives in pieces, until it is complete', () => {
    const decoder = silentDecoder();
    const ping = frame({ opcode: 9, payload: 'ping' });
    decoder.decode(own(ping.subarray(0, 8)), 0);
    expect(decoder.bufferedBytes).toBe(125 + ALLOCATION_PRICE);
    decoder.decode(own(ping.subarray(8)), 0);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('can be halted between messages', () => {
    const messages: string[] = [];
    const onMessage = (): void => {
      messages.push('message');
      decoder.halt();
    };
    const sink = { onMessage } as unknown as MessageSink;
    const limits = { maxPayload: 100, maxFragments: 100, maxBufferedChunks: 100, skipUTF8Validation: false };
    const decoder = new MessageDecoder(sink, 'server', limits, false);
    const bytes = own(Buffer.concat([text('a'), text('b')]));
    const offset = decoder.decode(bytes, 0);
    expect([offset, messages.length]).toEqual([7, 1]);
    decoder.proceed();
    expect([decoder.decode(bytes, offset), messages.length]).toEqual([14, 2]);
  });
});
