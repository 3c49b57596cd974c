import { describe, expect, it } from 'vitest';
import {
  COPY_LIMIT,
  encodeFrame,
  FrameEncoder,
  flushCollected,
  overheadOf,
  pendingBytes,
  pendingOverhead,
} from '../../../src/websocket/wire/frame-encoder.ts';
import { Opcode } from '../../../src/websocket/wire/opcode.ts';
import { own } from '../../support/chunkings.ts';
import { frame, type ParsedFrame, parseFrames } from '../../support/frames.ts';

/** A sink that keeps a copy of each write, and the memory that was written. */
class Writes {
  readonly copies: Buffer[] = [];
  readonly originals: Uint8Array[] = [];
  readonly overheads: number[] = [];
  consumes = true;
  reaction: () => void = () => {};

  onBytes(chunk: Uint8Array, start: number, end: number, overhead: number): boolean {
    this.overheads.push(overhead);
    this.copies.push(own(chunk.subarray(start, end)));
    this.originals.push(chunk.subarray(start, end));
    this.reaction();
    return this.consumes;
  }

  get frames(): ParsedFrame[] {
    return parseFrames(Buffer.concat(this.copies));
  }

  /** Whether the memory of every write still has the same bytes. */
  get unchanged(): boolean {
    return this.originals.every((original, index) => this.copies[index]!.equals(original));
  }
}

function server(): { writes: Writes; encoder: FrameEncoder } {
  const writes = new Writes();
  return { writes, encoder: new FrameEncoder(writes, { role: 'server' }) };
}

function client(): { writes: Writes; encoder: FrameEncoder } {
  const writes = new Writes();
  let next = 0;
  return {
    writes,
    encoder: new FrameEncoder(writes, { role: 'client', generateMask: (key) => key.set([next++, 2, 3, 4]) }),
  };
}

const LENGTHS = [0, 1, 125, 126, 127, COPY_LIMIT, COPY_LIMIT + 1, 65535, 65536, 200_000];

describe('FrameEncoder', () => {
  it('encodes the frames of RFC 6455 §5.7', () => {
    const plain = server();
    plain.encoder.encode(true, 1, 'Hello');
    plain.encoder.encode(false, 1, 'Hel');
    plain.encoder.encode(true, 0, Buffer.from('lo'));
    plain.encoder.encode(true, 9, 'Hello');
    // RFC 7692 §7.2.3.1.
    plain.encoder.encode(true, 1, Buffer.from('f248cdc9c90700', 'hex'), true);
    plain.encoder.flush();
    expect(plain.writes.copies.map((copy) => copy.toString('hex'))).toEqual([
      '810548656c6c6f' + '010348656c' + '80026c6f' + '890548656c6c6f' + 'c107f248cdc9c90700',
    ]);
    const writes = new Writes();
    const masking = new FrameEncoder(writes, {
      role: 'client',
      generateMask: (key) => key.set([0x37, 0xfa, 0x21, 0x3d]),
    });
    masking.encode(true, 1, 'Hello');
    masking.flush();
    expect(Buffer.concat(writes.copies).toString('hex')).toBe('818537fa213d7f9f4d5158');
  });

  for (const [role, make] of [
    ['server', server],
    ['client', client],
  ] as const) {
    for (const length of LENGTHS) {
      it(`encodes ${length} bytes, as bytes and as text, in a ${role}`, () => {
        const { writes, encoder } = make();
        const bytes = Buffer.alloc(length, 'abc');
        encoder.encode(true, 2, bytes);
        encoder.encode(true, 1, bytes.toString());
        encoder.flush();
        const expected = { fin: true, rsv: 0, masked: role === 'client' };
        const [first, second, ...others] = writes.frames;
        expect(others).toEqual([]);
        expect(first).toMatchObject({ ...expected, opcode: 2 });
        expect(second).toMatchObject({ ...expected, opcode: 1 });
        expect(first!.payload.equals(bytes) && second!.payload.equals(bytes)).toBe(true);
        expect(bytes.equals(Buffer.alloc(length, 'abc')), 'the payload of the caller is unchanged').toBe(true);
      });
    }
  }

  it('encodes text as UTF-8, lone surrogates as U+FFFD', () => {
    const { writes, encoder } = server();
    encoder.encode(true, 1, 'ä€😀\ud800');
    encoder.flush();
    expect(writes.frames[0]!.payload.toString()).toBe('ä€😀\uFFFD');
  });

  it('writes a length beyond 32 bits', () => {
    const { writes, encoder } = server();
    const payload = { length: 2 ** 33 + 5 } as unknown as Uint8Array;
    encoder.encode(
      true,
      2,
      new Proxy(payload, { get: (target, key) => (key === 'subarray' ? () => [] : Reflect.get(target, key)) }),
    );
    expect(writes.copies[0]!.toString('hex')).toBe('827f0000000200000005');
  });

  it('uses a fresh masking key for each frame', () => {
    const { writes, encoder } = client();
    encoder.encode(true, 2, Buffer.alloc(1));
    encoder.encode(true, 2, Buffer.alloc(1));
    encoder.flush();
    const bytes = Buffer.concat(writes.copies);
    expect(bytes.subarray(2, 6).equals(bytes.subarray(9, 13))).toBe(false);
  });

  it('collects frames until flush(), and counts their bytes', () => {
    const { writes, encoder } = server();
    expect(pendingBytes(encoder)).toBe(0);
    encoder.encode(true, 1, 'a');
    encoder.encode(true, 1, 'b');
    expect([pendingBytes(encoder), writes.copies.length]).toEqual([6, 0]);
    encoder.flush();
    encoder.flush();
    expect([pendingBytes(encoder), writes.copies.length]).toEqual([0, 1]);
  });

  it('reports for each write how many of its bytes are not payload: headers, and whole control frames', () => {
    for (const { writes, encoder } of [server(), client()]) {
      for (const length of LENGTHS) {
        encoder.encode(false, Opcode.TEXT, 'x'.repeat(length));
        encoder.encode(true, Opcode.PING, Buffer.alloc(length % 126));
        encoder.encode(true, Opcode.CONTINUATION, Buffer.alloc(length));
      }
      encoder.append(encodeFrame(Opcode.BINARY, Buffer.alloc(126)));
      expect(pendingOverhead()).toBeGreaterThan(0);
      encoder.flush();
      expect(pendingOverhead()).toBe(0);
      expect(writes.overheads).toHaveLength(writes.copies.length);
      writes.copies.forEach(({ length }, index) => {
        expect(writes.overheads[index]).toBeGreaterThanOrEqual(0);
        expect(writes.overheads[index]).toBeLessThanOrEqual(length);
      });
      const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
      const payloads = writes.frames.map(({ opcode, payload }) => (opcode < 8 ? payload.length : 0));
      expect(sum(writes.overheads)).toBe(sum(writes.copies.map(({ length }) => length)) - sum(payloads));
    }
  });

  it('keeps the order of small and large frames', () => {
    for (const { writes, encoder } of [server(), client()]) {
      const lengths = [1, COPY_LIMIT + 1, 2, 3, 100_000, 4];
      for (const length of lengths) encoder.encode(true, 2, Buffer.alloc(length));
      encoder.flush();
      expect(writes.frames.map(({ payload }) => payload.length)).toEqual(lengths);
    }
  });

  it('sends the bytes of one connection before another one collects frames', () => {
    const one = server();
    const two = server();
    one.encoder.encode(true, 1, 'one');
    two.encoder.encode(true, 1, 'two');
    expect(one.writes.frames.map(({ payload }) => payload.toString())).toEqual(['one']);
    two.encoder.flush();
    expect(two.writes.frames.map(({ payload }) => payload.toString())).toEqual(['two']);
  });

  it('sends the bytes that were collected, of whichever connection', () => {
    const one = server();
    const two = server();
    one.encoder.encode(true, 1, 'one');
    two.encoder.encode(true, 1, 'two');
    flushCollected();
    expect(two.writes.frames.map(({ payload }) => payload.toString())).toEqual(['two']);
    flushCollected();
    expect([one.writes.copies.length, two.writes.copies.length]).toEqual([1, 1]);
  });

  it('never changes memory that the transport still refers to', () => {
    const { writes, encoder } = server();
    for (let round = 0; round < 200; round++) {
      writes.consumes = round % 3 === 0;
      const before = writes.originals.length;
      for (let n = 0; n < 20; n++) encoder.encode(true, 2, Buffer.alloc(round * 7, round));
      encoder.flush();
      // Memory that was consumed may change from now on.
      if (writes.consumes) writes.originals.fill(Buffer.alloc(0), before);
      if (writes.consumes) writes.copies.fill(Buffer.alloc(0), before);
      expect(writes.unchanged).toBe(true);
    }
  });

  it('reuses memory that was consumed', () => {
    const { writes, encoder } = server();
    for (let round = 0; round < 3; round++) {
      encoder.encode(true, 1, 'again');
      encoder.flush();
    }
    const [first, ...others] = writes.originals.map(({ byteOffset }) => byteOffset);
    expect(others).toEqual([first, first]);
    expect(new Set(writes.originals.map(({ buffer }) => buffer)).size).toBe(1);
  });

  it('preserves the frames that another connection collects during the write', () => {
    const one = server();
    const two = server();
    one.writes.reaction = () => two.encoder.encode(true, 1, 'two');
    one.encoder.encode(true, 1, 'one');
    one.encoder.flush();
    one.writes.reaction = () => {};
    one.encoder.encode(true, 1, 'one again');
    one.encoder.flush();
    expect(two.writes.frames.map(({ payload }) => payload.toString())).toEqual(['two']);
    expect(one.writes.frames.map(({ payload }) => payload.toString())).toEqual(['one', 'one again']);
  });

  it('preserves the frames that another connection sends during the write, while its transport refers to them', () => {
    const one = server();
    const two = server();
    two.writes.consumes = false;
    one.writes.reaction = () => {
      two.encoder.encode(true, 1, 'two');
      two.encoder.flush();
    };
    one.encoder.encode(true, 1, 'one');
    one.encoder.flush();
    one.writes.reaction = () => {};
    one.encoder.encode(true, 1, 'one again');
    one.encoder.flush();
    expect(two.writes.unchanged).toBe(true);
  });
});

describe('encodeFrame', () => {
  it.each([0, 125, 126, 65_535, 65_536])('encodes a frame of a server with %d bytes, in the minimal form', (length) => {
    const payload = Buffer.alloc(length, 'ab');
    const expected = frame({ opcode: Opcode.BINARY, payload, mask: false });
    expect(encodeFrame(Opcode.BINARY, payload).equals(expected)).toBe(true);
    const compressed = encodeFrame(Opcode.BINARY, payload, true);
    expect([compressed[0]! - expected[0]!, compressed.subarray(1).equals(expected.subarray(1))]).toEqual([0x40, true]);
    const text = frame({ opcode: Opcode.TEXT, payload: 'ü'.repeat(length), mask: false });
    expect(encodeFrame(Opcode.TEXT, 'ü'.repeat(length)).equals(text)).toBe(true);
    expect(overheadOf(expected)).toBe(expected.length - length);
  });
});
