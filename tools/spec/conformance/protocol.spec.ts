import { describe, expect, it } from 'vitest';
import { parseServerUrl } from '../../src/conformance/server-url.ts';
import { parseExtensions } from '../../src/conformance/websocket/extensions.ts';
import { acceptFor, isControl, Opcode, opcodeName } from '../../src/conformance/websocket/protocol.ts';

describe("the tester's protocol functions", () => {
  it('match the examples of RFC 6455', () => {
    // RFC 6455 §1.3.
    expect(acceptFor('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(Object.values(Opcode).filter(isControl).map(opcodeName)).toEqual(['Close', 'ping', 'pong']);
    expect(opcodeName(3)).toBe('opcode 3');
  });
});

describe('parseExtensions of the tester', () => {
  const parsed = (value: string): unknown =>
    parseExtensions(value)?.map(({ name, parameters }) => [name, Object.fromEntries(parameters)]) ?? null;

  it.each([
    // RFC 6455 §9.1.
    ['foo', [['foo', {}]]],
    ['bar; baz=2', [['bar', { baz: '2' }]]],
    [
      'foo, bar; baz=2',
      [
        ['foo', {}],
        ['bar', { baz: '2' }],
      ],
    ],
    [' a ;\tb = "1" , ', [['a', { b: '1' }]]],
    ['a; b="x\\y"', [['a', { b: 'xy' }]]],
    ['permessage-deflate; client_max_window_bits', [['permessage-deflate', { client_max_window_bits: true }]]],
  ])('parses %j', (value, expected) => {
    expect(parsed(value)).toEqual(expected);
  });

  it.each([
    '',
    ',',
    ';',
    ';a',
    'a;',
    'a b',
    'a; =b',
    'a; b=',
    'a; b=c d',
    'a; b=""',
    'a; b="c',
    'a; b="c d"',
    'a; b="c,d"',
    'a; b="c"d',
    'a=b',
    '"a"',
    'ä',
  ])('rejects %j', (value) => {
    expect(parsed(value)).toBeNull();
  });
});

describe('parseServerUrl', () => {
  it.each([
    ['ws://a', { hostname: 'a', port: 80, secure: false, host: 'a', target: '/' }],
    ['WS://A:9000', { hostname: 'a', port: 9000, secure: false, host: 'a:9000', target: '/' }],
    ['wss://a/b?c=d', { hostname: 'a', port: 443, secure: true, host: 'a', target: '/b?c=d' }],
    ['http://a:8080/', { hostname: 'a', port: 8080, secure: false, host: 'a:8080', target: '/' }],
    ['https://[::1]:8443?c', { hostname: '::1', port: 8443, secure: true, host: '[::1]:8443', target: '/?c' }],
  ])('parses %s', (url, expected) => {
    expect(parseServerUrl(url)).toEqual(expected);
  });

  it.each([
    ['foo', 'The URL must begin with ws:, wss:, http: or https:; received "foo"'],
    ['', 'The URL must begin with ws:, wss:, http: or https:; received ""'],
    ['ftp://a', 'The URL must begin with ws:, wss:, http: or https:; received "ftp://a"'],
    ['localhost:9000', 'The URL must begin with ws:, wss:, http: or https:; received "localhost:9000"'],
    ['127.0.0.1:9000', 'The URL must begin with ws:, wss:, http: or https:; received "127.0.0.1:9000"'],
    ['constructor:1', 'The URL must begin with ws:, wss:, http: or https:; received "constructor:1"'],
    ['WS://', 'Invalid URL: WS://'],
    ['ws://a/#b', 'The URL must not have a fragment; received "ws://a/#b"'],
    ['ws://a/#', 'The URL must not have a fragment; received "ws://a/#"'],
  ])('rejects %j', (url, message) => {
    expect(() => parseServerUrl(url)).toThrow(message);
  });
});
