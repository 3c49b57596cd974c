import { describe, expect, it } from 'vitest';
import { type Parsed, parseInAnyChunking } from '../support/event-streams.ts';

/** Streams of the grammar, and what they hold, in any chunking; by the rule of WHATWG HTML §9.2.5 that they show. */
const STREAMS: Readonly<Record<string, readonly [stream: string | Buffer, told: readonly Parsed[]][]>> = {
  'stream = [ bom ] *event': [
    ['', []],
    ['\uFEFF', []],
    ['\uFEFFdata: a\n\n', [['message', 'a', '']]],
    [
      'data: a\n\ndata: b\n\n',
      [
        ['message', 'a', ''],
        ['message', 'b', ''],
      ],
    ],
  ],
  'event = *( comment / field ) end-of-line': [
    ['\n\n\n', []],
    [': only a comment\n\n', [['comment', ' only a comment']]],
    [
      'data: a\n: between\ndata: b\n\n',
      [
        ['comment', ' between'],
        ['message', 'a\nb', ''],
      ],
    ],
  ],
  'comment = colon *any-char end-of-line': [
    [':\n', [['comment', '']]],
    ['::data: a\n\n', [['comment', ':data: a']]],
    [': ä€😀\0\n', [['comment', ' ä€😀\0']]],
  ],
  'field = 1*name-char [ colon [ space ] *any-char ] end-of-line': [
    ['data\n\n', [['message', '', '']]],
    ['data:\n\n', [['message', '', '']]],
    ['data: \n\n', [['message', '', '']]],
    ['data:a\n\n', [['message', 'a', '']]],
    ['data:  a \n\n', [['message', ' a ', '']]],
    ['data:\ta\n\n', [['message', '\ta', '']]],
    ['data:a:b: c\n\n', [['message', 'a:b: c', '']]],
    ['data : a\n\n', []],
    [' data: a\n\n', []],
    ['DATA: a\n\n', []],
    ['dat\u00e4: a\n\n', []],
  ],
  'end-of-line = ( cr lf / cr / lf )': [
    [
      'data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r',
      [
        ['message', 'a\nb\nc', ''],
        ['message', 'd', ''],
      ],
    ],
    ['data: a\r\n\r\n', [['message', 'a', '']]],
    ['data: a\r\r', [['message', 'a', '']]],
    ['data: a\n\r', [['message', 'a', '']]],
    ['data: a\r\n\n', [['message', 'a', '']]],
    // These end lines for other standards, but not for this one.
    ['data: a\u000bb\u000cc\u0085d\u2028e\u2029f\n\n', [['message', 'a\u000bb\u000cc\u0085d\u2028e\u2029f', '']]],
  ],
  'any-char is anything but CR and LF, decoded as UTF-8': [
    ['data: \0\u0001\u007f\uFEFF\uFFFF\n\n', [['message', '\0\u0001\u007f\uFEFF\uFFFF', '']]],
    ['data: \u{10FFFF}😀\n\n', [['message', '\u{10FFFF}😀', '']]],
    [Buffer.from('646174613a20c0af0a0a', 'hex'), [['message', '\uFFFD\uFFFD', '']]],
    [Buffer.from('646174613a20eda0800a0a', 'hex'), [['message', '\uFFFD\uFFFD\uFFFD', '']]],
    [Buffer.from('646174613a20f09f980a0a', 'hex'), [['message', '\uFFFD', '']]],
    // A byte order mark of UTF-16: the stream is UTF-8 whatever it says.
    [Buffer.from('fffe646174613a20610a646174613a20620a0a', 'hex'), [['message', 'b', '']]],
  ],
};

for (const [rule, vectors] of Object.entries(STREAMS)) {
  describe(`WHATWG HTML §9.2.5, ${rule}`, () => {
    for (const [stream, told] of vectors) {
      it(JSON.stringify(stream.toString()), () => expect(parseInAnyChunking(stream)).toEqual(told));
    }
  });
}
