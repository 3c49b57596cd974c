import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/websocket/wire/frame.ts';
import { FrameDecoder, type FrameSink } from '../../../src/websocket/wire/frame-decoder.ts';
import type { Violation } from '../../../src/websocket/wire/violation.ts';
import { chunkings, own } from '../../support/chunkings.ts';
import { type FrameDescription, frame } from '../../support/frames.ts';

class Recorder implements FrameSink {
  readonly headers: (readonly [fin: boolean, opcode: number, length: number])[] = [];
  readonly rsv1: boolean[] = [];
  readonly payloads: Buffer[] = [];
  readonly violations: Violation[] = [];
  onPiece: () => void = () => {};
  #pieces: Buffer[] = [];

  onFrameHeader(fin: boolean, rsv1: boolean, opcode: number, length: number): void {
    this.rsv1.push(rsv1);
    this.headers.push([fin, opcode, length]);
  }

  onFramePayload(chunk: Uint8Array, start: number, end: number, last: boolean): void {
    this.#pieces.push(Buffer.from(chunk.subarray(start, end)));
    if (last) this.payloads.push(Buffer.concat(this.#pieces.splice(0)));
    this.onPiece();
  }

  onFrameViolation(violation: Violation): void {
    this.violations.push(violation);
  }
}

function decode(chunks: readonly Buffer[], role: Role = 'server', allowRsv1 = false): Recorder {
  const recorder = new Recorder();
  const decoder = new FrameDecoder(recorder, role, allowRsv1);
  for (const chunk of chunks) decoder.decode(own(chunk), 0);
  return recorder;
}

/** Violations as [title, frame, code]: this file reaches every branch without the others. */
const BROKEN: readonly (readonly [string, FrameDescription, string])[] = [
  ['RSV1', { rsv: 4, opcode: 1 }, 'WS_ERR_UNEXPECTED_RSV_1'],
  ['RSV2', { rsv: 2, opcode: 1 }, 'WS_ERR_UNEXPECTED_RSV_2_3'],
  ['RSV3', { rsv: 1, opcode: 1 }, 'WS_ERR_UNEXPECTED_RSV_2_3'],
  ['a reserved opcode', { opcode: 3 }, 'WS_ERR_INVALID_OPCODE'],
  ['a fragmented ping', { fin: false, opcode: 9 }, 'WS_ERR_EXPECTED_FIN'],
  ['a long ping', { opcode: 9, length: 126 }, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
  ['no mask', { opcode: 1, mask: false }, 'WS_ERR_EXPECTED_MASK'],
  ['a 16-bit length that fits in 7', { opcode: 1, form: 16, length: 125 }, 'WS_ERR_LENGTH_NOT_MINIMAL'],
  ['a 64-bit length that fits in 16', { opcode: 1, form: 64, length: 65535 }, 'WS_ERR_LENGTH_NOT_MINIMAL'],
  ['the top bit', { opcode: 1, form: 64, length: 2n ** 63n }, 'WS_ERR_INVALID_LENGTH'],
  ['a length of 2^53', { opcode: 1, form: 64, length: 2n ** 53n }, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'],
];

describe('FrameDecoder', () => {
  for (const length of [0, 1, 125, 126, 127, 65535, 65536]) {
    it(`reads a masked and an unmasked payload of ${length} bytes, in any chunking`, () => {
      const payload = Buffer.from(Uint8Array.from({ length }, (_, index) => index & 0xff));
      for (const mask of [undefined, false] as const) {
        const bytes = frame({ opcode: 2, payload, ...(mask === false ? { mask } : {}) });
        for (const chunks of chunkings(Buffer.concat([bytes, bytes]))) {
          const { headers, payloads } = decode(chunks, mask === false ? 'client' : 'server');
          const header = [true, 2, length];
          expect(headers).toEqual([header, header]);
          expect(payloads.map((other) => other.equals(payload))).toEqual([true, true]);
        }
      }
    });
  }

  it('reads the length of 2^53 - 1, without waiting for its payload', () => {
    const bytes = frame({ opcode: 2, length: Number.MAX_SAFE_INTEGER });
    for (const chunks of chunkings(bytes)) {
      expect(decode(chunks).headers).toEqual([[true, 2, Number.MAX_SAFE_INTEGER]]);
    }
  });

  for (const [title, description, code] of BROKEN) {
    it(`rejects ${title}, and decodes nothing more`, () => {
      const good = frame({ opcode: 1, payload: 'good' });
      for (const chunks of chunkings(Buffer.concat([good, frame(description), good]))) {
        const { headers, violations } = decode(chunks);
        expect(violations.map((violation) => violation.code)).toEqual([code]);
        expect(headers).toEqual([[true, 1, 4]]);
      }
    });
  }

  it('rejects a masked frame in a client', () => {
    expect(decode([frame({ opcode: 1 })], 'client').violations.map(({ code }) => code)).toEqual([
      'WS_ERR_UNEXPECTED_MASK',
    ]);
  });

  it('allows RSV1 on the first frame of a message if it is negotiated, and nowhere else', () => {
    const text = decode([frame({ rsv: 4, opcode: 1 }), frame({ opcode: 2 })], 'server', true);
    expect([text.violations, text.rsv1]).toEqual([[], [true, false]]);
    for (const [opcode, rsv] of [
      [0, 4],
      [8, 4],
      [9, 4],
      [1, 6],
      [1, 2],
    ] as const) {
      expect(decode([frame({ rsv, opcode })], 'server', true).violations).toHaveLength(1);
    }
  });

  it('checks the first two bytes before the rest of the header has arrived', () => {
    expect(decode([Buffer.from([0xf1, 0x80])]).violations).toHaveLength(1);
  });

  it('stops where it is halted, and continues from there', () => {
    const bytes = own(Buffer.concat([1, 2, 3].map((n) => frame({ opcode: 2, payload: Buffer.alloc(n) }))));
    const recorder = new Recorder();
    const decoder = new FrameDecoder(recorder, 'server', false);
    recorder.onPiece = () => decoder.halt();
    let offset = 0;
    for (let turn = 1; turn <= 3; turn++) {
      decoder.proceed();
      offset = decoder.decode(bytes, offset);
      expect(recorder.payloads).toHaveLength(turn);
    }
    expect(offset).toBe(bytes.length);
    expect(decoder.decode(own(bytes), 0)).toBe(0);
  });

  it('reports no payload of an empty frame if it is halted at the header', () => {
    for (const chunks of chunkings(frame({ opcode: 2 }))) {
      const recorder = new Recorder();
      const decoder = new FrameDecoder(recorder, 'server', false);
      recorder.onFrameHeader = () => decoder.halt();
      for (const chunk of chunks) decoder.decode(own(chunk), 0);
      expect(recorder.payloads).toEqual([]);
    }
  });
});
