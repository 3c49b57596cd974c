import { describe, expect, it } from 'vitest';
import { EventParser } from '../../../src/sse/wire/event-parser.ts';
import type { EventTooLargeError } from '../../../src/sse/wire/event-sink.ts';
import { splitAt } from '../../support/chunkings.ts';
import { parse, parseInChunks, type SinkCall } from '../../support/event-streams.ts';

const KIB = 1024;
const TOO_LARGE: SinkCall = ['SSE_ERR_EVENT_TOO_LARGE'];

describe('maxEventSize', () => {
  it('of 0 means no limit', () => {
    expect(parseInChunks('data: hello\n\n', { maxEventSize: 0 })).toEqual([['message', 'hello', '']]);
  });

  it('counts the bytes of data, type and last event ID together, in any chunking', () => {
    // 5 + 1 + 5 bytes of data, 5 of the type, and 4 of the ID.
    const stream = 'event: étype\nid: é12\ndata: 12345\ndata: éüa\n\ndata: x\n\n';
    const bytes = Buffer.byteLength('étypeé1212345\néüa');
    expect(parseInChunks(stream, { maxEventSize: bytes })[0]).toEqual(['étype', '12345\néüa', 'é12']);
    expect(parseInChunks(stream, { maxEventSize: bytes - 1 })).toEqual([TOO_LARGE]);
  });

  it('does not count a type or an ID that another one replaces', () => {
    const stream = `${'event: 12345\nid: 12345\n'.repeat(100)}data: x\n\n`;
    expect(parseInChunks(stream, { maxEventSize: 14 })).toEqual([['12345', 'x', '12345']]);
  });

  it('counts each invalid byte as U+FFFD, in any chunking', () => {
    const stream = Buffer.concat([Buffer.from('data:'), Buffer.alloc(5, 0xff), Buffer.from('\n\n')]);
    expect(parseInChunks(stream, { maxEventSize: 20 })).toEqual([['message', '\uFFFD'.repeat(5), '']]);
    expect(parseInChunks(stream, { maxEventSize: 19 })).toEqual([TOO_LARGE]);
  });

  it('does not count a byte order mark', () => {
    expect(parseInChunks('\uFEFFdata:abc\n\n', { maxEventSize: 8 })).toEqual([['message', 'abc', '']]);
    expect(parseInChunks('\uFEFFdata:abcd', { maxEventSize: 8 })).toEqual([TOO_LARGE]);
  });

  it.each([
    ['a comment', ':'],
    ['an unknown field', 'foo:'],
    ['an unknown field that begins like a known one', 'dat:'],
    ['an unknown field with a long name', 'dataset'],
    ['a comment that is not ASCII', ':é'],
  ])('does not end the stream for %s, which is ignored', (_, start) => {
    for (const size of [1, 50, 2 * KIB, 400 * KIB]) {
      const stream = `id: 1\n${start}${'x'.repeat(size)}\r\ndata: a\n\n${start}${'x'.repeat(size)}`;
      const events = parseInChunks(stream, { maxEventSize: 20 }).filter(([type]) => type !== 'comment');
      expect(events).toEqual([['message', 'a', '1']]);
    }
  });

  it.each(['data', 'event', 'id', 'retry'])('ends the stream for a long %s field', (name) => {
    for (const size of [50, 2 * KIB, 400 * KIB]) {
      const line = `${name}: ${'1'.repeat(size)}`;
      for (const end of ['', '\n', '\r\n']) {
        expect(parseInChunks(`data: a\n\n${line}${end}`, { maxEventSize: 20 })).toEqual([
          ['message', 'a', ''],
          TOO_LARGE,
        ]);
      }
    }
    // While the value is decoded in blocks.
    expect(parseInChunks(`${name}:${'1'.repeat(500 * KIB)}`, { maxEventSize: 400 * KIB })).toEqual([TOO_LARGE]);
    expect(parseInChunks(`${name}:${'1'.repeat(500 * KIB)}\n`, { maxEventSize: 400 * KIB })).toEqual([TOO_LARGE]);
  });

  it.each<[string, string, number, string, number]>([
    ['a line of a chunk', 'data: 12345\n', 10, 'Line', 11],
    ['a line of a chunk that is not ASCII', 'data: é2345\n', 10, 'Line', 12],
    ['a line without its end', 'data: 12345', 10, 'Line', 11],
    ['a line after a byte order mark', '\uFEFFdata: 12345', 10, 'Line', 11],
    ['a long line', `data: ${'x'.repeat(300 * KIB)}\n`, 10, 'Line', 300 * KIB + 6],
    ['a long line without its end', `data: ${'x'.repeat(300 * KIB)}`, 10, 'Line', 300 * KIB + 6],
    ['a long line past a large limit', `data: ${'x'.repeat(300 * KIB)}`, 290 * KIB, 'Line', 300 * KIB + 6],
    ['the data of an event', 'data: 12345\ndata: 6789\ndata:1\n', 11, 'Event', 12],
    ['data that is not ASCII', 'data: é234\ndata: 67é\ndata:12\n', 12, 'Event', 13],
    ['the type of an event', 'data: 12345678\nevent: 12345678\n', 15, 'Event', 16],
    ['the id of an event', 'data: 12345678\nid: 12345678\n', 15, 'Event', 16],
  ])('says how much was received: %s', (_, stream, maxEventSize, subject, received) => {
    const errors: EventTooLargeError[] = [];
    for (const step of [Buffer.byteLength(stream), 7, 1].filter((step) => stream.length / step < 100_000)) {
      const parser = new EventParser({ onEvent() {}, onError: (error) => void errors.push(error) }, { maxEventSize });
      for (const chunk of splitAt(Buffer.from(stream), step)) parser.push(chunk);
    }
    expect(errors[0]).toMatchObject({
      actual: received,
      message: `${subject} exceeds maxEventSize (limit ${maxEventSize} bytes, received at least ${received})`,
    });
    for (const { limit, actual } of errors) {
      expect(limit).toBe(maxEventSize);
      expect(actual).toBeGreaterThan(maxEventSize);
      expect(actual).toBeLessThanOrEqual(received);
    }
  });

  it('ignores a long comment, also while it is decoded in blocks', () => {
    const stream = `:${'1'.repeat(500 * KIB)}\ndata: a\n\n`;
    expect(parseInChunks(stream, { maxEventSize: 400 * KIB })).toEqual([['message', 'a', '']]);
    const invalid = Buffer.concat([Buffer.from(':'), Buffer.alloc(300 * KIB, 0xff), Buffer.from('\ndata: a\n\n')]);
    expect(parseInChunks(invalid, { maxEventSize: 400 * KIB })).toEqual([['message', 'a', '']]);
    expect(parse([invalid.subarray(0, 299 * KIB), invalid.subarray(299 * KIB)], { maxEventSize: 400 * KIB })).toEqual([
      ['message', 'a', ''],
    ]);
    const data = Buffer.concat([Buffer.from('data:'), Buffer.alloc(300 * KIB, 0xff), Buffer.from('\n\n')]);
    expect(parse(splitAt(data, 290 * KIB), { maxEventSize: 400 * KIB })).toEqual([TOO_LARGE]);
  });
});
