import { describe, expect, it } from 'vitest';
import { isOriginAllowed, type OriginPolicy } from '../../../src/websocket/handshake/origin.ts';

const allows = (policy: OriginPolicy, origin: string | undefined): boolean | Promise<boolean> =>
  isOriginAllowed(policy, origin, 'Example.com:8080');

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

  it('allows requests without an origin, which no page sends, unless it is a function that rejects them', () => {
    expect(allows([], undefined)).toBe(true);
    expect(allows((origin) => origin !== undefined, undefined)).toBe(false);
    expect(allows((origin) => origin === 'x', 'x')).toBe(true);
  });
});
