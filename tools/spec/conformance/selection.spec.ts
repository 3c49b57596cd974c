import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { GROUPS, groupOf, selectCases } from '../../src/conformance/selection.ts';

const ids = (only: string[], exclude: string[] = []): string[] =>
  selectCases(CATALOGUE, only, exclude).map(({ id }) => id);

describe('selectCases', () => {
  it('accepts ids, groups, and * for any characters, and selects all without a pattern', () => {
    expect(ids([])).toHaveLength(CATALOGUE.length);
    expect(ids(['2.1'])).toEqual(['2.1']);
    expect(ids(['6.4'])).toEqual(['6.4.1', '6.4.2', '6.4.3', '6.4.4']);
    expect(ids(['2.1*'])).toEqual(['2.1', '2.10', '2.11']);
    expect(ids(['1.*.8', '10'])).toEqual(['1.1.8', '1.2.8', '10.1.1']);
    expect(ids(['3'], ['3.1', '3.2', '3.5*'])).toEqual(['3.3', '3.4', '3.6', '3.7']);
    expect(ids(['nothing', '(', '+'])).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('has unique ids, a name for each group, and a title and section for each case', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    for (const { id, title, section } of CATALOGUE) {
      expect(GROUPS).toHaveProperty(groupOf(id));
      expect(title).not.toBe('');
      expect(section).toMatch(/^RFC (6455|7692) §\d/);
    }
  });

  it('sends the same bytes in every run', () => {
    const payloads = (): unknown[] => selectCases(CATALOGUE, ['1', '6'], []).map(({ steps }) => steps);
    expect(payloads()).toEqual(payloads());
  });
});
