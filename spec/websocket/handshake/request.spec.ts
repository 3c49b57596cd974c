import { describe, expect, it } from 'vitest';
import { headerFields } from '../../../src/websocket/handshake/header.ts';
import { Refusal } from '../../../src/websocket/handshake/refusal.ts';
import { readRequest } from '../../../src/websocket/handshake/request.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A valid request with changes: null removes a field, and an array makes several lines. */
function read(
  changes: Record<string, string | string[] | null> = {},
  { method = 'GET', httpVersion = '1.1' } = {},
): ReturnType<typeof readRequest> {
  const fields: Record<string, string | string[] | null> = {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const raw = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().flatMap((line) => [name, line]),
  );
  return readRequest({ method, httpVersion, headers: headerFields(raw) });
}

describe('a valid request', () => {
  it('offers its key, and no subprotocols or extensions if it names none', () => {
    expect(read()).toEqual({ offer: { key: KEY, protocols: [], extensions: [] } });
  });

  it('may have the required tokens in any case, among others, on several lines', () => {
    const changes = { Upgrade: ['h2c', 'WebSocket'], Connection: 'keep-alive, UPGRADE' };
    expect(read(changes)).toHaveProperty('offer');
    expect(read({}, { httpVersion: '2.0' })).toHaveProperty('offer');
  });

  it('offers subprotocols and extensions in order of preference, from several lines', () => {
    const changes = {
      'Sec-WebSocket-Protocol': ['chat, superchat', 'x'],
      'Sec-WebSocket-Extensions': ['foo', 'bar; baz=2'],
    };
    expect(read(changes)).toMatchObject({
      offer: {
        protocols: ['chat', 'superchat', 'x'],
        extensions: [{ name: 'foo' }, { name: 'bar', parameters: [['baz', '2']] }],
      },
    });
  });
});

describe('a request is rejected', () => {
  const refused: readonly [string, Refusal, Parameters<typeof read>[0], Parameters<typeof read>[1]?][] = [
    ['for another method', Refusal.METHOD, {}, { method: 'POST' }],
    ['for HTTP/1.0', Refusal.HTTP_VERSION, {}, { httpVersion: '1.0' }],
    ['for HTTP/0.9', Refusal.HTTP_VERSION, {}, { httpVersion: '0.9' }],
    ['for an invalid HTTP version', Refusal.HTTP_VERSION, {}, { httpVersion: '' }],
    ['without Host', Refusal.HOST, { Host: null }],
    ['with two Host lines', Refusal.HOST, { Host: ['a', 'b'] }],
    ['without Upgrade', Refusal.UPGRADE, { Upgrade: null }],
    ['with another Upgrade', Refusal.UPGRADE, { Upgrade: 'websocket2' }],
    ['without Connection', Refusal.CONNECTION, { Connection: null }],
    ['with another Connection', Refusal.CONNECTION, { Connection: 'keep-alive' }],
    ['without a key', Refusal.KEY, { 'Sec-WebSocket-Key': null }],
    ['with two keys', Refusal.KEY, { 'Sec-WebSocket-Key': [KEY, KEY] }],
    ['with a key that is too short', Refusal.KEY, { 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
    ['without a version', Refusal.VERSION_MISSING, { 'Sec-WebSocket-Version': null }],
    ['with two versions', Refusal.VERSION_MISSING, { 'Sec-WebSocket-Version': ['13', '13'] }],
    ['with version 8', Refusal.VERSION, { 'Sec-WebSocket-Version': '8' }],
    ['with version 013', Refusal.VERSION, { 'Sec-WebSocket-Version': '013' }],
    ['with a subprotocol that is not a token', Refusal.PROTOCOL, { 'Sec-WebSocket-Protocol': 'a b' }],
    ['with a duplicated subprotocol', Refusal.PROTOCOL, { 'Sec-WebSocket-Protocol': ['a', 'b, a'] }],
    ['with an empty list of subprotocols', Refusal.PROTOCOL, { 'Sec-WebSocket-Protocol': '' }],
    ['with malformed extensions', Refusal.EXTENSIONS, { 'Sec-WebSocket-Extensions': 'a; b=' }],
    ['with empty extensions', Refusal.EXTENSIONS, { 'Sec-WebSocket-Extensions': '' }],
  ];
  for (const [title, refusal, changes, line] of refused) {
    it(title, () => expect(read(changes, line)).toEqual({ refusal }));
  }
});
