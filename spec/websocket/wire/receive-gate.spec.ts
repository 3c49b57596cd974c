import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  Condition,
  conditionOf,
  PAUSED,
  RECEIVE_STATES,
  type ReceiveState,
  receiveState,
} from '../../../src/websocket/wire/receive-gate.ts';

const bits = Object.entries(Condition);
const ALL_COMBINATIONS = Array.from({ length: 2 ** bits.length }, (_, conditions) => conditions);

describe('the table of receive states', () => {
  it('is drawn in the comment as it is in the code, row by row', () => {
    const source = readFileSync(new URL('../../../src/websocket/wire/receive-gate.ts', import.meta.url), 'utf8');
    const cells = ({ condition, input, transport, end }: ReceiveState) => [
      bits.flatMap(([name, bit]) => ((condition & bit) === 0 ? [] : [name])).join(' | ') || 'none',
      input,
      transport,
      end,
    ];
    const drawn = [...source.matchAll(/^ \* {5}([a-z]+ {2,}(?:[A-Z]|none).*)$/gm)].map(([, row]) =>
      row!.split(/ {2,}/),
    );
    expect(drawn).toEqual(Object.entries(RECEIVE_STATES).map(([name, state]) => [name, ...cells(state)]));
  });

  it('yields the first row that applies, for each combination of conditions', () => {
    const rows = Object.values(RECEIVE_STATES);
    for (const conditions of ALL_COMBINATIONS) {
      const first = rows.find(({ condition }) => condition === 0 || (conditions & condition) !== 0);
      expect(receiveState(conditions)).toBe(first);
    }
  });

  it('ignores bits that are not conditions', () => {
    for (const conditions of ALL_COMBINATIONS) {
      expect(receiveState(conditions | (2 ** bits.length))).toBe(receiveState(conditions));
    }
  });

  it('decodes and reads while no condition is true', () => {
    expect(receiveState(0)).toEqual({ condition: 0, input: 'decode', transport: 'read', end: 'now' });
  });

  it('has a condition for each reason to pause', () => {
    const conditions = (['application', 'turn', 'budget'] as const).map(conditionOf);
    expect(conditions).toEqual([Condition.APPLICATION, Condition.TURN, Condition.BUDGET]);
    expect(conditions.reduce((all, condition) => all | condition)).toBe(PAUSED);
  });
});
