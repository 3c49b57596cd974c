import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  MAX_FINDER_PAYLOAD,
  MAX_FINDER_WINDOW,
  MatchFinder,
  MatchFinders,
  searchEffort,
} from '../../../../src/websocket/wire/deflate/match-finder.ts';
import { Window } from '../../../../src/websocket/wire/deflate/window.ts';

type Token = string | readonly [length: number, distance: number];

function find(finder: MatchFinder, window: Window, text: string, level = 6, maxDistance = 32_768): Token[] {
  const count = finder.find(window, Buffer.from(text, 'latin1'), maxDistance, searchEffort(level)!);
  return Array.from(finder.tokens.subarray(0, count), (token) =>
    token < 256 ? String.fromCharCode(token) : [token >>> 16, token & 0xffff],
  );
}

/** The bytes that tokens stand for. */
function expand(tokens: readonly Token[], before = ''): string {
  let text = before;
  for (const token of tokens) {
    if (typeof token === 'string') text += token;
    else for (let left = token[0]; left > 0; left--) text += text[text.length - token[1]]!;
  }
  return text.slice(before.length);
}

function windowWith(text: string): Window {
  const window = new Window(MAX_FINDER_WINDOW);
  window.append(Buffer.from(text, 'latin1'));
  return window;
}

describe('MatchFinder, RFC 1951 §4', () => {
  it('finds repetitions in a payload and in its window', () => {
    const finder = new MatchFinder();
    expect(find(finder, new Window(1), 'abcdeabcdf')).toEqual(['a', 'b', 'c', 'd', 'e', [4, 5], 'f']);
    expect(find(finder, windowWith('xabcdef'), 'abcdefg')).toEqual([[6, 6], 'g']);
    expect(find(finder, new Window(1), 'aaaaaaaa')).toEqual(['a', [7, 1]]);
    expect(find(finder, new Window(1), 'ab')).toEqual(['a', 'b']);
    expect(find(finder, new Window(1), '')).toEqual([]);
  });

  it('prefers a longer match at the next place, unless the level is low', () => {
    const text = 'abc1 bcdefgh abcdefgh';
    const matches = (level: number): Token[] =>
      find(new MatchFinder(), new Window(1), text, level).filter((token) => typeof token !== 'string');
    expect(matches(6)).toEqual([[7, 9]]);
    expect(matches(1)[0]).toEqual([3, 13]);
  });

  it('does not use a reference of three bytes that goes back further than it is worth', () => {
    const filler = Array.from({ length: 600 }, (_, index) =>
      String.fromCharCode(128 + (index % 100), 128 + (index >> 3)),
    ).join('');
    expect(find(new MatchFinder(), windowWith(`_abc${filler}`), 'abc')).toEqual(['a', 'b', 'c']);
    expect(find(new MatchFinder(), windowWith(`_abcd${filler}`), 'abcd')).toEqual([[4, 1204]]);
    expect(find(new MatchFinder(), windowWith(`_abc${filler.slice(500)}`), 'abc')).toEqual([[3, 703]]);
  });

  it('uses matches of up to 258 bytes', () => {
    expect(find(new MatchFinder(), new Window(1), 'x'.repeat(700))).toEqual(['x', [258, 1], [258, 1], [183, 1]]);
  });

  it('goes back at most as far as the peer allows', () => {
    const window = windowWith(`_abcdefgh${'.'.repeat(300)}`);
    expect(find(new MatchFinder(), window, 'abcdefgh', 6, 308)).toEqual([[8, 308]]);
    expect(find(new MatchFinder(), window, 'abcdefgh', 6, 307)).not.toContainEqual([8, 308]);
  });

  it('stops after as many places as the level allows', () => {
    const places = Array.from({ length: 40 }, (_, index) => `abc${String.fromCharCode(200 + (index % 2))}${index}`);
    const text = `_abcdefghijk${places.join('')}abcdefghijk`;
    const longest = (level: number): number =>
      Math.max(
        ...find(new MatchFinder(), new Window(1), text, level).map((token) =>
          typeof token === 'string' ? 0 : token[0],
        ),
      );
    expect([longest(9), longest(1)]).toEqual([11, 8]);
  });

  it('indexes the places at both ends of a match only, unless the level is high', () => {
    const record = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH';
    const search = (part: string, level: number): Token[] => {
      const finder = new MatchFinder();
      const window = new Window(MAX_FINDER_WINDOW);
      const text = `_${record}|${record}`;
      find(finder, window, text, level);
      window.append(Buffer.from(text));
      return find(finder, window, part, level);
    };
    const [start, middle, end] = ['12345', 'jklmn', 'DEFGH'];
    expect([start, middle, end].map((part) => search(part, 9))).toEqual([[[5, 43]], [[5, 25]], [[5, 5]]]);
    expect([start, middle, end].map((part) => search(part, 6))).toEqual([[[5, 43]], [[5, 25 + 45]], [[5, 5]]]);
  });

  it('finds the same at a high level whether it has continued its text or has been used for others', () => {
    const [steady, busy] = [new MatchFinder(), new MatchFinder()];
    const [one, other] = [new Window(MAX_FINDER_WINDOW), new Window(MAX_FINDER_WINDOW)];
    const words = ['{"id":', '"name":"', 'alice', 'bob', '},', '[1,2,3]', 'x'];
    let before = '';
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: (round * 7) % 60 }, (_, index) => words[(round * index * 5 + index) % 7]!)
        .join('')
        .slice(0, MAX_FINDER_PAYLOAD);
      if (round % 3 === 0) find(busy, new Window(8), randomBytes(500).toString('latin1'));
      const tokens = find(steady, one, text, 9);
      expect(find(busy, other, text, 9)).toEqual(tokens);
      expect(expand(tokens, before)).toBe(text);
      for (const window of [one, other]) window.append(Buffer.from(text, 'latin1'));
      before = (before + text).slice(-MAX_FINDER_WINDOW);
    }
  });

  it('finds the same after payloads of one byte, which have fewer bytes than a hash', () => {
    const [steady, busy] = [new MatchFinder(), new MatchFinder()];
    const [one, other] = [new Window(MAX_FINDER_WINDOW), new Window(MAX_FINDER_WINDOW)];
    const found = ['abcX', 'Y', 'Zdef', '1', '2', '3', 'XYZXYZ', 'f123f123'].map((text) => {
      find(busy, new Window(8), 'something else');
      const tokens = [find(steady, one, text), find(busy, other, text)];
      for (const window of [one, other]) window.append(Buffer.from(text));
      return tokens;
    });
    expect(found.map(([tokens]) => tokens)).toEqual(found.map(([, tokens]) => tokens));
    expect(found.at(-2)![0]).toContainEqual([3, 9]);
  });

  it('is kept for the windows that were used last', () => {
    const finders = new MatchFinders();
    const windows = Array.from({ length: 70 }, () => windowWith('x'));
    const first = windows.map((window) => finders.finderOf(window));
    expect(new Set(first).size).toBe(64);
    // The six oldest have given theirs away.
    for (const [index, window] of windows.entries())
      if (index >= 6) expect(finders.finderOf(window)).toBe(first[index]);
    expect(finders.finderOf(windows[6]!)).toBe(first[6]);
    expect(finders.finderOf(windows[0]!)).toBe(first[7]);
    // A window without bytes takes none of them.
    const empty = finders.finderOf(new Window(256));
    expect([finders.finderOf(new Window(256)), first.includes(empty)]).toEqual([empty, false]);
    expect(finders.finderOf(windows[9]!)).toBe(first[9]);
  });

  it('has an effort for each level of zlib', () => {
    expect([searchEffort(0), searchEffort(undefined), searchEffort(-1)]).toEqual([
      null,
      searchEffort(6),
      searchEffort(6),
    ]);
    const chains = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => searchEffort(level)!.maxChain);
    expect(chains).toEqual([...chains].sort((a, b) => a - b));
  });
});
