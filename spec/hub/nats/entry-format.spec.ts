import { describe, expect, it } from 'vitest';
import { decodeEntry, encodeEntry, KeyHeaders, parseDelivery } from '../../../src/hub/nats/entry-format.ts';

describe('the payload of an entry', () => {
  const TEXTS = [
    '',
    'a/b',
    '"',
    '\\',
    '\\"',
    '\n\r\0\u2028',
    '"},"data":1',
    'é漢😀',
    '\uD800',
    '{"topic":"x","data":1}',
  ];

  it.each(TEXTS)('keeps the topic, event type and data %j', (text) => {
    for (const event of [undefined, text]) {
      const data = JSON.stringify(text);
      const payload = encodeEntry({ topic: text, event, data, idempotencyKey: undefined });
      expect(decodeEntry('1', payload)).toEqual({ id: '1', topic: text, event, data });
    }
  });

  it('is a JSON object', () => {
    const payload = encodeEntry({ topic: 'a', event: 'e', data: '{"b":[1]}', idempotencyKey: 'k' });
    expect(JSON.parse(payload)).toEqual({ topic: 'a', event: 'e', data: { b: [1] } });
  });

  it.each([
    '',
    'x',
    '{}',
    '{"topic":1,"data":1}',
    ' {"topic":"a","data":1}',
    '{"topic":"a"}',
    '{"data":1,"topic":"a"}',
    '{"topic":"a","data":1',
    '{"topic":"a","data":1]',
    '{"topic":"\\q","data":1}',
    '{"topic":"a","event":"\n","data":1}',
  ])('of another program, %j, is an entry with an empty topic', (payload) => {
    expect(decodeEntry('1', payload)).toEqual({ id: '1', topic: '', event: undefined, data: 'null' });
  });
});

describe('the header fields with a key', () => {
  it.each(['k', '', 'a\r\nb: c', 'é', 'x'.repeat(10_000)])('have one line for %j', (key) => {
    const headers = new KeyHeaders(key);
    const text = Buffer.from(headers.encode()).toString();
    expect(text).toMatch(/^NATS\/1\.0\r\nNats-Msg-Id: [\w-]{43}\r\n\r\n$/);
    expect(headers.byteLength).toBe(text.length);
  });

  it('differ for keys that differ', () => {
    const texts = ['a', 'A', ' a', ''].map((key) => Buffer.from(new KeyHeaders(key).encode()).toString());
    expect(new Set(texts).size).toBe(4);
  });
});

describe('the reply subject of a delivered message', () => {
  const expected = { sequence: 12, consumerSequence: 3, time: '1795856120096018221' };

  it.each([
    ['of a server without a domain', '$JS.ACK.stream.consumer.1.12.3.1795856120096018221.0'],
    ['with a domain and an account', '$JS.ACK.domain.hash.stream.consumer.1.12.3.1795856120096018221.0'],
    ['with a random token', '$JS.ACK._.hash.stream.consumer.1.12.3.1795856120096018221.0.token'],
  ])('%s has the sequences and the time', (_, reply) => {
    expect(parseDelivery(reply)).toEqual(expected);
  });

  it.each([undefined, '', '_INBOX.a', '$JS.FC.stream.consumer'])('is not %j', (reply) => {
    expect(parseDelivery(reply)).toBeUndefined();
  });
});
