import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { refusalOf, trustOf } from '../../../src/commands/arguments/trust.ts';
import { UsageError } from '../../../src/commands/arguments/usage-error.ts';

const TRUST = trustOf('127.0.0.1', ['My.example'], ['https://APP.example/']);

function isRefused(host: string | undefined, origin?: string, trust = TRUST): boolean {
  const headers = { ...(host === undefined ? {} : { host }), ...(origin === undefined ? {} : { origin }) };
  return refusalOf({ headers } as IncomingMessage, trust) !== null;
}

describe('a server that listens on 127.0.0.1', () => {
  it.each([
    'localhost',
    'localhost:8080',
    '127.0.0.1:1',
    '[::1]:8080',
    '192.168.1.5',
    'a.localhost',
    'my.example:80',
    'MY.example',
    'localhost.',
    undefined,
  ])('accepts the host name %s', (host) => expect(isRefused(host)).toBe(false));

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '[', 'a:99999', 'my.example.evil', ''])(
    'refuses the host name %j, which may resolve to this machine (DNS rebinding)',
    (host) => expect(isRefused(host)).toBe(true),
  );

  it('accepts its own origin, allowed origins, and requests without Origin', () => {
    expect(isRefused('localhost:8080', 'http://localhost:8080')).toBe(false);
    expect(isRefused('localhost:8080', 'https://app.example')).toBe(false);
    expect(isRefused('localhost:8080')).toBe(false);
    expect(isRefused('localhost', 'http://any.example', { hosts: [], origins: ['*'] })).toBe(false);
  });

  it('accepts a page with https over a connection without TLS, which a proxy may have opened, but not the reverse', () => {
    const refuses = (origin: string, encrypted: boolean): boolean =>
      refusalOf({ headers: { host: 'localhost:8080', origin }, socket: { encrypted } } as never, TRUST) !== null;
    expect(refuses('https://localhost:8080', false)).toBe(false);
    expect(refuses('https://localhost:8080', true)).toBe(false);
    expect(refuses('http://localhost:8080', true)).toBe(true);
    expect(refuses('chrome-extension://localhost:8080', false)).toBe(true);
  });

  it('accepts the host name that it listens on', () => {
    expect(isRefused('box.local', undefined, trustOf('Box.local', []))).toBe(false);
  });

  it.each(['a:80', 'a/b', '', 'http://a', '[', '*'])('rejects %j as a host name option', (name) => {
    expect(() => trustOf('127.0.0.1', [name])).toThrow(UsageError);
  });

  it.each(['a', '', '//a', 'https://'])('rejects %j as an origin option', (origin) => {
    expect(() => trustOf('127.0.0.1', [], [origin])).toThrow(UsageError);
  });

  it.each(['null', 'chrome-extension://abc', 'https://app.example:8443'])(
    'accepts %j as an origin option',
    (origin) => {
      expect(isRefused('localhost', origin, trustOf('127.0.0.1', [], [origin]))).toBe(false);
    },
  );

  it.each(['http://evil.example', 'http://localhost:8081', 'null', 'https://app.example.evil', 'file://', '', '//'])(
    'refuses the origin %j',
    (origin) => expect(isRefused('localhost:8080', origin)).toBe(true),
  );
});
