import { createParser } from 'eventsource-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Parsed, parse } from '../spec/support/event-streams.ts';
import { encodeComment, encodeEvent, type ServerSentEvent } from '../src/sse/wire/event-encoder.ts';
import { chunkSizes, inChunks, textInChunks } from './support/arbitraries.ts';

/** Text in which the characters that matter are likely. */
const anyText = fc.string({
  unit: fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom('\n', '\r', '\0', ':', ' ', '\uFEFF', 'data', 'id', 'event', 'retry', '1', 'ä', '😀'),
    },
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  ),
  maxLength: 20,
});

const anyEvent: fc.Arbitrary<ServerSentEvent> = fc.record(
  {
    event: anyText,
    data: anyText,
    id: fc.oneof(anyText, fc.maxSafeNat()),
    retry: fc.oneof(fc.maxSafeNat(), fc.double(), fc.integer()),
  },
  { requiredKeys: [] },
);

/** Streams in which lines, fields and ends of lines are likely. */
const anyStream: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n') },
      {
        weight: 3,
        arbitrary: fc.constantFrom('data: ', 'data:', 'data', 'event: ', 'id: ', 'id', 'retry: ', ':', ' ', '\0'),
      },
      { weight: 1, arbitrary: fc.constantFrom('\uFEFF', 'Data: ', 'event', 'foo: bar', '123', 'id: 1\0', '😀') },
      { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** What comes of data on its way: the line ends are LF, and what is no Unicode is U+FFFD. */
function normalize(text: string): string {
  return Buffer.from(text.replace(/\r\n|\r/g, '\n')).toString();
}

/** The standard's algorithm (WHATWG HTML §9.2.6), step by step on the whole text. */
function referenceParse(bytes: Uint8Array): Parsed[] {
  const told: Parsed[] = [];
  let data = '';
  let eventType = '';
  let lastEventIdBuffer = '';
  // What follows the last end of a line is no line.
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r\n|\n|\r/)
    .slice(0, -1);
  for (const line of lines) {
    if (line === '') {
      if (data !== '') told.push([eventType || 'message', data.replace(/\n$/, ''), lastEventIdBuffer]);
      data = '';
      eventType = '';
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      told.push(['comment', line.slice(1)]);
      continue;
    }
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') eventType = value;
    if (field === 'data') data += `${value}\n`;
    if (field === 'id' && !value.includes('\0')) lastEventIdBuffer = value;
    if (field === 'retry' && /^[0-9]+$/.test(value)) told.push(['retry', Number(value)]);
  }
  return told;
}

describe('encodeEvent', () => {
  it('gives text that holds this event and no other, or throws', () => {
    fc.assert(
      fc.property(anyEvent, chunkSizes, (event, sizes) => {
        let encoded: string;
        try {
          encoded = encodeEvent(event);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^SSE_ERR_/) });
          return;
        }
        // An event before and one after must not change.
        const around = (text: string): Buffer => Buffer.from(`data: before\n\n${text}data: after\n\n`);
        const id = event.id === undefined ? '' : normalize(String(event.id));
        expect(parse(inChunks(around(encoded), sizes))).toEqual([
          ['message', 'before', ''],
          // Minus zero is written as zero.
          ...(event.retry === undefined ? [] : [['retry', event.retry + 0]]),
          ...(event.data === undefined ? [] : [[normalize(event.event || 'message'), normalize(event.data), id]]),
          ['message', 'after', id],
        ]);
      }),
    );
  });

  it('throws for what would make another event of it, and for nothing else', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const breaks = [event.event, event.id].some((text) => typeof text === 'string' && /[\r\n\0]/.test(text));
        const retryIsWrong = event.retry !== undefined && !(Number.isSafeInteger(event.retry) && event.retry >= 0);
        if (breaks || retryIsWrong) expect(() => encodeEvent(event)).toThrow();
        else expect(() => encodeEvent(event)).not.toThrow();
      }),
    );
  });
});

describe('encodeComment', () => {
  it('gives text that holds a comment and no event, or throws', () => {
    fc.assert(
      fc.property(anyText, (comment) => {
        if (/[\r\n\0]/.test(comment)) return void expect(() => encodeComment(comment)).toThrow(TypeError);
        expect(parse([Buffer.from(encodeComment(comment))])).toEqual([['comment', ` ${normalize(comment)}`]]);
      }),
    );
  });
});

describe('EventParser', () => {
  it('does as the standard says, for any text in any chunking', () => {
    fc.assert(
      fc.property(anyStream, chunkSizes, (stream, sizes) => {
        const bytes = Buffer.from(stream);
        expect(parse(inChunks(bytes, sizes))).toEqual(referenceParse(bytes));
      }),
    );
  });

  it('does so for any bytes, UTF-8 or not', () => {
    const parts = fc.oneof(
      anyStream.map((stream) => Buffer.from(stream)),
      fc.uint8Array({ maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 4 }), chunkSizes, (all, sizes) => {
        const bytes = Buffer.concat(all);
        expect(parse(inChunks(bytes, sizes))).toEqual(referenceParse(bytes));
      }),
    );
  });

  it('agrees with eventsource-parser, for any text in any chunking', () => {
    fc.assert(
      fc.property(anyStream, chunkSizes, (stream, sizes) => {
        // It takes text: no byte order mark, and no halves of surrogate pairs. At the end of a stream it holds a CR back.
        const text = `${Buffer.from(stream)
          .toString()
          .replace(/^\uFEFF/, '')}\n\n`;
        const theirs: Parsed[] = [];
        const parser = createParser({
          onEvent: ({ event = 'message', data, id }) => void theirs.push([event, data, id ?? '']),
          onRetry: (milliseconds) => void theirs.push(['retry', milliseconds]),
        });
        for (const chunk of textInChunks(text, sizes)) parser.feed(chunk);

        // It gives an id to the event that has it only, where the standard keeps it for those that follow.
        const ours = parse(inChunks(Buffer.from(text), sizes)).filter(([type]) => type !== 'comment');
        const withoutIds = (told: readonly Parsed[]): Parsed[] => told.map(([type, data]) => [type!, data!]);
        expect(withoutIds(ours)).toEqual(withoutIds(theirs));
        for (const [index, [, , id = '']] of theirs.entries()) if (id !== '') expect(ours[index]![2]).toBe(id);
      }),
    );
  });
});
