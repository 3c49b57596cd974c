import { describe, expect, it } from 'vitest';
import { firstSentence, parseComment, splitDefault, unitOf } from '../site/reference/comment.ts';
import { prose, table } from '../site/reference/markdown.ts';

describe('a comment', () => {
  it('has a text, parameters, a result and errors', () => {
    const comment = [
      'Sends a message.',
      'Returns false under backpressure.',
      '',
      'It is not copied.',
      '',
      '@param data  text or',
      '             bytes',
      '@typeParam T the type',
      '@returns the number of bytes',
      '@throws TypeError for data',
      '  of the wrong type',
    ].join('\n');
    expect(parseComment(comment)).toEqual({
      text: 'Sends a message. Returns false under backpressure.\n\nIt is not copied.',
      parameters: [{ name: 'data', text: 'text or bytes' }],
      typeParameters: [{ name: 'T', text: 'the type' }],
      returns: 'the number of bytes',
      errors: ['TypeError for data of the wrong type'],
    });
  });

  it('may begin with a parameter', () => {
    expect(parseComment('@param limit at most')).toMatchObject({
      text: '',
      parameters: [{ name: 'limit', text: 'at most' }],
    });
  });
});

describe('the default of an option', () => {
  it.each([
    [
      'Milliseconds of silence; 0 for never. Default: 30,000. RFC 6455 §5.5.2.',
      '30,000',
      'Milliseconds of silence; 0 for never. RFC 6455 §5.5.2.',
    ],
    ['The chosen one. Default: as in `tls.connect`.', 'as in `tls.connect`', 'The chosen one.'],
    ['A name. Default: `pushwire`', '`pushwire`', 'A name.'],
    ['A name.', undefined, 'A name.'],
  ])('of %j is %j', (comment, value, text) => {
    expect(splitDefault(comment)).toEqual({ text, default: value });
  });
});

describe('the unit of an option', () => {
  it.each([
    ['number', 'Milliseconds for an opening handshake.', 'ms'],
    ['number', 'The reconnection time to send first, in whole milliseconds.', 'ms'],
    ['number', 'The maximum memory in bytes of what is queued.', 'bytes'],
    ['number', 'Events that the log keeps.', ''],
    ['string', 'A text of at most 123 bytes.', ''],
  ])('that is a %s, %j, is %j', (type, text, unit) => {
    expect(unitOf(type, text)).toBe(unit);
  });
});

describe('the first sentence', () => {
  it('ends where the next one begins, and not at a period within a name', () => {
    expect(firstSentence('As `fetch()` of node.js 20.19 does. It follows.')).toBe(
      'As `fetch()` of node.js 20.19 does.',
    );
    expect(firstSentence('A whole paragraph\n\nAnother one.')).toBe('A whole paragraph');
  });
});

describe('text on a page', () => {
  it('is escaped outside of code, and links error codes and documents', () => {
    expect(prose('a <b> `<b>` [c] WS_ERR_NOT_OPEN, docs/hub.md')).toBe(
      'a &lt;b> `<b>` \\[c\\] [`WS_ERR_NOT_OPEN`](errors.md#ws_err_not_open), [docs/hub.md](../hub.md)',
    );
  });
});

describe('a table', () => {
  it('has no column that is empty in all rows, and escapes |', () => {
    expect(table(['a', 'b'], [['x | y', '']])).toBe('| a |\n| --- |\n| x \\| y |');
    expect(table(['a'], [])).toBe('');
  });
});
