import { describe, expect, it } from 'vitest';
import { WireLog } from '../../src/conformance/wire-log.ts';

/** What a log says of a frame. */
function shown(opcode: number, payload: Uint8Array | string): string {
  const log = new WireLog();
  log.addFrame('agent', { fin: true, rsv: 0, opcode, payload: Buffer.from(payload), masked: false });
  return log.finish()[0]!.what.replace(/^FIN [\w ]+, /, '');
}

const FRAME = { fin: true, rsv: 0, opcode: 1, payload: Buffer.from('Hello'), masked: false };

describe('a wire log', () => {
  it.each([
    [1, 'Hello', '5 bytes: "Hello"'],
    [2, 'Hello', '5 bytes: "Hello"'],
    [1, 'a"\n', '3 bytes: "a\\"\\n"'],
    [1, '', '0 bytes: '],
    [1, Buffer.of(0xff), '1 byte: ff'],
    [1, '\u001b[2J', '4 bytes: 1b5b324a'],
    [1, 'x'.repeat(65), `65 bytes: "${'x'.repeat(64)}"…`],
    [1, `${'x'.repeat(63)}€uro`, `69 bytes: "${'x'.repeat(63)}"…`],
    [1, `${'x'.repeat(61)}€uro`, `67 bytes: "${'x'.repeat(61)}€"…`],
    [8, Buffer.of(3, 232), '2 bytes: 1000'],
    [8, Buffer.from('\x03\xe8why', 'latin1'), '5 bytes: 1000 "why"'],
    [8, 'a', '1 byte: "a"'],
    [8, '', '0 bytes: '],
  ])('shows the payload of a frame with opcode %i as text if it is text: %j', (opcode, payload, expected) => {
    expect(shown(opcode, payload)).toBe(expected);
  });

  it('keeps the beginning and the end, and counts what it omits', () => {
    const log = new WireLog();
    for (let index = 1; index <= 1000; index++) log.add('agent', String(index));
    const entries = log.finish().map(({ what }) => what);
    expect(entries.length).toBeLessThan(200);
    const place = entries.findIndex((what) => what.startsWith('…'));
    expect(entries.slice(0, place)).toEqual(Array.from({ length: place }, (_, index) => String(index + 1)));
    const last = entries.slice(place + 1);
    expect(last.at(-1)).toBe('1000');
    expect(entries[place]).toBe(`… and ${1000 - place - last.length} more`);
    expect(last).toEqual(last.map((_, index) => String(1001 - last.length + index)));
  });

  it('omits nothing of a short case', () => {
    const log = new WireLog();
    for (let index = 1; index <= 100; index++) log.add('tester', String(index));
    expect(log.finish()).toHaveLength(100);
  });

  it('keeps more of the payloads of a failed case, starting with the last ones', () => {
    const log = new WireLog();
    for (const size of [5000, 100, 4096])
      log.addFrame('agent', { ...FRAME, opcode: 2, payload: Buffer.alloc(size, 1) });
    const kept = (hasFailed: boolean, of = log): number[] =>
      of.finish(hasFailed).map(({ frame }) => frame!.payload.length / 2);
    expect(kept(false)).toEqual([64, 64, 64]);
    expect(kept(true)).toEqual([4096, 100, 4096]);
    const long = new WireLog();
    for (let index = 0; index < 100; index++) long.addFrame('agent', { ...FRAME, payload: Buffer.alloc(4096, 1) });
    // 64 KiB are 16 of these.
    expect(kept(true, long)).toEqual([...Array(84).fill(64), ...Array(16).fill(4096)]);
  });

  it('counts the frames, the payloads and the compressed messages of each side, those it omits, too', () => {
    const log = new WireLog();
    for (let index = 0; index < 1000; index++) log.addFrame('tester', FRAME);
    log.addFrame('tester', { ...FRAME, opcode: 8, payload: Buffer.alloc(2) });
    log.addFrame('tester', { ...FRAME, opcode: 3, payload: Buffer.alloc(0) });
    log.addCompressed('agent', 100, 20);
    log.addCompressed('agent', 50, 10);
    expect(log.traffic()).toEqual({
      tester: { frames: { text: 1000, 'opcode 3': 1, Close: 1 }, payloadBytes: 5002 },
      agent: { frames: {}, payloadBytes: 0, compressed: { messages: 2, bytes: 150, compressedBytes: 30 } },
    });
  });

  it('has no traffic without frames', () => {
    const log = new WireLog();
    log.add('tester', 'GET / HTTP/1.1');
    expect(log.traffic()).toBeUndefined();
  });
});
