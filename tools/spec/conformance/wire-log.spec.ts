import { describe, expect, it } from 'vitest';
import { WireLog } from '../../src/conformance/wire-log.ts';

/** What a log says of a frame. */
function shown(opcode: number, payload: Uint8Array | string): string {
  const log = new WireLog();
  log.addFrame('agent', { fin: true, rsv: 0, opcode, payload: Buffer.from(payload), masked: false });
  return log.finish()[0]!.what.replace(/^FIN [\w ]+, /, '');
}

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
});
