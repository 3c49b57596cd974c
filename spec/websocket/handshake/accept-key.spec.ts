import { expect, it } from 'vitest';
import { acceptKey, isValidKey } from '../../../src/websocket/handshake/accept-key.ts';

it('computes the value of RFC 6455 §1.3', () => {
  expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

it('accepts 16 bytes in base64 as a key, even with unused bits set, as in the example of §4.1', () => {
  expect(['dGhlIHNhbXBsZSBub25jZQ==', 'AQIDBAUGBwgJCgsMDQ4PEC=='].map(isValidKey)).toEqual([true, true]);
});

it('rejects any other value', () => {
  const wrong = ['', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZQ=', 'dGhlIHNhbXBsZSBub25jZ===', ' '.repeat(24)];
  const longer = Buffer.alloc(17).toString('base64');
  const shorter = Buffer.alloc(15).toString('base64');
  expect(
    [...wrong, longer, shorter, 'dGhlIHNhbXBsZSBub25jZQ==\n', 'dGhlIHNhbXBsZSBub25j-_=='].filter(isValidKey),
  ).toEqual([]);
});
