import { describe, expect, it } from 'vitest';
import {
  checkId,
  encodeComment,
  encodeEvent,
  type ServerSentEvent,
  toFields,
} from '../../../src/sse/wire/event-encoder.ts';
import { type Allowed, expectRejected } from '../../support/wrong-values.ts';

describe('encodeEvent', () => {
  it('writes one line for each field, and an empty line at the end', () => {
    expect(encodeEvent({ event: 'tick', id: '7', retry: 3000, data: 'now' })).toBe(
      'event: tick\nid: 7\nretry: 3000\ndata: now\n\n',
    );
  });

  it('writes one line for each line of the data, with any kind of line end', () => {
    expect(encodeEvent({ data: 'a\nb\rc\r\nd\n' })).toBe('data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n');
    expect(encodeEvent({ data: '\rid: 1' })).toBe('data: \ndata: id: 1\n\n');
  });

  it('keeps empty strings and zeros', () => {
    expect(encodeEvent({ data: '' })).toBe('data: \n\n');
    expect(encodeEvent({ id: '' })).toBe('id: \n\n');
    expect(encodeEvent({ id: 0, retry: 0 })).toBe('id: 0\nretry: 0\n\n');
    expect(encodeEvent({})).toBe('\n');
  });

  it('throws for CR, LF and NUL in event and id', () => {
    for (const character of ['\r', '\n', '\0']) {
      for (const field of ['event', 'id']) {
        const wrong = { [field]: `a${character}data: injected`, data: 'x' };
        expect(() => encodeEvent(wrong)).toThrow(
          expect.objectContaining({
            name: 'TypeError',
            code: 'SSE_ERR_LINE_BREAK',
            message: expect.stringContaining(field),
          }),
        );
      }
    }
  });

  it('throws for an object that has none of the fields: it is most likely the data', () => {
    for (const encode of [encodeEvent, toFields]) {
      expect(() => encode({ text: 'a' } as never)).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          code: 'SSE_ERR_INVALID_TYPE',
          message: 'event must be an object with data, event, id or retry; received an object with text',
        }),
      );
      expect(() => encode(new Date() as never)).toThrow(
        'event must be an object with data, event, id or retry; received an instance of Date',
      );
      expect(encode({})).toBeDefined();
      const enough = [
        { data: 'a', text: 'a' },
        { event: 'a', text: 'a' },
        { id: 1, text: 'a' },
        { retry: 1, text: 'a' },
      ];
      for (const fields of enough) expect(encode(fields)).toBeDefined();
    }
  });

  it('throws for values of the wrong type, with the received value', () => {
    const wrongs = [
      { data: 7 },
      { data: { a: 1 } },
      { event: 1 },
      { id: true },
      { retry: '1' },
      { data: null },
      Promise.resolve({ data: 'a' }),
    ];
    for (const wrong of wrongs) {
      expect(() => encodeEvent(wrong as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'SSE_ERR_INVALID_TYPE' }),
      );
    }
    // An object with a changing toString would get past a check of its first value.
    let calls = 0;
    const shifting = { toString: () => (calls++ === 0 ? 'a' : 'a\ndata: b') };
    expect(() => encodeEvent({ id: shifting } as never)).toThrow(TypeError);
  });

  it('throws for numbers that are negative or not whole', () => {
    for (const wrong of [{ retry: -1 }, { retry: 1.5 }, { retry: Number.NaN }, { retry: 1e300 }, { id: 1.5 }]) {
      expect(() => encodeEvent(wrong)).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'SSE_ERR_OUT_OF_RANGE' }),
      );
    }
  });
});

describe('encodeEvent with a serializer', () => {
  it('converts any data to text, which cannot inject fields', () => {
    expect(encodeEvent({ id: 1, data: { a: 'x\ny' } }, JSON.stringify)).toBe('id: 1\ndata: {"a":"x\\ny"}\n\n');
    const hostile = ({ text }: { text: string }): string => text;
    expect(encodeEvent({ data: { text: 'a\n\nid: 2\rdata: b\r\nevent: c' } }, hostile)).toBe(
      'data: a\ndata: \ndata: id: 2\ndata: data: b\ndata: event: c\n\n',
    );
    expect(encodeEvent({ id: 2 }, () => expect.unreachable('no data'))).toBe('id: 2\n\n');
  });

  it('throws if the serializer does not return a string', () => {
    for (const wrong of [undefined, 7, { toString: () => 'a\nid: 1' }]) {
      expect(() => encodeEvent({ data: null }, () => wrong as string)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'SSE_ERR_INVALID_TYPE' }),
      );
    }
  });
});

describe('encodeComment', () => {
  it('writes a line that parsers ignore', () => {
    expect(encodeComment('keep alive')).toBe(': keep alive\n\n');
  });

  it('throws for CR, LF and NUL', () => {
    for (const character of ['\r', '\n', '\0']) expect(() => encodeComment(`a${character}data: b`)).toThrow(TypeError);
  });
});

const FIELD = /^SSE_ERR_(INVALID_TYPE|OUT_OF_RANGE)$/;

const EVENT: Readonly<Record<keyof ServerSentEvent, Allowed>> = {
  event: { values: ['"x"'], why: 'an event type' },
  data: { values: ['"x"'], why: 'data' },
  id: { values: ['5', '"x"'], why: 'ids' },
  retry: { values: ['5'], why: 'a reconnection time' },
};

describe('The arguments of encodeEvent', () => {
  it.each(Object.entries(EVENT))('rejects wrong values of %s at the call', (name, allowed) => {
    const use = (value: unknown): string => encodeEvent({ [name]: value });
    for (const value of expectRejected(allowed, FIELD, use)) expect(use(value)).toContain(`${name}: ${value}\n`);
  });

  it('rejects an event that is not an object, a serializer that is not a function, and a comment that is not text', () => {
    expectRejected({ values: ['{}'], why: 'an event without fields' }, FIELD, (value) => encodeEvent(value as object));
    expectRejected({ values: [], why: '' }, FIELD, (value) => encodeEvent({ data: 'x' }, value as never));
    expectRejected({ values: ['"x"'], why: 'a comment' }, FIELD, (value) => encodeComment(value as string));
  });

  it('are fields or a string in toFields, and an id is text or a number', () => {
    const data = { values: ['"x"', '{}'], why: 'data, an event' };
    const [text, event] = expectRejected(data, FIELD, (value) => toFields(value as string));
    expect([toFields(text as string), toFields(event as object)]).toEqual([{ data: 'x' }, {}]);
    const ids = expectRejected({ values: ['5', '"x"'], why: 'ids' }, FIELD, (value) => checkId(value as string));
    expect(ids.map((id) => checkId(id as string))).toEqual(['5', 'x']);
  });
});

describe('The id of an event', () => {
  it.each(['a\u0001b', 'a\tb', 'a\x7f', ' a', 'a ', '\ud800', 'x'.repeat(4097), 'é'.repeat(2049)])(
    'is refused if a client cannot return it in a header field: %j',
    (id) => {
      expect(() => encodeEvent({ id })).toThrow(expect.objectContaining({ code: 'SSE_ERR_INVALID_ID' }));
    },
  );

  it.each(['', 'a b', 'ü', '😀', '\u00a0a', 'x'.repeat(4096), 'é'.repeat(2048), 7])('is accepted: %j', (id) => {
    expect(encodeEvent({ id })).toBe(`id: ${id}\n\n`);
  });
});
