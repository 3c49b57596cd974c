import { describe, expect, it } from 'vitest';
import { isSendableCloseCode } from '../../../src/websocket/wire/close-code.ts';
import { Inflater } from '../../../src/websocket/wire/permessage-deflate.ts';
import { Violation } from '../../../src/websocket/wire/violation.ts';
import { chunkings, splitAt } from '../../support/chunkings.ts';
import { closePayload, frame } from '../../support/frames.ts';
import { connect, feed } from '../../support/recording-sink.ts';
import { VIOLATION_VECTORS } from '../../support/violation-vectors.ts';

/** The close code and the section of each violation, by the standards. The compiler refuses this table if a row is missing. */
const STANDARD: Readonly<Record<keyof typeof Violation, readonly [closeCode: number, section: string]>> = {
  UNEXPECTED_RSV_1: [1002, '5.2'],
  UNEXPECTED_RSV_2_3: [1002, '5.2'],
  INVALID_OPCODE: [1002, '5.2'],
  UNEXPECTED_CONTINUATION: [1002, '5.4'],
  EXPECTED_CONTINUATION: [1002, '5.4'],
  EXPECTED_MASK: [1002, '5.1'],
  UNEXPECTED_MASK: [1002, '5.1'],
  EXPECTED_FIN: [1002, '5.5'],
  CONTROL_PAYLOAD_TOO_LONG: [1002, '5.5'],
  CLOSE_PAYLOAD_TOO_SHORT: [1002, '5.5.1'],
  INVALID_CLOSE_CODE: [1002, '7.4'],
  LENGTH_NOT_MINIMAL: [1002, '5.2'],
  LENGTH_TOP_BIT: [1002, '5.2'],
  LENGTH_UNSAFE: [1009, '10.4'],
  INVALID_UTF8: [1007, '8.1'],
  INVALID_UTF8_REASON: [1007, '5.5.1'],
  MESSAGE_TOO_LONG: [1009, '10.4'],
  TOO_MANY_FRAGMENTS: [1008, '10.4'],
  TOO_MANY_CHUNKS: [1008, '10.4'],
  INVALID_DEFLATE: [1007, 'RFC 7692 7.2.2'],
  TOO_MANY_FINAL_BLOCKS: [1008, 'RFC 7692 7.2.3.4'],
};

describe('the table of violations', () => {
  const rows = Object.entries(Violation) as [keyof typeof Violation, Violation][];

  it('has a test vector for each row, except TOO_MANY_CHUNKS, which depends on the chunking', () => {
    const covered = new Set(VIOLATION_VECTORS.map(({ row }) => row));
    expect(rows.map(([row]) => row).filter((row) => !covered.has(row))).toEqual(['TOO_MANY_CHUNKS']);
  });

  it('has the close code and the section of the standard in each row', () => {
    const actual = rows.map(([row, { closeCode, section, standard }]) => [
      row,
      [closeCode, standard === undefined ? section : `${standard} ${section}`],
    ]);
    expect(Object.fromEntries(actual)).toEqual(STANDARD);
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
