import { describe, expect, it } from 'vitest';
import { type Parsed, parseInAnyChunking } from '../support/event-streams.ts';

/** What WHATWG HTML §9.2.6 says of each field and of the dispatch, one rule a group. */
const RULES: Readonly<Record<string, readonly [stream: string, told: readonly Parsed[]][]>> = {
  '"Streams must be decoded using the UTF-8 decode algorithm", which "strips one leading UTF-8 Byte Order Mark"': [
    ['\uFEFFevent: a\ndata: b\n\n', [['a', 'b', '']]],
    ['\uFEFF\uFEFFevent: a\ndata: b\n\n', [['message', 'b', '']]],
    ['data: a\n\n\uFEFFdata: b\n\n', [['message', 'a', '']]],
  ],
  '"Once the end of the file is reached, any pending data must be discarded."': [
    ['data: a\n', []],
    ['data: a', []],
    ['data: a\n\ndata: b\nid: 1\n', [['message', 'a', '']]],
  ],
  '"event": set the event type buffer to the field value': [
    ['event: add\ndata: 1\n\n', [['add', '1', '']]],
    ['event: add\nevent: remove\ndata: 1\n\n', [['remove', '1', '']]],
    ['event: add\nevent\ndata: 1\n\n', [['message', '1', '']]],
    [
      'event: add\ndata: 1\n\ndata: 2\n\n',
      [
        ['add', '1', ''],
        ['message', '2', ''],
      ],
    ],
    ['event: add\n\ndata: 2\n\n', [['message', '2', '']]],
  ],
  '"data": append the field value to the data buffer, then a LF; one LF is removed at the dispatch': [
    ['data: a\ndata: b\n\n', [['message', 'a\nb', '']]],
    ['data\ndata\n\n', [['message', '\n', '']]],
    ['data: a\ndata\n\n', [['message', 'a\n', '']]],
    ['data\n\n', [['message', '', '']]],
  ],
  '"id": if the field value does not contain U+0000 NULL, set the last event ID buffer to it': [
    ['id: 1\ndata: a\n\n', [['message', 'a', '1']]],
    ['id: ä 1\ndata: a\n\n', [['message', 'a', 'ä 1']]],
    ['id: 1\nid: 2\0\ndata: a\n\n', [['message', 'a', '1']]],
    [
      'id: 1\ndata: a\n\nid\ndata: b\n\n',
      [
        ['message', 'a', '1'],
        ['message', 'b', ''],
      ],
    ],
    [
      'id: 1\ndata: a\n\ndata: b\n\n',
      [
        ['message', 'a', '1'],
        ['message', 'b', '1'],
      ],
    ],
  ],
  '"retry": if the field value consists of only ASCII digits, set the reconnection time to it': [
    ['retry: 1000\n', [['retry', 1000]]],
    ['retry:0\n', [['retry', 0]]],
    ['retry: 08\n', [['retry', 8]]],
    ['retry: 1000 \nretry: +1\nretry: -1\nretry: 1e3\nretry: 0x1\nretry: \nretry\nretry: ٣\n', []],
  ],
  'otherwise "The field is ignored."': [
    ['foo: bar\ndata: a\nId: 1\nEVENT: x\n\n', [['message', 'a', '']]],
    ['data: a\nconstructor: x\n__proto__: x\n\n', [['message', 'a', '']]],
  ],
  'dispatch, 1.: "Set the last event ID string of the event source to the value of the last event ID buffer", with or without data':
    [
      ['id: 1\n\ndata: a\n\n', [['message', 'a', '1']]],
      ['id: 1\nevent: x\n\ndata: a\n\n', [['message', 'a', '1']]],
    ],
  'dispatch, 2.: "If the data buffer is an empty string", nothing is dispatched, and both buffers are reset': [
    ['event: x\n\n\n\n', []],
    ['event: x\n\ndata: a\n\n', [['message', 'a', '']]],
  ],
};

for (const [rule, vectors] of Object.entries(RULES)) {
  describe(`WHATWG HTML §9.2.6, ${rule}`, () => {
    for (const [stream, told] of vectors) {
      it(JSON.stringify(stream), () => expect(parseInAnyChunking(stream)).toEqual(told));
    }
  });
}
