import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Counters } from '../../../src/websocket/session/metrics.ts';
import { sessionOptions } from '../../../src/websocket/session/session-options.ts';
import { TransportWriter } from '../../../src/websocket/session/transport-writer.ts';
import { Connection } from '../../../src/websocket/wire/connection.ts';
import { encodeFrame } from '../../../src/websocket/wire/frame-encoder.ts';
import { Opcode } from '../../../src/websocket/wire/opcode.ts';

/** A writer on a transport that consumes a write when the test says so. */
function open(highWaterMark = 16) {
  const writes: Buffer[] = [];
  const consume: ((error?: Error) => void)[] = [];
  const transport = new Duplex({
    writableHighWaterMark: highWaterMark,
    read() {},
    write(chunk: Buffer, _encoding, callback) {
      writes.push(Buffer.from(chunk));
      consume.push(callback);
    },
  });
  transport.on('error', () => {});
  const sink = {
    onMessage() {},
    onPing() {},
    onPong() {},
    onCloseFrame() {},
    onFail() {},
    onInflate() {},
    onEnd() {},
    onBytes: (chunk: Uint8Array, start: number, end: number, overhead: number): boolean =>
      writer.write(chunk, start, end, overhead),
  };
  const connection = new Connection({ endpoint: { role: 'server' }, sink, options: sessionOptions({}) });
  const counters = new Counters();
  let drains = 0;
  const listener = { onDrain: () => void drains++ };
  const writer = new TransportWriter(transport, connection, listener, counters);
  transport.on('drain', () => writer.drained());
  const send = (text: string): boolean => {
    connection.send(Opcode.TEXT, text);
    writer.scheduleFlush();
    return writer.hasRoom();
  };
  return { writer, transport, counters, send, writes, consume, drains: () => drains };
}

describe('a TransportWriter', () => {
  it('collects the frames of one turn in one write, and counts them', async () => {
    const { writer, counters, send, writes } = open(1000);
    send('one');
    send('two');
    expect([writes.length, writer.bufferedBytes]).toEqual([0, 10]);
    await nextTurn();
    expect(writes).toEqual([Buffer.concat([encodeFrame(Opcode.TEXT, 'one'), encodeFrame(Opcode.TEXT, 'two')])]);
    expect([counters.bytesSent, writer.bufferedBytes]).toEqual([10, 10]);
  });

  it("emits 'drain' once, after it had no room, when the transport has consumed everything", async () => {
    const { writer, send, consume, drains } = open(16);
    expect(send('short')).toBe(true);
    expect(send('as long as that')).toBe(false);
    await nextTurn();
    expect([writer.acceptsMore(), drains()]).toEqual([false, 0]);
    consume[0]!();
    await nextTurn();
    expect([writer.acceptsMore(), drains(), writer.bufferedBytes]).toEqual([true, 1, 0]);
  });

  it('calls the callbacks of a write when the transport has consumed it; an error, when it is closed', async () => {
    const { writer, send, consume } = open();
    const results: unknown[] = [];
    send('one');
    writer.afterWrite((error) => results.push(['one', error?.message]));
    await nextTurn();
    send('two');
    writer.afterWrite((error) => results.push(['two', error?.message]));
    await nextTurn();
    expect(results).toEqual([]);
    consume[0]!();
    await nextTurn();
    expect(results).toEqual([['one', undefined]]);
    const cause = new Error('broken');
    consume[1]!(cause);
    await nextTurn();
    writer.close(cause);
    await nextTurn();
    expect(results).toEqual([
      ['one', undefined],
      ['two', 'WebSocket is not open: readyState 3 (CLOSED)'],
    ]);
  });

  it('calls back with an error for messages that it can no longer write', async () => {
    const { writer, transport, send, writes } = open();
    const errors: unknown[] = [];
    for (const end of [() => transport.destroy(), () => writer.close()]) {
      send('too late');
      writer.afterWrite((error) => errors.push((error as NodeJS.ErrnoException).code));
      end();
      await nextTurn();
    }
    expect([errors, writes]).toEqual([['WS_ERR_NOT_OPEN', 'WS_ERR_NOT_OPEN'], []]);
  });

  it('reports progress while the peer reads what is queued, and none while nothing is queued', async () => {
    const { writer, send, consume } = open();
    expect(writer.takeProgress()).toBe(false);
    send('one');
    await nextTurn();
    send('two');
    await nextTurn();
    // The first observation counts as progress.
    expect([writer.takeProgress(), writer.takeProgress()]).toEqual([true, false]);
    consume[0]!();
    await nextTurn();
    expect([writer.takeProgress(), writer.takeProgress()]).toEqual([true, false]);
    consume[1]!();
    await nextTurn();
    expect(writer.takeProgress()).toBe(false);
  });
});
