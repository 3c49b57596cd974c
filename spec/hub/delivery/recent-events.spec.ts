import { describe, expect, it, vi } from 'vitest';
import { RecentEvents } from '../../../src/hub/delivery/recent-events.ts';
import { EncodedEvent } from '../../../src/hub/events/encoded-event.ts';

const UNLIMITED = { count: Infinity, bytes: Infinity, age: Infinity };

function eventsOn(topics: string, limits = UNLIMITED): RecentEvents<unknown> {
  const recent = new RecentEvents(limits, 'start');
  for (const [index, topic] of [...topics].entries()) {
    recent.append(new EncodedEvent({ id: `${index}`, topic: topic.replace('/', 'x/y'), event: undefined, data: '1' }));
  }
  return recent;
}

/** The ids of all events that the filters accept, from a position on. */
function idsFrom(recent: RecentEvents<unknown>, start: number, ...list: string[]): string {
  const filters = new Set(list);
  const ids: string[] = [];
  for (let event = recent.next(start, filters); event !== undefined; event = recent.next(event.position + 1, filters)) {
    ids.push(event.id);
  }
  return ids.join(' ');
}

describe('RecentEvents', () => {
  it('find the next event of topics, in the order of the log', () => {
    const recent = eventsOn('abcab/a');
    expect(idsFrom(recent, 0, 'a')).toBe('0 3 6');
    expect(idsFrom(recent, 1, 'a')).toBe('3 6');
    expect(idsFrom(recent, 0, 'b', 'a')).toBe('0 1 3 4 6');
    expect(idsFrom(recent, 0, 'unknown')).toBe('');
    expect(idsFrom(recent, 7, 'a')).toBe('');
  });

  it('find the next event of filters with a star', () => {
    const recent = eventsOn('ab/c/');
    expect(idsFrom(recent, 0, 'x/*')).toBe('2 4');
    expect(idsFrom(recent, 3, 'x/*', 'a')).toBe('4');
    expect(idsFrom(recent, 0, '*')).toBe('0 1 2 3 4');
    expect(idsFrom(recent, 0, 'z/*')).toBe('');
  });

  it('know the position after each event that is kept, after the one before, and after the start', () => {
    const all = eventsOn('abcab');
    expect(['start', '0', '4', '5', ''].map((id) => all.positionAfter(id))).toEqual([0, 1, 5, undefined, undefined]);
    const recent = eventsOn('abcab', { ...UNLIMITED, count: 2 });
    expect(['start', '1', '2', '3', '4'].map((id) => recent.positionAfter(id))).toEqual([
      undefined,
      undefined,
      3,
      4,
      5,
    ]);
    expect([recent.start, recent.end, recent.length, recent.lastId]).toEqual([3, 5, 2, '4']);
    expect(idsFrom(recent, 3, 'a', 'c')).toBe('3');
  });

  it('have the id of the start as their latest id while they are empty', () => {
    const recent = eventsOn('');
    expect([recent.lastId, recent.start, recent.end, recent.positionAfter('start')]).toEqual(['start', 0, 0, 0]);
  });

  it('with a limit of 0 keep nothing, and know their position', () => {
    const recent = eventsOn('abc', { ...UNLIMITED, count: 0 });
    expect([recent.length, recent.bytes, recent.positionAfter('2'), recent.positionAfter('1')]).toEqual([
      0,
      0,
      3,
      undefined,
    ]);
    expect(idsFrom(recent, 3, 'a', '*')).toBe('');
  });

  it('are removed at their age and beyond their bytes', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const recent = eventsOn('aa', { ...UNLIMITED, age: 1000 });
    now.mockReturnValue(1000);
    recent.append(new EncodedEvent({ id: 'new', topic: 'a', event: undefined, data: '1' }));
    now.mockRestore();
    expect(idsFrom(recent, recent.start, 'a')).toBe('new');
    const { bytes } = eventsOn('aa');
    expect(eventsOn('aaa', { ...UNLIMITED, bytes }).length).toBe(2);
    expect(eventsOn('aaa', { ...UNLIMITED, bytes: bytes - 1 }).length).toBe(1);
  });
});
