import { describe, expect, it } from 'vitest';
import { EventParser, type EventSink, EventTooLargeError } from '../../../src/sse/wire/event-parser.ts';
import { splitAt } from '../../support/chunkings.ts';
import { parse, parseInAnyChunking, parseInChunks } from '../../support/event-streams.ts';

const KIB = 1024;

describe('EventParser', () => {
  it('reads an event with all its fields, in any chunking', () => {
    expect(parseInAnyChunking('event: tick\nid: 7\nretry: 3000\ndata: now\n\n')).toEqual([
      ['retry', 3000],
      ['tick', 'now', '7'],
    ]);
  });

  it('accepts a Uint8Array as well as a Buffer', () => {
    const received: string[] = [];
    const parser = new EventParser({ onEvent: ({ data }) => void received.push(data) });
    const bytes = new Uint8Array([...Buffer.from('xxdata: ü\n\nxx')]);
    parser.push(bytes.subarray(2, -2));
    expect(received).toEqual(['ü']);
  });

  it('lets a listener use another parser, and can be used again afterwards', () => {
    const received: string[] = [];
    const inner = new EventParser({ onEvent: ({ data }) => void received.push(`inner ${data}`) });
    const outer = new EventParser({
      onEvent: ({ data }) => {
        received.push(data);
        inner.push(Buffer.from('data: größer als außen, 你好\n\n'));
      },
    });
    outer.push(Buffer.from('data: grün\n\nda'));
    outer.push(Buffer.from('ta: blaü\n\ndata: gelb\n\n'));
    const other = 'inner größer als außen, 你好';
    expect(received).toEqual(['grün', other, 'blaü', other, 'gelb', other]);
  });

  it('accepts CR, LF and CRLF as line ends, also mixed', () => {
    const events = [
      ['message', 'a\nb', ''],
      ['message', 'c', ''],
    ];
    for (const end of ['\n', '\r', '\r\n']) {
      expect(parseInAnyChunking(`data: a${end}data: b${end}${end}data: c${end}${end}`)).toEqual(events);
    }
    expect(parseInAnyChunking('data: a\rdata: b\r\n\ndata: c\n\r')).toEqual(events);
    expect(parseInAnyChunking('data: a\ndata: b\r\rdata: c\r\n\r\n')).toEqual(events);
  });

  it('dispatches at a CR, without waiting for a LF', () => {
    expect(parse([Buffer.from('data: a\r\r')])).toEqual([['message', 'a', '']]);
  });

  it('ignores one byte order mark at the start, and no other', () => {
    const mark = '\uFEFF';
    expect(parseInAnyChunking(`${mark}data: a\n\n`)).toEqual([['message', 'a', '']]);
    expect(parseInAnyChunking(`${mark}${mark}data: a\n\n`)).toEqual([]);
    expect(parseInAnyChunking(`data: a\n\n${mark}data: b\n\n`)).toEqual([['message', 'a', '']]);
    expect(parseInAnyChunking(`data: ${mark}\n\n`)).toEqual([['message', mark, '']]);
  });

  it('decodes UTF-8 across chunks, and replaces invalid bytes with U+FFFD', () => {
    expect(parseInAnyChunking('data: ä€😀\n\n')).toEqual([['message', 'ä€😀', '']]);
    const invalid = Buffer.concat([Buffer.from('data: a'), Buffer.of(0xff, 0xe2, 0x82), Buffer.from('\n\n')]);
    expect(parseInAnyChunking(invalid)).toEqual([['message', 'a\uFFFD\uFFFD', '']]);
  });

  it('ignores an id with NUL, and a retry that is not all ASCII digits', () => {
    expect(parseInAnyChunking('id: 1\nid: 2\0\ndata: a\n\n')).toEqual([['message', 'a', '1']]);
    expect(parseInAnyChunking('retry: 1.5\nretry: -1\nretry:\nretry: 1a\nretry: ١\nretry: 007\n')).toEqual([
      ['retry', 7],
    ]);
  });

  it('reports comments if the sink has onComment(), and ignores unknown fields', () => {
    expect(parseInAnyChunking(': hi\n:\nfoo: bar\nfoo\nData: x\n data: y\n\n')).toEqual([
      ['comment', ' hi'],
      ['comment', ''],
    ]);
    const events: string[] = [];
    const parser = new EventParser({ onEvent: ({ data }) => void events.push(data) });
    parser.push(Buffer.from(': hi\nretry: 1\ndata: a\n\n'));
    expect(events).toEqual(['a']);
  });

  it('compares whole field names: longer and shorter ones are unknown', () => {
    for (const name of ['data', 'event', 'id', 'retry']) {
      const unknown = [
        `${name}s: 1`,
        `${name}s`,
        `${name.slice(0, -1)}: 1`,
        name.slice(0, -1),
        `${name.slice(0, -1)}?: 1`,
      ];
      const before = 'data: a\nevent: b\nid: 2\n';
      expect(parseInAnyChunking(`${before}${unknown.join('\n')}\n\n`)).toEqual([['b', 'a', '2']]);
    }
  });

  it('reads a line without a colon as a field with an empty value', () => {
    expect(parseInAnyChunking('event: x\nid: 1\nevent\nid\nretry\ndata\ndata\n\n')).toEqual([['message', '\n', '']]);
  });

  it('decodes large and small chunks alike, also with invalid bytes', () => {
    const long = 'größe 你好 😀 '.repeat(500);
    const valid = Buffer.from(`id: ü\ndata: ${long}\nevent: ä\ndata: x\n\n${'data: ö\n\n'.repeat(1000)}dat`);
    const events = [['ä', `${long}\nx`, 'ü'], ...Array(1000).fill(['message', 'ö', 'ü'])];
    const invalid = Buffer.concat([Buffer.from('data: '), Buffer.of(0xff), valid.subarray(4)]);
    const marked = Buffer.concat([Buffer.from('\uFEFF'), valid]);
    for (const size of [marked.length, 5000, 4096, 1000]) {
      expect(parse(splitAt(valid, size))).toEqual(events);
      expect(parse(splitAt(marked, size))).toEqual(events);
      expect(parse(splitAt(invalid, size))[0]).toEqual(['ä', `\uFFFDü\n${long}\nx`, '']);
    }
  });

  it('finds the end of a long line, whether CR or LF, also if the previous chunk ended within the line', () => {
    const long = 'x'.repeat(300);
    for (const ends of ['\n\n', '\r\r', '\r\n\r\n', '\r\n\r', '\n\r']) {
      const stream = Buffer.from(`data: ${long}${ends}data: b${ends}`);
      for (const size of [stream.length, 10, 310]) {
        expect(parse(splitAt(stream, size))).toEqual([
          ['message', long, ''],
          ['message', 'b', ''],
        ]);
      }
      // The other kind of line end follows in the same chunk.
      const mixed = Buffer.from(`data: ${long}${ends}: a\r: b\n`);
      expect(parse([mixed.subarray(0, 8), mixed.subarray(8)])).toEqual([
        ['message', long, ''],
        ['comment', ' a'],
        ['comment', ' b'],
      ]);
    }
  });

  it('continues after a line of many chunks, whether another line ends in the last chunk or not', () => {
    const long = 'x'.repeat(10_000);
    for (const rest of ['data: b\n\n', 'da', '\n', '']) {
      const stream = Buffer.from(`data: ${long}\n${rest}`);
      const whole = parse([stream, Buffer.from('\n\n')]);
      expect(parse([...splitAt(stream, 6000), Buffer.from('\n\n')])).toEqual(whole);
      expect(whole[0]).toEqual(['message', rest === 'data: b\n\n' ? `${long}\nb` : long, '']);
    }
  });

  it('ignores an empty chunk, also between CR and LF', () => {
    expect(parse(['data: a\r', '', '\n', '', '\n'].map((text) => Buffer.from(text)))).toEqual([['message', 'a', '']]);
  });

  it('does not keep its chunks', () => {
    const chunk = Buffer.from('data: a');
    const received: string[] = [];
    const parser = new EventParser({ onEvent: ({ data }) => void received.push(data) });
    parser.push(chunk);
    chunk.fill(0x78);
    parser.push(Buffer.from('\n\n'));
    expect(received).toEqual(['a']);
  });

  it('discards an unfinished event at the end of the stream, and keeps the last event ID', () => {
    const received: unknown[] = [];
    const parser = new EventParser({ onEvent: (event) => void received.push(event) }, { lastEventId: 'from before' });
    expect(parser.lastEventId).toBe('from before');
    parser.push(Buffer.from('id: 1\ndata: a\n\nid: 2\nevent: x\ndata: unfinis'));
    expect(parser.lastEventId).toBe('1');
    parser.end();
    parser.push(Buffer.from('\uFEFFdata: b\n\n'));
    expect(received).toEqual([
      { type: 'message', data: 'a', lastEventId: '1' },
      { type: 'message', data: 'b', lastEventId: '1' },
    ]);
  });

  it('reads a LF at the start of a new stream as an empty line, even if the previous stream ended with CR', () => {
    const received: string[] = [];
    const parser = new EventParser({ onEvent: ({ data }) => void received.push(data) });
    parser.push(Buffer.from('data: a\r'));
    parser.end();
    parser.push(Buffer.from('\ndata: b\n\n'));
    expect(received).toEqual(['b']);
  });

  it('throws for an invalid option', () => {
    const sink = { onEvent: () => {} };
    expect(() => new EventParser(sink, { maxEventSize: -1 })).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        code: 'SSE_ERR_INVALID_OPTION',
        message: 'maxEventSize must be at least 0 bytes; received -1',
      }),
    );
    expect(() => new EventParser(sink, { lastEventId: 7 as never })).toThrow(
      'lastEventId must be a string; received 7',
    );
  });

  it.each(['id: 123'])('fails if data, type and id exceed maxEventSize together: %s', (line) => {
    const parser = new EventParser({ onEvent() {} }, { maxEventSize: 15 });
    expect(() => parser.push(Buffer.from(`data: 1234567\nevent: abcdefg\n${line}\n`))).toThrow(EventTooLargeError);
  });

  it('fails for a line or an event that exceeds maxEventSize, and ignores input until the next stream', () => {
    const options = { maxEventSize: 20 };
    const received = [['message', 'a'.repeat(14), '']];
    const fits = `data: ${'a'.repeat(14)}\n\n`;
    const tooLarge = ['SSE_ERR_EVENT_TOO_LARGE'];
    expect(parse([Buffer.from(fits)], options)).toEqual(received);
    expect(parse(splitAt(Buffer.from(`${fits}data: ${'a'.repeat(15)}\n\n`), 1), options)).toEqual([
      ...received,
      tooLarge,
    ]);
    const lines = `${'data: 1234567\n'.repeat(3)}\n${fits}`;
    expect(parse([Buffer.from(lines)], options)).toEqual([tooLarge]);
    expect(parse(splitAt(Buffer.from(lines), 1), options)).toEqual([tooLarge]);

    const parser = new EventParser({ onEvent: (event) => void received.push([event.data]) }, options);
    expect(() => parser.push(Buffer.from(`data${' '.repeat(17)}`))).not.toThrow();
    expect(() => parser.push(Buffer.from(`\ndata:${' '.repeat(16)}`))).toThrow(EventTooLargeError);
    expect(() => new EventParser({ onEvent: () => {} }, options).push(Buffer.from(`data:${'x'.repeat(16)}`))).toThrow(
      'Line exceeds maxEventSize (limit 20 bytes, received at least 21)',
    );
    parser.push(Buffer.from(fits));
    expect(received).toHaveLength(1);
    parser.end();
    parser.push(Buffer.from(fits));
    expect(received).toHaveLength(2);
  });

  it('parses a line of many chunks, and frees its memory', () => {
    const data = 'x'.repeat(300_000);
    expect(parse(splitAt(Buffer.from(`data: ${data}\n\ndata: b\n\n`), 1000))).toEqual([
      ['message', data, ''],
      ['message', 'b', ''],
    ]);
  });

  it('needs linear time: it parses a line of a megabyte byte by byte', () => {
    const received = parse(splitAt(Buffer.from(`data: ${'x'.repeat(2 ** 20)}\n\n`), 1));
    expect(received.map(([, data]) => (data as string).length)).toEqual([2 ** 20]);
  });
});

describe('A line that is decoded in blocks', () => {
  const long = 'größe 你好 😀 '.repeat(14_000);
  const ascii = 'x'.repeat(280 * KIB);

  it.each([
    ['ASCII', ascii, '\n'],
    ['text', long, '\r'],
    ['ASCII and then text', ascii + long, '\r\n'],
    ['text and then ASCII', long + ascii, '\n'],
  ])('is the same as in one piece: %s', (_, value, end) => {
    const stream = `\uFEFFdata: ${value}${end}data${end}data:${value}${end}event:${value}${end}id: ${value}${end}${end}:${value}${end}`;
    const calls = parseInChunks(stream);
    expect(calls[0]).toEqual([value, `${value}\n\n${value}`, value]);
    expect(calls[1]).toEqual(['comment', value]);
  });

  it('may be a retry, or an id with NUL, which is ignored', () => {
    expect(parseInChunks(`retry: ${'0'.repeat(400 * KIB)}7\n`)).toEqual([['retry', 7]]);
    expect(parseInChunks(`id: ${ascii}\0\ndata: a\n\n`)).toEqual([['message', 'a', '']]);
    expect(parseInChunks(`id:${ascii}\ndata: a\n\n`)).toEqual([['message', 'a', ascii]]);
  });

  it('fails past maxEventSize, or is ignored', () => {
    const options = { maxEventSize: 400 * KIB };
    const failure = ['SSE_ERR_EVENT_TOO_LARGE'];
    for (const line of ['x'.repeat(500 * KIB), 'ü'.repeat(300 * KIB), '\xff'.repeat(300 * KIB)]) {
      const bytes = Buffer.from(line, line.startsWith('\xff') ? 'latin1' : 'utf8');
      for (const [start, end] of [
        ['data:', failure],
        [':', ['message', 'a', '']],
        ['x:', ['message', 'a', '']],
      ] as const) {
        const stream = Buffer.concat([Buffer.from(start), bytes, Buffer.from('\ndata: a\n\n')]);
        for (const size of [stream.length, 270 * KIB]) expect(parse(splitAt(stream, size), options)).toEqual([end]);
      }
    }
    expect(parse(splitAt(Buffer.from(`data:${'x'.repeat(500 * KIB)}\n`), 399 * KIB), options)).toEqual([failure]);
    expect(parse([Buffer.from('data:éé\n\n:ééé\n')], { maxEventSize: 9 })).toEqual([
      ['message', 'éé', ''],
      ['comment', 'ééé'],
    ]);
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
