import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { coalesceWrites } from '../../src/shared/coalesce-writes.ts';

/** A stream that records each write to its destination; joined writes have a plus sign between them. */
function recorded(): { write(text: string): void; writes: string[] } {
  const writes: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      writes.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join('+'));
      done();
    },
  });
  let lastTurn = -1;
  const write = (text: string): void => {
    lastTurn = coalesceWrites(stream, lastTurn);
    stream.write(text);
  };
  return { write, writes };
}

describe('coalesceWrites', () => {
  it('lets the first write of a turn go at once, and joins the others at its end', async () => {
    const { write, writes } = recorded();
    for (const text of 'abc') write(text);
    expect(writes).toEqual(['a']);
    await turn();
    expect(writes).toEqual(['a', 'b+c']);
    write('d');
    expect(writes).toEqual(['a', 'b+c', 'd']);
    write('e');
    await turn();
    expect(writes).toEqual(['a', 'b+c', 'd', 'e']);
  });

  it('keeps the streams apart', async () => {
    const [one, other] = [recorded(), recorded()];
    one.write('a');
    one.write('b');
    other.write('x');
    expect([one.writes, other.writes]).toEqual([['a'], ['x']]);
    await turn();
    other.write('y');
    expect([one.writes, other.writes]).toEqual([
      ['a', 'b'],
      ['x', 'y'],
    ]);
  });
});
