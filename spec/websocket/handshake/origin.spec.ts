import { describe, expect, it } from 'vitest';
import { isOriginAllowed, type OriginPolicy } from '../../../src/websocket/handshake/origin.ts';

const allows = (policy: OriginPolicy, origin: string | undefined): boolean | Promise<boolean> =>
  isOriginAllowed(policy, origin, 'Example.com:8080', false);

describe('an origin policy', () => {
  it('can be one origin', () => {
    expect(allows('https://example.com', 'https://EXAMPLE.com')).toBe(true);
    expect(allows('https://example.com', 'https://example.com.evil')).toBe(false);
  });

  it('can be a list of origins and patterns', () => {
    const policy = ['https://a.example', /^https:\/\/[a-z]+\.b\.example$/g];
    const origins = ['https://a.example', 'https://x.b.example', 'https://x.b.example', 'https://x.b.example.evil'];
    expect(origins.map((origin) => allows(policy, origin))).toEqual([true, true, true, false]);
    expect(allows(/^null$/, 'null')).toBe(true);
  });

  it('can be same-origin: the host of the server itself', () => {
    expect(allows('same-origin', 'http://example.com:8080')).toBe(true);
    expect(allows('same-origin', 'http://example.com')).toBe(false);
    expect(allows('same-origin', 'null')).toBe(false);
  });

  it.each<[origin: string, host: string, withTls: boolean, withoutTls: boolean]>([
    ['https://example.com', 'example.com', true, true],
    ['https://EXAMPLE.com', 'example.COM:443', true, true],
    ['http://example.com', 'example.com', false, true],
    ['http://example.com', 'example.com:80', false, true],
    ['https://example.com:8443', 'example.com:8443', true, true],
    ['http://example.com:8443', 'example.com:8443', false, true],
    ['http://[::1]:8080', '[::1]:8080', false, true],
    ['https://example.com', 'example.com:80', false, false],
    ['http://example.com', 'example.com:443', false, false],
    ['https://example.com:80', 'example.com', false, false],
    ['https://evil.example', 'example.com', false, false],
    ['https://example.com.evil', 'example.com', false, false],
    ['chrome-extension://example.com', 'example.com', false, false],
    ['ws://example.com', 'example.com', false, false],
    ['example.com', 'example.com', false, false],
    ['null', 'null', false, false],
  ])('can be same-origin: %s at the host %s, with TLS: %s, without: %s', (origin, host, withTls, withoutTls) => {
    expect(isOriginAllowed('same-origin', origin, host, true)).toBe(withTls);
    expect(isOriginAllowed('same-origin', origin, host, false)).toBe(withoutTls);
  });

  it('allows requests without an origin, which no page sends, unless it is a function that rejects them', () => {
    expect(allows([], undefined)).toBe(true);
    expect(allows((origin) => origin !== undefined, undefined)).toBe(false);
    expect(allows((origin) => origin === 'x', 'x')).toBe(true);
  });
});
