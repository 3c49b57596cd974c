import { expect, it } from 'vitest';
import { scenarioOf } from './generate.ts';

it('a seed always yields the same scenario, and different seeds yield different ones', () => {
  for (let seed = 0; seed < 100; seed++) expect(scenarioOf(seed)).toEqual(scenarioOf(seed));
  expect(new Set(Array.from({ length: 100 }, (_, seed) => JSON.stringify(scenarioOf(seed)))).size).toBe(100);
});

it('the scenarios attack every kind of endpoint', () => {
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
