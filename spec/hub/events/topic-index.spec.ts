import { describe, expect, it } from 'vitest';
import { filtersAccepting } from '../../../src/hub/events/topic.ts';
import { TopicIndex } from '../../../src/hub/events/topic-index.ts';

function calledFor(index: TopicIndex<string>, topic: string): string {
  const called: string[] = [];
  index.forEach(filtersAccepting(topic), (subscriber) => called.push(subscriber));
  return called.sort().join('');
}

describe('A TopicIndex', () => {
  it('calls back for the subscribers of a topic, and of each filter that accepts it', () => {
    const index = new TopicIndex<string>();
    index.add('a', 'A');
    index.add('a/*', 'B');
    index.add('a/b', 'C');
    index.add('a/b/*', 'D');
    index.add('*', 'E');
    expect(calledFor(index, 'a')).toBe('AE');
    expect(calledFor(index, 'a/b')).toBe('BCE');
    expect(calledFor(index, 'a/b/c')).toBe('BDE');
    expect(calledFor(index, 'a/bc')).toBe('BE');
    expect(calledFor(index, 'ab')).toBe('E');
  });

  it('calls back twice for a subscriber with two filters that accept the topic, and counts it once', () => {
    const index = new TopicIndex<string>();
    index.add('a/b', 'A');
    index.add('*', 'A');
    expect(calledFor(index, 'a/b')).toBe('AA');
    expect(index.subscribersOf('a/b').size).toBe(1);
  });

  it('keeps nothing of a filter without subscribers', () => {
    const index = new TopicIndex<string>();
    for (const filter of ['a', 'a/*', '*']) {
      index.add(filter, 'A');
      index.add(filter, 'B');
    }
    expect(index.size).toBe(3);
    for (const filter of ['a', 'a/*', '*', 'unknown', 'unknown/*']) index.delete(filter, 'A');
    index.delete('a', 'A');
    expect(calledFor(index, 'a')).toBe('BB');
    for (const filter of ['a', 'a/*', '*']) index.delete(filter, 'B');
    expect(index.size).toBe(0);
    expect(index.counts()).toEqual({});
  });

  it('counts the subscribers of a topic, those of its filters included; of a filter with a star, just its own', () => {
    const index = new TopicIndex<string>();
    index.add('a/b', 'A');
    index.add('a/*', 'B');
    index.add('a/*', 'C');
    index.add('*', 'D');
    expect(['a/b', 'a/c', 'a', 'a/*', '*', 'b/*'].map((filter) => index.subscribersOf(filter).size)).toEqual([
      4, 3, 1, 2, 1, 0,
    ]);
    expect(index.counts()).toEqual({ 'a/b': 1, 'a/*': 2, '*': 1 });
  });

  it('accepts topics named like the members of every object', () => {
    const index = new TopicIndex<string>();
    index.add('__proto__', 'A');
    index.add('constructor', 'A');
    expect(Object.entries(index.counts())).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
    expect(calledFor(index, 'toString')).toBe('');
  });
});
