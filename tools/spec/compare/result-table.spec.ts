import { describe, expect, it } from 'vitest';
import { TableBuilder } from '../../src/compare/result-table.ts';
import { tableOf } from '../../src/report/comparison/table.ts';

describe('a result table', () => {
  it('has a line for each row and technique, grouped by row, in the order of their first use', () => {
    const table = new TableBuilder();
    table.add('16 B', 'WebSocket', {});
    table.add('1 KiB', 'WebSocket', { 'T (ms)': 3 });
    table.add('16 B', 'event stream', { 'T (ms)': 2 });
    table.add('16 B', 'WebSocket', { 'T (ms)': 1 });
    const { columns, lines } = table.build();
    expect(columns).toEqual(['T (ms)']);
    expect(lines.map(({ row, series }) => `${row}, ${series}`)).toEqual([
      '16 B, WebSocket',
      '16 B, event stream',
      '1 KiB, WebSocket',
    ]);
  });

  it('combines repeated numbers into a figure, keeps text, and omits undefined', () => {
    const table = new TableBuilder();
    table.add('a', 'b', { one: 1, two: undefined, three: 'refused' });
    table.add('a', 'b', { one: 5, three: 'refused' });
    expect(table.build().lines[0]!.cells).toEqual({ one: { value: 3, low: 1, high: 5, rounds: 2 }, three: 'refused' });
  });
});

describe('a printed result table', () => {
  it('prints the name of a row once, and the largest deviation of a round', () => {
    const table = new TableBuilder();
    table.add('16 B', 'WebSocket', { 'T (ms)': 1 });
    table.add('16 B', 'event stream', { 'T (ms)': 2000.4 });
    for (const value of [2, 2.5, 3]) table.add('1 KiB', 'WebSocket', { 'T (ms)': value, note: 'slow' });
    expect(tableOf(table.build())).toBe(`                       T (ms)  note
16 B   WebSocket            1
       event stream     2,000
1 KiB  WebSocket     2.5 ±20%  slow`);
  });
});
