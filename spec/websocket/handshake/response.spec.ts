import { describe, expect, it } from 'vitest';
import { headerFields } from '../../../src/websocket/handshake/header.ts';
import { type ClientOffer, readResponse, responseHeaders } from '../../../src/websocket/handshake/response.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const DEFLATE = 'permessage-deflate';
const OFFER: ClientOffer = { key: KEY, protocols: [], deflate: null };

const raw = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);

function read(lines: readonly string[], changes: Partial<ClientOffer> = {}): ReturnType<typeof readResponse> {
  return readResponse(headerFields(raw(lines)), { ...OFFER, ...changes });
}

/** A valid response in which one line is replaced or removed. */
function changed(name: string, ...replacements: string[]): string[] {
  const lines = responseHeaders(KEY, '', []).filter((line) => !line.startsWith(`${name}:`));
  return [...lines, ...replacements.map((value) => `${name}: ${value}`)];
}

describe('the header fields of a response', () => {
  it('are those of §1.3', () => {
    expect(responseHeaders(KEY, 'chat', [])).toEqual([
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Sec-WebSocket-Protocol: chat',
    ]);
  });

  it('include the extensions in use', () => {
    const extensions = [{ name: 'x', parameters: [['p', '1']] as const }];
    expect(responseHeaders(KEY, '', extensions).at(-1)).toBe('Sec-WebSocket-Extensions: x; p=1');
  });
});

describe('a response', () => {
  it('is valid if it matches the offer', () => {
    const extensions = [{ name: 'permessage-deflate', parameters: [['server_max_window_bits', '9']] as const }];
    const lines = responseHeaders(KEY, 'chat', extensions);
    const offer = { protocols: ['other', 'chat'], deflate: {} };
    const deflate = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 15,
    };
    expect(read(lines, offer)).toEqual({ agreement: { protocol: 'chat', extensions, deflate } });
    const none = { agreement: { protocol: '', extensions: [], deflate: null } };
    expect(read(responseHeaders(KEY, '', []))).toEqual(none);
    expect(read(responseHeaders(KEY, '', []), { deflate: {} })).toEqual(none);
  });

  it('may have the required tokens in any case, and other tokens in Connection', () => {
    expect(read(changed('Upgrade', 'WebSocket'))).toHaveProperty('agreement');
    expect(read(changed('Connection', 'keep-alive, UPGRADE'))).toHaveProperty('agreement');
  });

  const invalid: readonly [string, string, string[], Partial<ClientOffer>?][] = [
    ['without Upgrade', 'UPGRADE', changed('Upgrade')],
    ['with another Upgrade', 'UPGRADE', changed('Upgrade', 'websocket, h2c')],
    ['without Connection', 'CONNECTION', changed('Connection')],
    ['with another Connection', 'CONNECTION', changed('Connection', 'keep-alive')],
    ['without Accept', 'ACCEPT', changed('Sec-WebSocket-Accept')],
    ['with another Accept', 'ACCEPT', changed('Sec-WebSocket-Accept', 'S3pPLMBiTxaQ9kYGzzhZRbK+xOo=')],
    ['with two Accept lines', 'ACCEPT', changed('Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'x')],
    ['with an extension that was not offered', 'EXTENSIONS', changed('Sec-WebSocket-Extensions', 'x')],
    ['with another extension', 'EXTENSIONS', changed('Sec-WebSocket-Extensions', 'x'), { deflate: {} }],
    [
      'with a duplicated extension',
      'EXTENSIONS',
      changed('Sec-WebSocket-Extensions', DEFLATE, DEFLATE),
      { deflate: {} },
    ],
    ['with invalid parameters', 'EXTENSIONS', changed('Sec-WebSocket-Extensions', `${DEFLATE}; x`), { deflate: {} }],
    ['with malformed extensions', 'EXTENSIONS', changed('Sec-WebSocket-Extensions', ';')],
    ['with a subprotocol that was not offered', 'PROTOCOL', changed('Sec-WebSocket-Protocol', 'chat')],
    ['with another subprotocol', 'PROTOCOL', changed('Sec-WebSocket-Protocol', 'chat'), { protocols: ['Chat'] }],
    ['with two subprotocols', 'PROTOCOL', changed('Sec-WebSocket-Protocol', 'a', 'b'), { protocols: ['a', 'b'] }],
    ['with an empty subprotocol', 'PROTOCOL', changed('Sec-WebSocket-Protocol', ''), { protocols: ['a'] }],
    ['without any of the offered subprotocols', 'PROTOCOL', changed('X'), { protocols: ['a'] }],
  ];
  for (const [title, code, lines, offer] of invalid) {
    it(`is invalid ${title}`, () => {
      expect(read(lines, offer)).toMatchObject({ invalid: { code: `WS_ERR_INVALID_${code}` } });
    });
  }
});
