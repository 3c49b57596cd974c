import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STREAM_CLIENT_CATALOGUE, STREAM_SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { selectCases } from '../../../src/conformance/selection.ts';
import { currentNumbers, numberTable, publishedNumbers } from './numbering.ts';
import { OTHER_SUITES, topicTable } from './other-suites.ts';

const CASES: readonly { readonly id: string }[] = [...STREAM_SERVER_CATALOGUE, ...STREAM_CLIENT_CATALOGUE];

describe('the numbers of event-stream cases', () => {
  const [current, published] = [currentNumbers(), publishedNumbers()];

  it('keep their meaning once published: title, section, what is sent, and what is expected', () => {
    const unchanged = Object.keys(published).map((number) => [number, current[number]]);
    expect(Object.fromEntries(unchanged)).toEqual(published);
  });

  it('are all published: `npm run numbering -- --write` adds new ones', () => {
    expect(Object.keys(current).filter((number) => !(number in published))).toEqual([]);
  });

  it('are given once', () => {
    const ids = CASES.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('have different titles within a group', () => {
    const titles = Object.entries(published).map(([number, { title }]) => `${number.split('.')[0]} ${title}`);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });
});

describe('the topics of other suites', () => {
  it('each have a case, or a reason for having none', () => {
    const without = OTHER_SUITES.flatMap(({ topics }) =>
      topics.filter(({ cases = [], reason = '' }) => (cases.length === 0) === (reason === '')),
    );
    expect(without).toEqual([]);
  });

  it('name cases that exist', () => {
    const named = OTHER_SUITES.flatMap(({ topics }) => topics.flatMap(({ cases = [] }) => cases));
    expect(named.filter((pattern) => selectCases(CASES, [pattern], []).length === 0)).toEqual([]);
  });
});

describe('docs/event-stream-cases.md', () => {
  const document = readFileSync(new URL('../../../../docs/event-stream-cases.md', import.meta.url), 'utf8');

  it('contains the output of `npm run numbering`', () => {
    expect(document).toContain(numberTable());
    expect(document).toContain(topicTable());
  });
});
