import { describe, expect, it } from 'vitest';
import { bytesOf, textOf } from '../../src/conformance/websocket/payloads.ts';

describe('a payload of the cases', () => {
  it('has the same octets each time, whatever was requested before', () => {
    for (const payloadOf of [textOf, bytesOf]) {
      const [short, long] = [payloadOf(1000).toString('hex'), payloadOf(70_000).toString('hex')];
      expect([short.length, long.length]).toEqual([2000, 140_000]);
      expect(payloadOf(1000).toString('hex')).toBe(short);
      expect(payloadOf(70_000).toString('hex')).toBe(long);
    }
  });

  it('is text without a code point that is cut', () => {
    for (let length = 0; length < 100; length++) {
      const text = textOf(length);
      expect(Buffer.from(text.toString()).equals(text), `${length} bytes`).toBe(true);
    }
  });
});
