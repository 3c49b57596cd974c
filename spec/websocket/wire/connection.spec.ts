import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../../../src/shared/memory-price.ts';
import { encodeFrame } from '../../../src/websocket/wire/frame-encoder.ts';
import { Opcode } from '../../../src/websocket/wire/opcode.ts';
import { Inflater } from '../../../src/websocket/wire/permessage-deflate.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import { chunkings, own, splitAt } from '../../support/chunkings.ts';
import { closePayload, frame } from '../../support/frames.ts';
import { connect, feed } from '../../support/recording-sink.ts';

const text = (payload: string): Buffer => frame({ opcode: 1, payload });
const close = (code?: number, reason?: string): Buffer =>
  frame({ opcode: 8, payload: code === undefined ? '' : closePayload(code, reason) });
/** The same from a server. */
const unmasked = (description: Parameters<typeof frame>[0]): Buffer => frame({ ...description, mask: false });

describe('the closing handshake', () => {
  it('is not expected while the connection is open', () => {
    const { connection } = connect('server');
    expect([connection.phase, connection.closeExpected]).toEqual(['open', false]);
  });

  it('goes through closing-local when we close first: the server ends the transport after the answer', () => {
    const { connection, sink } = connect('server');
    connection.close(1000, 'bye');
    expect([connection.phase, connection.closeExpected]).toEqual(['closing-local', true]);
    feed(connection, [text('still delivered'), frame({ opcode: 9, payload: 'p' })]);
    feed(connection, [close(1000)]);
    expect(sink.events).toEqual([['text', 'still delivered'], ['ping', 'p'], ['close', 1000, ''], ['end']]);
    // §5.5.2: a ping is answered "unless it already received a Close frame".
    expect(sink.sentFrames).toMatchObject([
      { opcode: 8, payload: closePayload(1000, 'bye') },
      { opcode: 10, payload: Buffer.from('p') },
    ]);
    expect([connection.phase, connection.closeExpected]).toEqual(['closed', true]);
    connection.receiveEnd();
    expect(connection.closeExpected).toBe(false);
  });

  it('goes through closing-remote when the peer closes first: its code and reason are echoed', () => {
    const { connection, sink } = connect('server');
    sink.reaction = (event) => event[0] === 'close' && expect(connection.phase).toBe('closing-remote');
    feed(connection, [close(4000, 'done')]);
    expect(sink.events).toEqual([['close', 4000, 'done'], ['end']]);
    expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: closePayload(4000, 'done') }]);
    expect(connection.phase).toBe('closed');
  });

  it('echoes a reason that is not UTF-8 with U+FFFD, unless it has become too long, with skipUTF8Validation', () => {
    for (const [length, answer] of [
      [41, '\uFFFD'.repeat(41)],
      [42, ''],
    ] as const) {
      const { connection, sink } = connect('server', { skipUTF8Validation: true });
      feed(connection, [frame({ opcode: 8, payload: closePayload(1000, Buffer.alloc(length, 0xff)) })]);
      expect(sink.events).toEqual([['close', 1000, '\uFFFD'.repeat(length)], ['end']]);
      expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: closePayload(1000, answer) }]);
    }
  });

  it('answers a Close frame without a code with one without a code', () => {
    const { connection, sink } = connect('server');
    feed(connection, [close()]);
    expect(sink.events).toEqual([['close', 1005, ''], ['end']]);
    expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: Buffer.alloc(0) }]);
  });

  it('lets the application send, and answer with its own code, when it receives the Close frame', () => {
    const { connection, sink } = connect('server');
    sink.reaction = (event) => {
      if (event[0] !== 'close') return;
      expect(connection.send(1, 'last words')).toBe(true);
      connection.close(4001);
    };
    feed(connection, [close(1000)]);
    expect(sink.sentFrames.map(({ opcode }) => opcode)).toEqual([1, 8]);
    expect(sink.sentFrames[1]!.payload).toEqual(closePayload(4001));
    expect(sink.events.at(-1)).toEqual(['end']);
  });

  it('leaves it to the server to end the transport: a client waits for the end', () => {
    const { connection, sink } = connect('client');
    feed(connection, [unmasked({ opcode: 8, payload: closePayload(1000) })]);
    expect(sink.events).toEqual([['close', 1000, '']]);
    expect(connection.closeExpected).toBe(true);
    connection.receiveEnd();
    expect(sink.events.at(-1)).toEqual(['end']);
    expect(connection.closeExpected).toBe(false);
  });

  it('is skipped when the transport ends without a Close frame', () => {
    const { connection, sink } = connect('server');
    feed(connection, [text('a'), frame({ opcode: 1, fin: false, payload: 'unfinished' })]);
    connection.receiveEnd();
    connection.receiveEnd();
    expect(sink.events).toEqual([['text', 'a'], ['end']]);
    expect([connection.phase, connection.closeExpected]).toEqual(['closed', false]);
    expect(sink.sent).toEqual([]);
  });

  it('sends one Close frame, whatever is called', () => {
    const { connection, sink } = connect('server');
    connection.close(1000);
    connection.close(1001);
    feed(connection, [close(1000)]);
    connection.close(1002);
    connection.flush();
    expect(sink.sentFrames).toHaveLength(1);
  });

  it('sends no second Close frame for a violation after the first one', () => {
    const { connection, sink } = connect('server');
    connection.close(1000);
    feed(connection, [frame({ opcode: 3 })]);
    expect(sink.sentFrames).toHaveLength(1);
    expect(sink.events).toEqual([['fail', 'WS_ERR_INVALID_OPCODE', '5.2'], ['end']]);
  });

  it('sends nothing after a Close frame', () => {
    const { connection, sink } = connect('server');
    connection.close();
    expect(connection.send(1, 'late')).toBe(false);
    connection.flush();
    expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: Buffer.alloc(0) }]);
  });
});

describe('messages', () => {
  it('are received in any chunking, with control frames among them', () => {
    const bytes = Buffer.concat([
      frame({ opcode: 1, fin: false, payload: 'Hel' }),
      frame({ opcode: 9, payload: 'between' }),
      frame({ opcode: 0, payload: 'lo' }),
      frame({ opcode: 2, payload: Buffer.alloc(300, 7) }),
      frame({ opcode: 10, payload: 'pong' }),
      close(1000),
    ]);
    for (const chunks of chunkings(bytes)) {
      const { connection, sink } = connect('server');
      feed(connection, chunks);
      expect(sink.events).toEqual([
        ['ping', 'between'],
        ['text', 'Hello'],
        ['binary', '07'.repeat(300)],
        ['pong', 'pong'],
        ['close', 1000, ''],
        ['end'],
      ]);
      expect(sink.sentFrames.map(({ opcode, payload }) => [opcode, payload.toString('latin1')])).toEqual([
        [10, 'between'],
        [8, '\x03\xe8'],
      ]);
    }
  });

  it('can be sent as a frame that was encoded before, until a Close frame was sent', () => {
    const { connection, sink } = connect('server');
    const shared = encodeFrame(Opcode.TEXT, 'to many');
    sink.reaction = (event) => event[0] === 'close' && connection.sendFrame(shared);
    expect(connection.sendFrame(shared)).toBe(true);
    feed(connection, [close(1000)]);
    expect(connection.sendFrame(shared)).toBe(false);
    expect(sink.sentFrames.map(({ opcode }) => opcode)).toEqual([1, 1, 8]);
  });

  it('are sent in one frame or in fragments, masked by a client with the keys of generateMask', () => {
    const { connection, sink } = connect('client');
    connection.send(1, 'Hel', false);
    connection.send(0, 'lo');
    expect(connection.pendingBytes).toBeGreaterThan(0);
    connection.flush();
    expect(connection.pendingBytes).toBe(0);
    expect(sink.sentFrames).toMatchObject([
      { fin: false, opcode: 1, masked: true },
      { fin: true, opcode: 0, masked: true },
    ]);
    expect(Buffer.concat(sink.sent).subarray(2, 6)).toEqual(Buffer.of(1, 2, 3, 4));
  });
});

describe('pings', () => {
  it('are answered with their payload, in order', () => {
    const { connection, sink } = connect('server');
    feed(connection, [frame({ opcode: 9, payload: 'one' }), frame({ opcode: 9, payload: 'two' })]);
    expect(sink.sentFrames.map(({ payload }) => payload.toString())).toEqual(['one', 'two']);
  });

  it('are not answered with autoPong off', () => {
    const { connection, sink } = connect('server', { autoPong: false });
    feed(connection, [frame({ opcode: 9, payload: 'one' })]);
    expect(sink.events).toEqual([['ping', 'one']]);
    expect(sink.sent).toEqual([]);
  });

  it('are answered only for the latest one while the transport is congested', () => {
    const { connection, sink } = connect('server');
    connection.congested = true;
    for (let n = 0; n < 1000; n++) feed(connection, [frame({ opcode: 9, payload: `${n}` })]);
    expect(sink.sent).toEqual([]);
    connection.congested = false;
    connection.congested = false;
    connection.flush();
    expect(sink.sentFrames.map(({ payload }) => payload.toString())).toEqual(['999']);
  });

  it('are not answered once the connection is closed', () => {
    const { connection, sink } = connect('server');
    connection.congested = true;
    feed(connection, [frame({ opcode: 9, payload: 'late' }), close(1000)]);
    connection.congested = false;
    connection.flush();
    expect(sink.sentFrames.map(({ opcode }) => opcode)).toEqual([8]);
  });
});

describe('pause', () => {
  it('stops the delivery between two frames of one chunk, and resume() continues it', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => connection.pause();
    feed(connection, [Buffer.concat([text('1'), text('2'), text('3')]), text('4')]);
    expect(connection.paused).toBe(true);
    for (let n = 1; n <= 4; n++) {
      expect(sink.events).toHaveLength(n);
      connection.resume();
    }
    expect(sink.events.map((event) => event[1])).toEqual(['1', '2', '3', '4']);
  });

  it('lasts until the application and the turn of the event loop have both resumed', () => {
    const { connection, sink } = connect('server');
    connection.pause();
    connection.pause('turn');
    feed(connection, [text('1')]);
    connection.resume();
    expect([connection.paused, connection.wantsInput, sink.events]).toEqual([true, false, []]);
    connection.resume('turn');
    expect([connection.paused, connection.wantsInput, sink.events]).toEqual([false, true, [['text', '1']]]);
  });

  it('keeps bytes that are received meanwhile', () => {
    const { connection, sink } = connect('server');
    connection.pause();
    feed(connection, [text('1'), text('2')]);
    expect(sink.events).toEqual([]);
    connection.resume();
    expect(sink.events.map((event) => event[1])).toEqual(['1', '2']);
  });

  it('has no effect if resume() is called in the same listener', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => {
      connection.pause();
      connection.resume();
    };
    feed(connection, [Buffer.concat([text('1'), text('2')])]);
    expect(sink.events).toHaveLength(2);
  });

  it('delivers bytes that are received during a delivery after the others', () => {
    const { connection, sink } = connect('server');
    sink.reaction = (event) => event[1] === '1' && connection.receive(own(text('3')));
    feed(connection, [Buffer.concat([text('1'), text('2')])]);
    expect(sink.events.map((event) => event[1])).toEqual(['1', '2', '3']);
  });

  it('outlasts the end of the transport: kept input waits for resume()', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => connection.pause();
    feed(connection, [Buffer.concat([text('1'), text('2')]), text('3')]);
    connection.receiveEnd();
    for (const delivered of [['1'], ['1', '2'], ['1', '2', '3', undefined]]) {
      expect(sink.events.map((event) => event[1])).toEqual(delivered);
      connection.resume();
    }
    expect(connection.phase).toBe('closed');
  });

  it('no longer counts once the transport has closed: kept input is delivered', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => connection.pause();
    feed(connection, [Buffer.concat([text('1'), text('2')]), text('3')]);
    expect(connection.finished).toBe(false);
    connection.receiveClose();
    expect(connection.finished).toBe(true);
    expect(sink.events.map((event) => event[1])).toEqual(['1', '2', '3', undefined]);
  });

  it('counts kept input as the memory that it takes, in chunks of any size', () => {
    const message = text('hello');
    for (const size of [1, 5, 1000, 60_000]) {
      const { connection, sink } = connect('server');
      connection.pause();
      const count = Math.ceil(60_000 / message.length);
      feed(connection, splitAt(Buffer.alloc(message.length * count, message), size));
      feed(connection, [Buffer.alloc(0)]);
      expect(connection.undeliveredBytes).toBeGreaterThanOrEqual(message.length * count);
      expect(connection.undeliveredBytes).toBeLessThan(2.3 * message.length * count);
      connection.resume();
      expect([sink.events.length, connection.undeliveredBytes]).toEqual([count, 0]);
    }
  });

  it('keeps no chunk for the few bytes of it that are not decoded', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => connection.pause();
    feed(connection, [Buffer.concat([frame({ opcode: 2, payload: Buffer.alloc(60_000) }), text('next')])]);
    expect(connection.undeliveredBytes).toBe(text('next').length + ALLOCATION_PRICE);
    feed(connection, [text('last')]);
    connection.resume();
    connection.resume();
    expect(sink.events.slice(1)).toEqual([
      ['text', 'next'],
      ['text', 'last'],
    ]);
  });

  it('stops for a budget that is spent, even if the transport has closed, until the budget is renewed', () => {
    const { connection, sink } = connect('server');
    sink.reaction = ([type]) => type === 'text' && connection.pause('budget');
    feed(connection, [Buffer.concat([text('one'), text('two'), text('three')])]);
    connection.resume();
    connection.receiveClose();
    expect([sink.events.length, connection.paused, connection.wantsInput]).toEqual([1, true, false]);
    connection.resume('budget');
    expect([sink.events.length, connection.finished]).toEqual([2, false]);
    connection.resume('budget');
    expect([sink.events.at(-1), connection.finished]).toEqual([['end'], true]);
  });

  it('discards kept input when the connection fails', () => {
    const { connection, sink } = connect('server');
    connection.pause();
    feed(connection, [frame({ opcode: 3 }), text('never')]);
    connection.resume();
    expect(sink.events.map(([type]) => type)).toEqual(['fail', 'end']);
  });
});

/** What an unfinished message of a few bytes costs: its queue, and a block of 128 bytes. */
const SMALL_COST = 2 * OBJECT_PRICE + (ALLOCATION_PRICE + 128);

describe('fail', () => {
  it('fails the connection once, for a reason found outside of it', () => {
    const { connection, sink } = connect('server');
    expect(connection.messageProgress).toBe(-1);
    feed(connection, [frame({ fin: false, opcode: 1, payload: 'begun' })]);
    expect([connection.messageProgress, connection.undeliveredBytes]).toEqual([1, SMALL_COST]);
    feed(connection, [frame({ fin: false, opcode: 0 })]);
    expect([connection.messageProgress, connection.undeliveredBytes]).toEqual([2, SMALL_COST]);
    connection.fail(Violation.MESSAGE_TOO_LONG, 1, 2);
    connection.fail(Violation.INVALID_UTF8);
    connection.flush();
    expect(sink.limits).toEqual([[1, 2]]);
    expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: closePayload(1009) }]);
    expect([connection.messageProgress, connection.undeliveredBytes]).toEqual([-1, 0]);
  });
});

describe('abort', () => {
  it('stops the delivery immediately, and sends nothing', () => {
    const { connection, sink } = connect('server');
    sink.reaction = () => connection.abort();
    feed(connection, [Buffer.concat([text('1'), text('2')])]);
    feed(connection, [text('3')]);
    expect(sink.events).toEqual([['text', '1']]);
    expect([connection.phase, connection.send(1, 'no'), sink.sent.length]).toEqual(['closed', false, 0]);
  });

  it('in the listener of a Close frame, prevents the answer', () => {
    const { connection, sink } = connect('client');
    sink.reaction = () => connection.abort();
    feed(connection, [unmasked({ opcode: 8 })]);
    expect(sink.sent).toEqual([]);
  });
});

describe('compressed messages', () => {
  const compressed = (payload: Buffer, opcode = 1): Buffer =>
    frame({ rsv: 4, opcode, payload: deflateRawSync(payload) });
  const large = Buffer.alloc(100_000, 'x');

  it('are delivered decompressed, among others, in any chunking', () => {
    const bytes = Buffer.concat([
      frame({ rsv: 4, opcode: 1, fin: false, payload: Buffer.from('f248cd', 'hex') }),
      frame({ opcode: 9, payload: 'between' }),
      frame({ opcode: 0, payload: Buffer.from('c9c90700', 'hex') }),
      frame({ rsv: 4, opcode: 1, payload: Buffer.from('f200110000', 'hex') }),
      text('plain'),
      compressed(Buffer.of(0xff), 2),
    ]);
    for (const chunks of chunkings(bytes)) {
      const { connection, sink } = connect('server', {}, new Inflater(15, true));
      feed(connection, chunks);
      expect(sink.events).toEqual([
        ['ping', 'between'],
        ['text', 'Hello'],
        ['text', 'Hello'],
        ['text', 'plain'],
        ['binary', 'ff'],
      ]);
    }
  });

  it('must be UTF-8, unless skipUTF8Validation is true', () => {
    const checking = connect('server', {}, new Inflater(15, true));
    feed(checking.connection, [compressed(Buffer.of(0xff))]);
    expect(checking.sink.violations).toEqual([Violation.INVALID_UTF8]);
    const { connection, sink } = connect('server', { skipUTF8Validation: true }, new Inflater(15, true));
    feed(connection, [compressed(Buffer.of(0xff))]);
    expect(sink.events).toEqual([['text', '\uFFFD']]);
  });

  it('are left to the runtime if they are large, and hold back the input after them', () => {
    for (const payload of [large, randomBytes(20_000)]) {
      const { connection, sink } = connect('server', {}, new Inflater(15, true));
      feed(connection, [Buffer.concat([compressed(payload, 2), text('next')]), text('last')]);
      expect(connection.inflating).toBe(true);
      expect(sink.events.map(([type]) => type)).toEqual(['inflate']);
      connection.inflated(own(payload));
      expect(connection.inflating).toBe(false);
      expect(sink.events.slice(1).map((event) => event[1])).toEqual([payload.toString('hex'), 'next', 'last']);
    }
  });

  it('fail the connection if the result is too large, or if they are not DEFLATE data', () => {
    for (const violation of [Violation.MESSAGE_TOO_LONG, Violation.INVALID_DEFLATE]) {
      const { connection, sink } = connect('server', { maxPayload: 99_999 }, new Inflater(15, true));
      feed(connection, [Buffer.concat([compressed(large), text('never')])]);
      connection.inflated(violation);
      connection.flush();
      expect(sink.violations).toEqual([violation]);
      expect(sink.sentFrames).toMatchObject([{ opcode: 8, payload: closePayload(violation.closeCode) }]);
    }
  });

  it('fail the connection without the runtime if the limit is small', () => {
    const { connection, sink } = connect('server', { maxPayload: 1000 }, new Inflater(15, true));
    feed(connection, [compressed(large)]);
    expect(sink.violations).toEqual([Violation.MESSAGE_TOO_LONG]);
    expect(sink.limits).toEqual([[1000, 1001]]);
  });

  it('hold back the end of the transport while they are inflated', () => {
    const { connection, sink } = connect('server', {}, new Inflater(15, true));
    feed(connection, [Buffer.concat([compressed(large), text('next')])]);
    connection.resume();
    connection.receiveEnd();
    connection.receiveClose();
    expect(sink.events.map(([type]) => type)).toEqual(['inflate']);
    connection.inflated(own(Buffer.from('result')));
    expect(sink.events.slice(1)).toEqual([['text', 'result'], ['text', 'next'], ['end']]);
  });

  it('wait for resume() if the connection is paused when the result comes', () => {
    const { connection, sink } = connect('server', {}, new Inflater(15, true));
    feed(connection, [Buffer.concat([compressed(large), text('next')])]);
    connection.pause();
    connection.inflated(own(Buffer.from('result')));
    expect(sink.events.map(([type]) => type)).toEqual(['inflate']);
    connection.resume();
    expect(sink.events.slice(1)).toEqual([
      ['text', 'result'],
      ['text', 'next'],
    ]);
  });

  it('do not keep a client from ending a transport that has ended, if it fails meanwhile', () => {
    const { connection, sink } = connect('client', {}, new Inflater(15, true));
    feed(connection, [unmasked({ rsv: 4, opcode: 1, payload: deflateRawSync(large) })]);
    connection.receiveEnd();
    connection.fail(Violation.INVALID_UTF8);
    expect(sink.events.map(([type]) => type)).toEqual(['inflate', 'fail', 'end']);
  });

  it('count while they are inflated, with what the inflation takes, until the result is not needed any more', () => {
    const { connection } = connect('server', {}, new Inflater(15, true));
    expect(connection.inflationProgress(1)).toBe(true);
    const message = compressed(randomBytes(20_000));
    feed(connection, [Buffer.concat([message, frame({ opcode: 2, payload: Buffer.alloc(50_000) })])]);
    const { undeliveredBytes } = connection;
    expect(undeliveredBytes).toBeGreaterThan(70_000);
    expect(undeliveredBytes).toBeLessThan(200_000);
    expect(connection.inflationProgress(100_000)).toBe(true);
    expect(connection.undeliveredBytes).toBe(undeliveredBytes + 100_000);
    connection.pause();
    let joins = 0;
    connection.inflated(() => {
      joins++;
      return own(Buffer.alloc(1000));
    });
    // The pieces are not joined before the result can be delivered.
    expect([joins, connection.undeliveredBytes > 100_000]).toEqual([0, true]);
    connection.resume();
    expect(joins).toBe(1);
    feed(connection, [message]);
    connection.pause();
    connection.inflated(own(Buffer.alloc(1000)));
    expect(connection.undeliveredBytes).toBeLessThan(2000);
    connection.resume();
    expect(connection.undeliveredBytes).toBe(0);
    feed(connection, [message]);
    connection.abort();
    expect(connection.inflationProgress(100_000)).toBe(false);
  });

  it('are not delivered if the connection is aborted meanwhile', () => {
    const { connection, sink } = connect('server', {}, new Inflater(15, true));
    feed(connection, [compressed(large)]);
    connection.abort();
    connection.inflated(own(large));
    expect(sink.events.map(([type]) => type)).toEqual(['inflate']);
  });

  it('are sent with RSV1 set on the first frame', () => {
    const { connection, sink } = connect('server');
    connection.send(1, 'a', false, true);
    connection.send(0, 'b', true);
    connection.flush();
    expect(sink.sentFrames.map(({ rsv }) => rsv)).toEqual([4, 0]);
  });
});
