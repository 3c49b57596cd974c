import { expect, it } from 'vitest';
import { extendedLengthBytes, lengthFieldOf } from '../../../src/websocket/wire/frame.ts';

it('uses the shortest of the three forms of the payload length', () => {
  expect([0, 125, 126, 65535, 65536, 2 ** 40].map(lengthFieldOf)).toEqual([0, 125, 126, 126, 127, 127]);
});

it('knows how many bytes of extended payload length follow', () => {
  expect([0, 125, 126, 127].map(extendedLengthBytes)).toEqual([0, 0, 2, 8]);
});
