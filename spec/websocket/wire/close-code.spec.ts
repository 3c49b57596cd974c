import { expect, it } from 'vitest';
import { CloseCode, closePayload, isSendableCloseCode } from '../../../src/websocket/wire/close-code.ts';

it('allows 1000-1003, 1007-1014 and 3000-4999 in a Close frame, and no other code', () => {
  const sendable = Array.from({ length: 65536 }, (_, code) => code).filter(isSendableCloseCode);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  expect(sendable).toEqual([...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
});

it('allows all named codes except those that are for the API only', () => {
  expect(Object.values(CloseCode).filter((code) => !isSendableCloseCode(code))).toEqual([1005, 1006, 1015]);
});

it('encodes the code and the reason of a Close frame, and nothing for 1005', () => {
  const hex = (payload: Uint8Array): string => Buffer.from(payload).toString('hex');
  expect([closePayload(1000), closePayload(4999, 'ü'), closePayload(1005)].map(hex)).toEqual(['03e8', '1387c3bc', '']);
});
