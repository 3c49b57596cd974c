import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nextPhase, TRANSITIONS } from '../../../src/websocket/wire/phase.ts';

it('is drawn in the comment as it is in the table', () => {
  const source = readFileSync(new URL('../../../src/websocket/wire/phase.ts', import.meta.url), 'utf8');
  const rows = source.matchAll(/^ \* {5}(open|closing-local|closing-remote) {2,}(\S+(?: \S+)?) {2,}(\S+)/gm);
  const drawn = [...rows].map(([, from, event, to]) => `${from} | ${event} | ${to}`);
  const table = Object.entries(TRANSITIONS).flatMap(([from, events]) =>
    Object.entries(events).map(([event, to]) => `${from} | ${event} | ${to}`),
  );
  expect(drawn.sort()).toEqual(table.sort());
});

it('moves along the transitions of the table, and no others', () => {
  expect(nextPhase('open', 'close')).toBe('closing-local');
  expect(nextPhase('closing-local', 'close')).toBeUndefined();
  for (const event of ['close', 'receive close', 'fail', 'end'] as const) {
    expect(nextPhase('closed', event)).toBeUndefined();
  }
});
