import { describe, expect, it } from 'vitest';
import { continuingEntries, rangeReplyEntries, readReplyEntries } from '../../../src/hub/redis/replies.ts';

const FIELDS = ['e', 'aa', 't', 'a', 'd', '1'];
const FIRST = { id: 'aa-7', epoch: 'aa', number: 7, topic: 'a', event: undefined, data: '1' };
const WITH_TYPE = { id: 'aa-8', epoch: 'aa', number: 8, topic: 'b', event: 'n', data: '2' };
const ENTRIES = [
  ['7-0', FIELDS],
  ['8-0', ['e', 'aa', 't', 'b', 'd', '2', 'n', 'n']],
];
const bytes = (text: string): Buffer => Buffer.from(text);

describe('readReplyEntries()', () => {
  it.each([
    ['pairs of RESP2', [['log', ENTRIES]]],
    ['names and entries that alternate', ['log', ENTRIES]],
    ['an object', { log: ENTRIES }],
    ['an object without a prototype', Object.assign(Object.create(null), { log: ENTRIES })],
    ['a Map', new Map([['log', ENTRIES]])],
    ['a Map with a Buffer', new Map([[bytes('log'), ENTRIES]])],
  ])('takes %s', (_name, reply) => {
    expect(readReplyEntries(reply)).toEqual([FIRST, WITH_TYPE]);
  });

  it.each([[null], [undefined], [[]], [{}], [new Map()]])('takes %j for no entries', (reply) => {
    expect(readReplyEntries(reply)).toEqual([]);
  });
});

describe('rangeReplyEntries()', () => {
  it.each([
    ['an array', FIELDS],
    ['an object', { e: 'aa', t: 'a', d: '1' }],
    [
      'a Map',
      new Map([
        ['e', 'aa'],
        ['t', 'a'],
        ['d', '1'],
      ]),
    ],
    ['Buffers', FIELDS.map(bytes)],
  ])('takes fields as %s', (_name, fields) => {
    expect(rangeReplyEntries([['7-0', fields]])).toEqual([FIRST]);
    expect(rangeReplyEntries([[bytes('7-0'), fields]])).toEqual([FIRST]);
  });

  it('returns an empty epoch for an entry of another program', () => {
    const foreign = { id: '-7', epoch: '', number: 7, topic: '', event: undefined, data: '' };
    expect(rangeReplyEntries([['7-0', ['x', 'y']]])).toEqual([foreign]);
    expect(rangeReplyEntries([['7-0', null]])).toEqual([foreign]);
  });

  it('treats anything else as no entries', () => {
    expect(rangeReplyEntries(null)).toEqual([]);
  });
});

describe('continuingEntries()', () => {
  const entries = (...ids: readonly (readonly [string, number])[]) =>
    rangeReplyEntries(ids.map(([epoch, number]) => [`${number}-0`, ['e', epoch]]));

  it.each([
    [0, []],
    [2, [['aa', 8] as const, ['aa', 9] as const]],
    [0, [['aa', 9] as const]],
    [0, [['aa', 7] as const]],
    [0, [['bb', 8] as const]],
    [1, [['aa', 8] as const, ['bb', 9] as const]],
    [1, [['aa', 8] as const, ['aa', 10] as const]],
  ])('returns %d for %j after aa-7', (count, ids) => {
    expect(continuingEntries(entries(...ids), 'aa', 7)).toBe(count);
  });
});
