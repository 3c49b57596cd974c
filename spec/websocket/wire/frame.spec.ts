import { expect, it } from 'vitest';
import { extendedLengthSize, lengthFieldOf } from '../../../src/websocket/wire/frame.ts';

it('uses the shortest of the three length forms', () => {
  expect([0, 125, 126, 65535, 65536, 2 ** 40].map(lengthFieldOf)).toEqual([0, 125, 126, 126, 127, 127]);
});

it('tells how many bytes of length follow', () => {
  expect([0, 125, 126, 127].map(extendedLengthSize)).toEqual([0, 0, 2, 8]);
});
