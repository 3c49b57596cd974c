import { describe, expect, it } from 'vitest';
import { TableBuilder } from '../../src/compare/result-table.ts';
import { tableOf } from '../../src/report/comparison/table.ts';

describe('a table', () => {
  it('has a line for each row and technique, the lines of a row together, in the order in which they were named', () => {
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

  it('makes a figure of what is added again, keeps text, and leaves out what is undefined', () => {
    const table = new TableBuilder();
    table.add('a', 'b', { one: 1, two: undefined, three: 'refused' });
    table.add('a', 'b', { one: 5, three: 'refused' });
    expect(table.build().lines[0]!.cells).toEqual({ one: { value: 3, low: 1, high: 5, rounds: 2 }, three: 'refused' });
  });
});

describe('its table', () => {
  it('names a row once, and tells how far the farthest round is away', () => {
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
