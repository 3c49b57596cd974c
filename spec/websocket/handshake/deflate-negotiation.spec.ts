import { describe, expect, it } from 'vitest';
import {
  acceptOffer,
  type DeflatePreferences,
  makeOffer,
  readAcceptance,
} from '../../../src/websocket/handshake/deflate-negotiation.ts';
import { formatExtensions, parseExtensions } from '../../../src/websocket/handshake/extension.ts';

/** The response to some offers, or null. */
function respond(offers: string, preferences: DeflatePreferences = {}): string | null {
  const acceptance = acceptOffer(parseExtensions(offers)!, preferences);
  return acceptance === null ? null : formatExtensions([acceptance.response]).replace('permessage-deflate', 'p-d');
}

const offer = (parameters: string): string => `permessage-deflate${parameters === '' ? '' : `; ${parameters}`}`;

describe('a server, RFC 7692 §5.1', () => {
  const accepted: readonly [offers: string, response: string, preferences?: DeflatePreferences][] = [
    [offer(''), 'p-d'],
    [offer('server_no_context_takeover'), 'p-d; server_no_context_takeover'],
    [offer('client_no_context_takeover'), 'p-d; client_no_context_takeover'],
    [offer('server_max_window_bits=10'), 'p-d; server_max_window_bits=10'],
    [offer('server_max_window_bits="10"'), 'p-d; server_max_window_bits=10'],
    [offer('server_max_window_bits=15'), 'p-d; server_max_window_bits=15'],
    [offer('server_max_window_bits=8'), 'p-d; server_max_window_bits=8'],
    [offer('client_max_window_bits'), 'p-d'],
    [offer('client_max_window_bits=15'), 'p-d'],
    [offer('client_max_window_bits=12'), 'p-d; client_max_window_bits=12'],
    [`x-other, ${offer('')}`, 'p-d'],
    // Fallbacks: the first offer that can be accepted.
    [
      `${offer('server_max_window_bits=9; x')}, ${offer('client_no_context_takeover')}`,
      'p-d; client_no_context_takeover',
    ],
    [`${offer('client_max_window_bits')}, ${offer('')}`, 'p-d; client_max_window_bits=9', { clientMaxWindowBits: 9 }],
    [`${offer('')}, ${offer('client_max_window_bits')}`, 'p-d; client_max_window_bits=9', { clientMaxWindowBits: 9 }],
    // The preferences of the server.
    [offer(''), 'p-d; server_no_context_takeover', { serverNoContextTakeover: true }],
    [offer(''), 'p-d; client_no_context_takeover', { clientNoContextTakeover: true }],
    [offer('client_no_context_takeover'), 'p-d; client_no_context_takeover', { clientNoContextTakeover: false }],
    [offer(''), 'p-d; server_max_window_bits=11', { serverMaxWindowBits: 11 }],
    [offer('server_max_window_bits=10'), 'p-d; server_max_window_bits=10', { serverMaxWindowBits: 11 }],
    [offer('server_max_window_bits=12'), 'p-d; server_max_window_bits=11', { serverMaxWindowBits: 11 }],
    [offer('client_max_window_bits=10'), 'p-d; client_max_window_bits=10', { clientMaxWindowBits: 11 }],
    [offer('client_max_window_bits=12'), 'p-d; client_max_window_bits=11', { clientMaxWindowBits: 11 }],
  ];
  for (const [offers, response, preferences] of accepted) {
    it(`answers "${offers}" with "${response}"${preferences === undefined ? '' : ` for ${JSON.stringify(preferences)}`}`, () => {
      expect(respond(offers, preferences)).toBe(response);
    });
  }

  const declined: readonly [offers: string, preferences?: DeflatePreferences][] = [
    ['x-webkit-deflate-frame'],
    ...[
      'x',
      'server_no_context_takeover=1',
      'client_no_context_takeover=true',
      'server_no_context_takeover; server_no_context_takeover',
      'server_max_window_bits',
      'server_max_window_bits=7',
      'server_max_window_bits=16',
      'server_max_window_bits=08',
      'server_max_window_bits=10.0',
      'server_max_window_bits=1e1',
      'server_max_window_bits=10; server_max_window_bits=10',
      'client_max_window_bits=7',
      'client_max_window_bits=16',
      'client_max_window_bits=a',
      'client_max_window_bits; client_max_window_bits=10',
      'Server_No_Context_Takeover',
    ].map((parameters): [string] => [offer(parameters)]),
    [offer('server_no_context_takeover'), { serverNoContextTakeover: false }],
    [offer('server_max_window_bits=10'), { serverMaxWindowBits: false }],
    [offer(''), { clientMaxWindowBits: 10 }],
  ];
  for (const [offers, preferences] of declined) {
    it(`declines "${offers}"${preferences === undefined ? '' : ` for ${JSON.stringify(preferences)}`}`, () => {
      expect(respond(offers, preferences)).toBeNull();
    });
  }

  it('uses the parameters of its response', () => {
    const offers = parseExtensions(
      offer('client_max_window_bits; server_no_context_takeover; server_max_window_bits=9'),
    )!;
    expect(acceptOffer(offers, { clientMaxWindowBits: 10, clientNoContextTakeover: true })?.parameters).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 10,
    });
    expect(acceptOffer(parseExtensions(offer(''))!, {})?.parameters).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    });
  });
});

describe('a client, RFC 7692 §5.1', () => {
  it('offers its preferences', () => {
    const offered = (preferences: DeflatePreferences): string => formatExtensions([makeOffer(preferences)]);
    expect(offered({})).toBe('permessage-deflate; client_max_window_bits');
    expect(offered({ clientMaxWindowBits: false })).toBe('permessage-deflate');
    expect(
      offered({
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11,
      }),
    ).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; ' +
        'client_max_window_bits=11',
    );
  });

  const read = (parameters: string, preferences: DeflatePreferences = {}): ReturnType<typeof readAcceptance> =>
    readAcceptance(parseExtensions(offer(parameters))![0]!, preferences);

  it("uses the parameters of the server's response, and of its own offer", () => {
    expect(read('')).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    });
    expect(
      read(
        'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9',
      ),
    ).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 9,
    });
    expect(read('', { clientNoContextTakeover: true, clientMaxWindowBits: 10 })).toMatchObject({
      clientNoContextTakeover: true,
      clientMaxWindowBits: 10,
    });
    expect(read('server_max_window_bits=9', { serverMaxWindowBits: 10 })).toMatchObject({ serverMaxWindowBits: 9 });
    expect(read('server_no_context_takeover', { serverNoContextTakeover: true })).not.toBeNull();
  });

  const invalid: readonly [parameters: string, preferences?: DeflatePreferences][] = [
    ['x'],
    ['server_no_context_takeover=1'],
    ['server_max_window_bits'],
    ['server_max_window_bits=16'],
    ['client_max_window_bits'],
    ['client_max_window_bits=7'],
    ['client_no_context_takeover; client_no_context_takeover'],
    ['client_max_window_bits=10', { clientMaxWindowBits: false }],
    ['client_max_window_bits=12', { clientMaxWindowBits: 10 }],
    ['', { serverNoContextTakeover: true }],
    ['', { serverMaxWindowBits: 10 }],
    ['server_max_window_bits=11', { serverMaxWindowBits: 10 }],
    ['client_no_context_takeover', { clientNoContextTakeover: false }],
  ];
  for (const [parameters, preferences] of invalid) {
    it(`fails for "${parameters}"${preferences === undefined ? '' : ` to ${JSON.stringify(preferences)}`}`, () => {
      expect(read(parameters, preferences)).toBeNull();
    });
  }
});
