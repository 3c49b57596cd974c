import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptKey } from '../src/websocket/handshake/accept-key.ts';
import { type Extension, formatExtensions, parseExtensions } from '../src/websocket/handshake/extension.ts';
import { headerFields } from '../src/websocket/handshake/header.ts';
import { readRequest } from '../src/websocket/handshake/request.ts';
import { readResponse } from '../src/websocket/handshake/response.ts';

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcXYZ";
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 8 });
const extensions: fc.Arbitrary<Extension[]> = fc.array(
  fc.record({
    name: token,
    parameters: fc.array(fc.tuple(token, fc.oneof(token, fc.constant(true as const))), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('Sec-WebSocket-Extensions', () => {
  it('is parsed to the value that was formatted', () => {
    fc.assert(fc.property(extensions, (list) => void expect(parseExtensions(formatExtensions(list))).toEqual(list)));
  });

  it('is parsed to the same value with white space, empty elements, and quoted strings with escapes', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 2 });
    fc.assert(
      fc.property(extensions, fc.infiniteStream(space), fc.infiniteStream(fc.nat(3)), (list, spaces, choices) => {
        const spaced = (separator: string): string => `${spaces.next().value}${separator}${spaces.next().value}`;
        const written = (value: string): string => {
          const choice = choices.next().value;
          if (choice === 0) return `"${value}"`;
          return choice === 1 ? `"${value.replace(/./g, '\\$&')}"` : value;
        };
        const elements = list.map(({ name, parameters }) =>
          [
            name,
            ...parameters.map(([parameter, value]) =>
              value === true ? parameter : `${parameter}${spaced('=')}${written(value)}`,
            ),
          ].join(spaced(';')),
        );
        const field = spaced(elements.join(choices.next().value === 0 ? spaced(',,') : spaced(',')));
        expect(parseExtensions(field)).toEqual(list);
      }),
    );
  });

  it('never throws when parsed, and a parsed list can be formatted and parsed again', () => {
    const almost = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', ';', ',', '=', '"', '\\', '\t', 'ä', '\0'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (field) => {
        const list = parseExtensions(field);
        if (list !== null) expect(parseExtensions(formatExtensions(list))).toEqual(list);
      }),
    );
  });

  it('is parsed in linear time', () => {
    // The worst cases for a backtracking pattern. In quadratic time, the test would time out.
    for (const field of [`a;b="${'\\'.repeat(100_000)}`, `${' '.repeat(100_000)}x y`, 'a;'.repeat(50_000)]) {
      expect(parseExtensions(field)).toBeNull();
    }
  });
});

const NAMES = ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Protocol'];
const VALUES = [
  'a',
  'websocket',
  'Upgrade',
  'keep-alive, upgrade',
  'dGhlIHNhbXBsZSBub25jZQ==',
  '13',
  '8',
  'chat, superchat',
];
const rawHeaders = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...NAMES, 'Sec-WebSocket-Extensions', 'Sec-WebSocket-Accept'), fc.string()),
      fc.oneof(fc.constantFrom(...VALUES), fc.string()),
    ),
    { maxLength: 12 },
  )
  .map((fields) => fields.flat());

describe('the opening handshake', () => {
  it('yields an offer or a refusal for any request, and never throws', () => {
    const method = fc.oneof({ weight: 5, arbitrary: fc.constant('GET') }, fc.string(), fc.constant(undefined));
    const httpVersion = fc.oneof({ weight: 5, arbitrary: fc.constant('1.1') }, fc.string());
    fc.assert(
      fc.property(method, httpVersion, rawHeaders, (name, version, headers) => {
        const result = readRequest({ method: name, httpVersion: version, headers: headerFields(headers) });
        if ('refusal' in result) expect(result.refusal.status).toBeGreaterThanOrEqual(400);
        else expect(Buffer.from(result.offer.key, 'base64')).toHaveLength(16);
      }),
    );
  });

  it('yields an agreement or a failure for any response, and never throws', () => {
    fc.assert(
      fc.property(rawHeaders, fc.array(token, { maxLength: 3 }), (headers, protocols) => {
        const key = 'dGhlIHNhbXBsZSBub25jZQ==';
        const right = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', acceptKey(key)];
        for (const fields of [headers, [...right, ...headers]]) {
          const result = readResponse(headerFields(fields), { key, protocols, deflate: null });
          if ('invalid' in result) expect(result.invalid.code).toMatch(/^WS_ERR_/);
          else expect(['', ...protocols]).toContain(result.agreement.protocol);
        }
      }),
    );
  });
});
