import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { EventParser } from '../../../src/sse/wire/event-parser.ts';
import { isDue } from '../../support/full-run.ts';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** The memory in use after a collection, in bytes. */
async function memory(): Promise<number> {
  for (let round = 0; round < 2; round++) {
    await new Promise(setImmediate);
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const repeated = (text: string, bytes = MIB): Buffer => Buffer.alloc(bytes, Buffer.from(text));

/** Some of them show that each takes as much as `heldBytes` says: the full run has the most. */
const EMPTY_LINES = isDue('empty lines') ? 16 : 4;

/** Streams that do not end, as chunks: what they leave in the parser must be what `heldBytes` says. */
const HELD: readonly [title: string, first: string, chunk: Buffer, count: number, most: number][] = [
  ['a short line in each of many chunks', '', Buffer.from(`data: 0123456789abc\n:${'x'.repeat(60_000)}\n`), 500, 1],
  ['a short line that is not ASCII', '', Buffer.from(`data: größer, 0123456789\n:${'x'.repeat(60_000)}\n`), 500, 1],
  [`${EMPTY_LINES} Mi empty lines`, '', repeated('data\n', 5 * (MIB / 4)), 4 * EMPTY_LINES, 32],
  ['a type in each chunk', '', Buffer.from(`event: 0123456789abcdef\n:${'x'.repeat(60_000)}\n`), 500, 1],
  ['an id in each chunk', '', Buffer.from(`id: 0123456789abcdef\ndata\n\n:${'x'.repeat(60_000)}\n`), 500, 1],
  ['a line of data', 'data: ', repeated('x'), 15, 32],
  ['a line of data that is not ASCII', 'data: ', repeated('你', 3 * (MIB / 4)), 15, 32],
  ['a line of data in small chunks', 'data: ', repeated('x', 100), 100_000, 32],
  ['a comment', ':', repeated('x'), 15, 1],
  ['an unknown field', 'foo', repeated('x'), 15, 1],
];

it.each(HELD)('holds what heldBytes says: %s', async (_title, first, chunk, count, most) => {
  const start = await memory();
  const parser = new EventParser({ onEvent: () => {} });
  parser.push(Buffer.from(first));
  for (let index = 0; index < count; index++) parser.push(chunk);
  const held = (await memory()) - start;
  expect(held).toBeLessThan(2 * parser.heldBytes + MIB);
  expect(parser.heldBytes).toBeLessThan(most * MIB);
  parser.end();
  expect(parser.heldBytes).toBeLessThan(100_000);
});

const LINES = [
  'data\n',
  'data\n\n',
  'id\n',
  'id: 0123456789\n',
  'event: x\n',
  'retry: 1\n',
  ':\n',
  '\n',
  '\r',
  '\r\n',
  '\n\r',
];
const OTHERS = ['x\n', 'é\n', 'data: é\n', 'data: é\n\n', 'data: \u0000\n', '{"a":[1,"é"]},', '\u0000'];
const LONG: readonly [title: string, chunks: readonly Buffer[]][] = [
  ...[...LINES, ...OTHERS].map((text) => [JSON.stringify(text), [repeated(text)]] as [string, Buffer[]]),
  ['invalid bytes', [Buffer.alloc(MIB, 0xff)]],
  ['lines of invalid bytes', [Buffer.alloc(MIB, Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a]))]],
  ['a long line of ASCII', [Buffer.from('data: '), ...Array(15).fill(repeated('x')), Buffer.from('\n\n')]],
  ['a long line of JSON', [Buffer.from('data: '), ...Array(15).fill(repeated('{"a":"é"},')), Buffer.from('\n\n')]],
  ['a long line of text', [Buffer.from('data: '), ...Array(15).fill(repeated('你', 3 * 349_000)), Buffer.from('\n\n')]],
  [
    'a long line of invalid bytes',
    [Buffer.from('data: '), ...Array(5).fill(Buffer.alloc(MIB, 0xff)), Buffer.from('\n')],
  ],
  ['lines within an event', [...Array(20).fill(repeated('data\n', 5 * 200_000)), Buffer.from('\n')]],
];

it.each(LONG)('keeps the event loop for at most 50 ms with a chunk of 1 MB: %s', (_title, chunks) => {
  const longest = (): number => {
    const parser = new EventParser({ onEvent: () => {}, onComment: () => {}, onError: () => {} });
    let most = 0;
    for (const chunk of chunks) {
      const start = process.cpuUsage();
      parser.push(chunk);
      const { user, system } = process.cpuUsage(start);
      most = Math.max(most, (user + system) / 1000);
    }
    return most;
  };
  // The least of several: other processes disturb a measurement.
  let least = longest();
  for (let attempt = 1; attempt < 5 && least >= 50; attempt++) least = Math.min(least, longest());
  expect(least).toBeLessThan(50);
});

it('does not keep a chunk in memory because of an ID in it', () => {
  const chunk = Buffer.from(`: ${'x'.repeat(60_000)}\nid: ${'1'.repeat(36)}\ndata: a\n\nid: ${'2'.repeat(36)}\n`);
  gc();
  const before = process.memoryUsage().heapUsed;
  const parsers = Array.from({ length: 200 }, () => {
    const parser = new EventParser({ onEvent: () => {} });
    parser.push(chunk);
    return parser;
  });
  gc();
  expect((process.memoryUsage().heapUsed - before) / parsers.length).toBeLessThan(10_000);
  expect(parsers.every(({ lastEventId }) => lastEventId === '1'.repeat(36))).toBe(true);
});

it.each([
  ['a type', 'event: LONG\n', 'data\n'],
  ['an ID', 'id: LONG\n', 'data\n'],
  ['the last event ID', 'id: LONG\ndata\n\n', 'id\n'],
  ['the last event ID and many others', 'id: LONG\ndata\n\n', 'id: 1\nid: 2\n'],
])('takes no time for %s of 4 MB when more chunks arrive', (_what, start, chunk) => {
  const parser = new EventParser({ onEvent: () => {} });
  parser.push(Buffer.from(start.replace('LONG', 'x'.repeat(4_000_000))));
  const bytes = Buffer.from(chunk);
  const before = process.cpuUsage();
  for (let count = 0; count < 1000; count++) parser.push(bytes);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(200);
});
