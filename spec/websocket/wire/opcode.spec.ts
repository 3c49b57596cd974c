import { expect, it } from 'vitest';
import { isControl, isDefined, Opcode, startsMessage } from '../../../src/websocket/wire/opcode.ts';

const all = Array.from({ length: 16 }, (_, opcode) => opcode);

it('knows six opcodes, and takes the other ten for reserved', () => {
  expect(all.filter(isDefined)).toEqual(Object.values(Opcode));
});

it('takes the opcodes with the most significant bit for control frames', () => {
  expect(all.filter(isControl)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
});

it('knows which opcodes start a message', () => {
  expect(all.filter(startsMessage)).toEqual([1, 2]);
});
