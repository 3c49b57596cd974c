import { describe, expect, it } from 'vitest';
import { isSendableCloseCode } from '../../../src/websocket/wire/close-code.ts';
import { Inflater } from '../../../src/websocket/wire/permessage-deflate.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import { chunkings, splitAt } from '../../support/chunkings.ts';
import { closePayload, frame } from '../../support/frames.ts';
import { connect, feed } from '../../support/recording-sink.ts';
import { VIOLATION_VECTORS } from '../../support/violation-vectors.ts';

describe('the table of violations', () => {
  const rows = Object.entries(Violation) as [keyof typeof Violation, Violation][];

  it('has a test vector for each row, except TOO_MANY_CHUNKS, which depends on the chunking', () => {
    const covered = new Set(VIOLATION_VECTORS.map(({ row }) => row));
    expect(rows.map(([row]) => row).filter((row) => !covered.has(row))).toEqual(['TOO_MANY_CHUNKS']);
  });

  it('has a code, a close code that may be sent, a section and an explanation in each row', () => {
    for (const [, { code, closeCode, section, text }] of rows) {
      expect(code).toMatch(/^WS_ERR_[A-Z0-9_]+$/);
      expect(isSendableCloseCode(closeCode)).toBe(true);
      expect(section).toMatch(/^\d+(\.\d+)*$/);
      expect(text).not.toBe('');
    }
  });
});

describe('a connection fails, in any chunking', () => {
  for (const { row, title, bytes, role = 'server', options = {}, deflate = false, limit } of VIOLATION_VECTORS) {
    const violation: Violation = Violation[row];
    it(`with ${violation.closeCode} ${violation.code} for ${title}`, () => {
      const later = frame({ opcode: 1, payload: 'later', mask: role === 'server' ? undefined : false } as never);
      for (const chunks of [...chunkings(bytes), [Buffer.concat([bytes, later])]]) {
        const { connection, sink } = connect(role, options, deflate ? new Inflater(15, true) : null);
        feed(connection, chunks);
        expect(sink.violations).toEqual([violation]);
        if (limit !== undefined) expect(sink.limits).toEqual([limit]);
        // §7.1.7: a Close frame has the reason. Then a server closes the TCP connection; a client waits for the server.
        expect(sink.sentFrames).toMatchObject([
          { opcode: 8, masked: role === 'client', payload: closePayload(violation.closeCode) },
        ]);
        expect(sink.events.at(-1)).toEqual(role === 'server' ? ['end'] : ['fail', violation.code, violation.section]);
        expect(connection.phase).toBe('closed');
        expect(connection.closeExpected).toBe(true);

        // "An endpoint MUST NOT continue to attempt to process data".
        const before = sink.events.length;
        feed(connection, [later, frame({ opcode: 8 })]);
        expect(sink.events).toHaveLength(before);
        expect(connection.send(1, 'no')).toBe(false);
        expect(sink.sentFrames).toHaveLength(1);
      }
    });
  }

  it('with 1008 WS_ERR_TOO_MANY_BUFFERED_PARTS for a message in too many chunks', () => {
    const { connection, sink } = connect('server', { maxBufferedChunks: 3 });
    feed(connection, splitAt(frame({ opcode: 2, payload: 'abcd' }), 1));
    expect(sink.events).toEqual([['binary', '61626364']]);
    feed(connection, splitAt(frame({ opcode: 2, payload: 'abcdef' }), 1));
    expect(sink.violations).toEqual([Violation.TOO_MANY_CHUNKS]);
    expect(sink.limits).toEqual([[3, 4]]);
  });
});
