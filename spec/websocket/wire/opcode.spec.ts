import { expect, it } from 'vitest';
import { isControl, isDefined, Opcode, startsMessage } from '../../../src/websocket/wire/opcode.ts';

const all = Array.from({ length: 16 }, (_, opcode) => opcode);

it('defines six opcodes; the other ten are reserved', () => {
  expect(all.filter(isDefined)).toEqual(Object.values(Opcode));
});

it('identifies control frames by the most significant bit', () => {
  expect(all.filter(isControl)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
});

it('starts a message with TEXT and BINARY', () => {
  expect(all.filter(startsMessage)).toEqual([1, 2]);
});
