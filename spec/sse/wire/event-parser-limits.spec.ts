import { describe, expect, it } from 'vitest';
import { EventParser, type EventParserOptions, type EventSink } from '../../../src/sse/wire/event-parser.ts';
import { splitAt } from '../../support/chunkings.ts';
import { parse, type SinkCall } from '../../support/event-streams.ts';

const KIB = 1024;
const TOO_LARGE: SinkCall = ['SSE_ERR_EVENT_TOO_LARGE'];

/** Parses in one chunk and in chunks of several sizes, which must not make a difference. */
function parseInChunks(stream: string | Buffer, options: EventParserOptions = {}): SinkCall[] {
  const bytes = Buffer.from(stream);
  const whole = parse([bytes], options);
  for (const size of [1 + Math.floor(bytes.length / 5000), 1000, 70_000, 300_000]) {
    if (size < bytes.length) expect(parse(splitAt(bytes, size), options)).toEqual(whole);
  }
  return whole;
}

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

describe('A line that is decoded in blocks', () => {
  const long = 'größe 你好 😀 '.repeat(30_000);
  const ascii = 'x'.repeat(600 * KIB);

  it.each([
    ['ASCII', ascii],
    ['text', long],
    ['ASCII and then text', ascii + long],
    ['text and then ASCII', long + ascii],
  ])('is the same as in one piece: %s', (_, value) => {
    for (const end of ['\n', '\r', '\r\n']) {
      const stream = `\uFEFFdata: ${value}${end}data${end}data:${value}${end}event:${value}${end}id: ${value}${end}${end}:${value}${end}`;
      const calls = parseInChunks(stream);
      expect(calls[0]).toEqual([value, `${value}\n\n${value}`, value]);
      expect(calls[1]).toEqual(['comment', value]);
    }
  });

  it('may be a retry, or an id with NUL, which is ignored', () => {
    expect(parseInChunks(`retry: ${'0'.repeat(400 * KIB)}7\n`)).toEqual([['retry', 7]]);
    expect(parseInChunks(`id: ${ascii}\0\ndata: a\n\n`)).toEqual([['message', 'a', '']]);
    expect(parseInChunks(`id:${ascii}\ndata: a\n\n`)).toEqual([['message', 'a', ascii]]);
  });

  it('ends with U+FFFD if it ends within a UTF-8 sequence', () => {
    const bytes = Buffer.concat([Buffer.from(`data: ${long}`), Buffer.of(0xe2, 0x82), Buffer.from('\n\n')]);
    expect(parseInChunks(bytes)).toEqual([['message', `${long}\uFFFD`, '']]);
  });

  it('is not the first line of the stream for the line after it', () => {
    expect(parseInChunks(`junk${ascii}\n\uFEFFdata: a\n\n`)).toEqual([]);
  });
});

describe('A method of the sink', () => {
  const STREAM = 'id: 1\nretry: 1\n: c\ndata: a\n\nid: 2\nretry: 2\n: d\ndata: b\n\nid: 3\ndata: par';

  function run(method: keyof EventSink, act: (parser: EventParser) => void, stream = STREAM): unknown[] {
    const log: unknown[] = [];
    let acted = false;
    const record = (name: keyof EventSink, value: unknown): void => {
      log.push(value);
      if (name !== method || acted) return;
      acted = true;
      act(parser);
    };
    const parser: EventParser = new EventParser({
      onEvent: ({ data }) => record('onEvent', data),
      onRetry: (time) => record('onRetry', time),
      onComment: (text) => record('onComment', text),
      onError: ({ code }) => record('onError', code),
    });
    try {
      parser.push(Buffer.from(stream));
    } catch (error) {
      log.push((error as Error).message);
    }
    parser.push(Buffer.from('tial\n\n'));
    log.push(parser.lastEventId);
    return log;
  }

  it.each([
    ['onRetry', [1], ''],
    ['onComment', [1, ' c'], ''],
    ['onEvent', [1, ' c', 'a'], '1'],
  ] as const)(
    '%s may call end(): the rest of the chunk is discarded, and its ids are not taken',
    (method, calls, id) => {
      expect(run(method, (parser) => parser.end())).toEqual([...calls, id]);
    },
  );

  it.each([
    ['onRetry', [1, ' c', 'a', 2, ' d', 'b', 'thrown', 'partial', '3']],
    ['onComment', [1, ' c', 'a', 2, ' d', 'b', 'thrown', 'partial', '3']],
    ['onEvent', [1, ' c', 'a', 2, ' d', 'b', 'thrown', 'partial', '3']],
  ] as const)('%s may throw: the rest of the chunk is parsed before push() throws', (method, calls) => {
    const act = (): void => {
      throw new Error('thrown');
    };
    expect(run(method, act)).toEqual(calls);
  });

  it('onError may throw', () => {
    const parser = new EventParser(
      {
        onEvent: () => {},
        onError: () => {
          throw new Error('thrown');
        },
      },
      { maxEventSize: 5 },
    );
    expect(() => parser.push(Buffer.from('data: 123\n\n'))).toThrow('thrown');
    expect(() => parser.push(Buffer.from('data: 123\n\n'))).not.toThrow();
  });

  it('may push another stream after end()', () => {
    const log: string[] = [];
    const parser = new EventParser({
      onEvent: ({ data }) => {
        log.push(data);
        if (data !== 'é1') return;
        parser.end();
        parser.push(Buffer.from('data: other\n\ndata: in'));
      },
    });
    parser.push(Buffer.from('data: é'));
    parser.push(Buffer.from('1\n\ndata: 2\n\ndata: partial'));
    parser.push(Buffer.from('ner\n\n'));
    expect(log).toEqual(['é1', 'other', 'inner']);
  });
});
