import { describe, expect, it } from 'vitest';
import { formatExtensions, parseExtensions } from '../../../src/websocket/handshake/extension.ts';

describe('Sec-WebSocket-Extensions', () => {
  it('is parsed as in the examples of RFC 6455 §9.1', () => {
    expect(parseExtensions('deflate-stream')).toEqual([{ name: 'deflate-stream', parameters: [] }]);
    expect(parseExtensions('mux; max-channels=4; flow-control,\tdeflate-stream')).toEqual([
      {
        name: 'mux',
        parameters: [
          ['max-channels', '4'],
          ['flow-control', true],
        ],
      },
      { name: 'deflate-stream', parameters: [] },
    ]);
  });

  it('may have quoted values that are tokens, and white space between its parts', () => {
    expect(parseExtensions(' a ; b = "c\\d" ; b = e ')).toEqual([
      {
        name: 'a',
        parameters: [
          ['b', 'cd'],
          ['b', 'e'],
        ],
      },
    ]);
  });

  it('may have empty list elements', () => {
    expect(parseExtensions(',a,,b,')).toHaveLength(2);
  });

  for (const value of [
    '',
    ' ',
    ',',
    ';',
    'a;',
    'a; b=',
    'a; b="',
    'a; b=""',
    'a; b="c d"',
    'a; b="c',
    'a b',
    'a; b c',
    'a; b=c d',
    'a=b',
    'a; =b',
    '"a"',
    'a; "b"',
    'a;;b',
    'a, b;',
    'ä',
    'a, (b)',
    'a (',
  ]) {
    it(`is malformed as ${JSON.stringify(value)}`, () => {
      expect(parseExtensions(value)).toBeNull();
    });
  }

  it('is formatted as it is parsed', () => {
    const value = 'permessage-deflate; client_max_window_bits; server_max_window_bits=10, x';
    expect(formatExtensions(parseExtensions(value)!)).toBe(value);
  });
});
