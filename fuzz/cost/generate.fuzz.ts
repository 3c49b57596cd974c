import { expect, it } from 'vitest';
import { scenarioOf } from './generate.ts';

it('a seed repeats its scenario, and another seed gives another one', () => {
  for (let seed = 0; seed < 100; seed++) expect(scenarioOf(seed)).toEqual(scenarioOf(seed));
  expect(new Set(Array.from({ length: 100 }, (_, seed) => JSON.stringify(scenarioOf(seed)))).size).toBe(100);
});

it('every kind of endpoint is attacked', () => {
  const endpoints = new Set(Array.from({ length: 200 }, (_, seed) => scenarioOf(seed).endpoint));
  expect([...endpoints].sort()).toEqual([
    'EventParser',
    'EventParserStream',
    'EventSource',
    'WebSocket client',
    'WebSocket server',
    'event streams',
  ]);
});
