import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerFields } from '../../../src/websocket/handshake/header.ts';
import { readRequest } from '../../../src/websocket/handshake/request.ts';
import { acceptRequest, checkCapacity, checkRequest, hasPath } from '../../../src/websocket/server/upgrade-decision.ts';
import { compressionOptions } from '../../../src/websocket/session/compression.ts';
import { KEY } from '../../support/raw-peer.ts';

const FIELDS = {
  Host: 'example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
};

/** A request as node:http parses it. */
function request(fields: Readonly<Record<string, string>> = {}): IncomingMessage {
  return parsed(Object.entries({ ...FIELDS, ...fields }).flat());
}

describe('checkRequest()', () => {
  it('returns the offer and the origin of a valid request', () => {
    const fields = { 'Sec-WebSocket-Protocol': 'a, b', Origin: 'https://example.com' };
    expect(checkRequest(request(fields))).toEqual({
      offer: { key: KEY, protocols: ['a', 'b'], extensions: [] },
      origin: 'https://example.com',
      host: FIELDS.Host,
    });
  });

  it('returns why a request is not a valid opening handshake', () => {
    expect(checkRequest(request({ Upgrade: 'h2c' }))).toMatchObject({
      refusal: { code: 'WS_ERR_INVALID_UPGRADE', status: 400 },
    });
  });

  it('reads a request that was constructed rather than parsed, with lower-case names and no Host', () => {
    const { Host: _, ...fields } = FIELDS;
    const headers = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
    const constructed = { method: 'GET', httpVersion: '1.1', headers } as unknown as IncomingMessage;
    expect(checkRequest(constructed)).toMatchObject({ offer: { key: KEY } });
  });
});

/** A request with the state that the parser of node:http leaves. */
function parsed(rawHeaders: readonly string[], edits: object = {}): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  const internals = message as unknown as { _addHeaderLines(lines: readonly string[], count: number): void };
  internals._addHeaderLines(rawHeaders, rawHeaders.length);
  Object.assign(message, { method: 'GET', httpVersion: '1.1' });
  Object.assign(message.headers, edits);
  return message;
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  Host: ['a', 'b', ''],
  Upgrade: ['websocket', 'h2c', 'h2c, websocket', ''],
  Connection: ['Upgrade', 'keep-alive', 'keep-alive, upgrade'],
  'Sec-WebSocket-Key': [KEY, 'MTIzNDU2Nzg5MDEyMzQ1Ng==', 'x'],
  'Sec-WebSocket-Version': ['13', '8', ''],
  'Sec-WebSocket-Protocol': ['a', 'b', 'a, c', 'x y', ','],
  'Sec-WebSocket-Extensions': ['permessage-deflate', 'foo; a="b, c"', 'foo; =', ''],
};

/** A line with a name in any case; most of the values are valid. */
const line = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((name) =>
    fc.tuple(
      fc.constantFrom(name, name.toLowerCase(), name.toUpperCase()),
      fc.oneof({ weight: 2, arbitrary: fc.constant(VALUES[name]![0]!) }, fc.constantFrom(...VALUES[name]!)),
    ),
  );

describe('checkRequest() of a request that was not edited', () => {
  it('reads each line that was received: what must not be duplicated is refused', () => {
    const valid = fc.constant(Object.entries(FIELDS));
    fc.assert(
      fc.property(fc.oneof(valid, fc.constant([])), fc.array(line, { minLength: 1, maxLength: 6 }), (fields, lines) => {
        const rawHeaders = [...fields, ...lines].flat();
        const expected = readRequest({ method: 'GET', httpVersion: '1.1', headers: headerFields(rawHeaders) });
        expect(checkRequest(parsed(rawHeaders))).toMatchObject(expected);
      }),
    );
  });
});

describe('checkRequest() of a request with edited header fields', () => {
  it.each([
    ['origin', { origin: 'https://edited.example' }, [], { origin: 'https://edited.example' }],
    ['origin', { origin: undefined }, ['Origin', 'https://a.example'], { origin: undefined }],
    ['origin', {}, ['Origin', 'https://a.example', 'Origin', 'b'], { origin: 'https://a.example, b' }],
    ['host', { host: 'edited.example' }, [], { host: 'edited.example' }],
    ['key', { 'sec-websocket-key': 'MTIzNDU2Nzg5MDEyMzQ1Ng==' }, [], { offer: { key: 'MTIzNDU2Nzg5MDEyMzQ1Ng==' } }],
    ['protocols', { 'sec-websocket-protocol': 'a, b' }, [], { offer: { protocols: ['a', 'b'] } }],
    ['version', { 'sec-websocket-version': 13 }, [], { offer: { key: KEY } }],
    ['key', { 'sec-websocket-key': [KEY] }, [], { offer: { key: KEY } }],
  ])('sees the %s that the application sees: %j of %j', (_, edits, lines, candidate) => {
    expect(checkRequest(parsed([...Object.entries(FIELDS).flat(), ...lines], edits))).toMatchObject(candidate);
  });

  it.each([
    ['WS_ERR_INVALID_HOST', ['Host', 'b'], {}],
    ['WS_ERR_INVALID_HOST', ['HOST', 'b'], { host: 'edited.example' }],
    ['WS_ERR_INVALID_HOST', ['Host', 'b'], { host: 'example.com, b' }],
    ['WS_ERR_INVALID_HOST', [], { host: undefined }],
    ['WS_ERR_INVALID_UPGRADE', [], { upgrade: ['websocket'] }],
    ['WS_ERR_INVALID_CONNECTION', [], { connection: ['upgrade'] }],
    ['WS_ERR_INVALID_PROTOCOL', [], { 'sec-websocket-protocol': ['a', 'b'] }],
    ['WS_ERR_INVALID_PROTOCOL', [], { 'sec-websocket-protocol': null }],
    ['WS_ERR_INVALID_PROTOCOL', [], { 'sec-websocket-protocol': 5 }],
    ['WS_ERR_INVALID_EXTENSIONS', [], { 'sec-websocket-extensions': ['permessage-deflate'] }],
    ['WS_ERR_INVALID_EXTENSIONS', [], { 'sec-websocket-extensions': null }],
    ['WS_ERR_INVALID_KEY', ['sec-websocket-key', KEY], {}],
    ['WS_ERR_INVALID_VERSION', ['Sec-WebSocket-Version', '13'], {}],
    ['WS_ERR_UNSUPPORTED_VERSION', [], { 'sec-websocket-version': '8' }],
  ])('refuses with %s a request with the further lines %j and the edits %j', (code, lines, edits) => {
    expect(checkRequest(parsed([...Object.entries(FIELDS).flat(), ...lines], edits))).toMatchObject({
      refusal: { code },
    });
  });
});

describe('checkCapacity()', () => {
  it('refuses with 503 and Retry-After while the server is closing, and at the maximum', () => {
    expect(checkCapacity(true, 9, 10)).toBeNull();
    expect(checkCapacity(true, 1_000_000, Number.POSITIVE_INFINITY)).toBeNull();
    for (const [running, text] of [
      [false, 'Server is closing'],
      [true, 'Too many connections'],
    ] as const) {
      expect(checkCapacity(running, 10, 10)).toMatchObject({ status: 503, text, headers: { 'Retry-After': '5' } });
    }
  });
});

describe('acceptRequest()', () => {
  const offer = { key: KEY, protocols: ['a', 'b'], extensions: [{ name: 'permessage-deflate', parameters: [] }] };

  it('chooses the first subprotocol, and no extension without options', () => {
    expect(acceptRequest(offer, null, null)).toEqual({
      agreement: { protocol: 'a', extensions: [], deflate: null },
      lines: [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: a',
      ],
    });
  });

  it('lets the application choose another subprotocol, or none, but not one that was not offered', () => {
    expect(acceptRequest(offer, (protocols) => [...protocols].at(-1)!, null)).toMatchObject({
      agreement: { protocol: 'b' },
    });
    expect(acceptRequest(offer, () => false, null)).toMatchObject({ agreement: { protocol: '' } });
    expect(acceptRequest(offer, () => 'c', null)).toEqual({ invalidProtocol: 'c' });
    const withoutProtocols = { ...offer, protocols: [] };
    expect(acceptRequest(withoutProtocols, () => expect.unreachable(), null)).toMatchObject({
      agreement: { protocol: '' },
    });
  });

  it('accepts an offer of permessage-deflate, with the parameters of the options', () => {
    const options = compressionOptions({ serverMaxWindowBits: 10 }, false);
    const result = acceptRequest(offer, null, options);
    expect(result).toMatchObject({ agreement: { deflate: { serverMaxWindowBits: 10 } } });
    expect('lines' in result && result.lines.at(-1)).toBe(
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10',
    );
  });
});

describe('hasPath()', () => {
  it.each([
    ['/chat', true],
    ['/chat?room=1', true],
    ['/chat#fragment', true],
    ['http://example.com/chat?room=1', true],
    ['HTTPS://example.com/chat', true],
    ['/chat/', false],
    ['/', false],
    ['', false],
    ['http://example.com', false],
  ])('compares the path of %s', (target, result) => {
    expect(hasPath(target, '/chat')).toBe(result);
  });

  it('treats an empty path as /', () => {
    expect([hasPath('http://example.com', '/'), hasPath('?a', '/')]).toEqual([true, true]);
  });
});
