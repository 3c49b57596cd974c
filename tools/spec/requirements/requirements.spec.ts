import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_CASES } from '../../src/conformance/catalogue.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { EVENT_STREAMS } from './event-streams.ts';
import type { Requirement } from './requirement.ts';
import { RFC_6455 } from './rfc6455.ts';
import { RFC_7692 } from './rfc7692.ts';
import { requirementTables } from './tables.ts';

const sources = new Map<string, string>();

/** Whether a string in a file of `spec` or `fuzz` contains these words. It may be in a table of titles. */
function hasTitle(file: string, words: string): boolean {
  const source = sources.get(file) ?? readFileSync(new URL(`../../../spec/${file}`, import.meta.url), 'utf8');
  sources.set(file, source);
  return source.split('\n').some((line) => /['"`]/.test(line.split(words)[0]!) && line.includes(words));
}

describe.each([
  ['RFC 6455', RFC_6455],
  ['RFC 7692', RFC_7692],
  ['HTML §9.2', EVENT_STREAMS],
])('each requirement of %s', (_, requirements: readonly Requirement[]) => {
  it('has a test, a conformance case, or a reason for having none', () => {
    const without = requirements.filter(
      ({ tests = [], cases = [], reason = '' }) => tests.length === 0 && cases.length === 0 && reason === '',
    );
    expect(without).toEqual([]);
  });

  it('has a reason if pushwire does not meet it', () => {
    const unexplained = requirements.filter(({ isKept = true, reason = '' }) => !isKept && reason === '');
    expect(unexplained).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = requirements.flatMap(({ tests = [] }) =>
      tests.filter((test) => {
        const separator = test.indexOf(': ');
        return !hasTitle(test.slice(0, separator), test.slice(separator + 2));
      }),
    );
    expect(missing).toEqual([]);
  });

  it('names conformance cases that exist', () => {
    const missing = requirements.flatMap(({ cases = [] }) =>
      cases.filter((pattern) => selectCases<{ id: string }>(ALL_CASES, [pattern], []).length === 0),
    );
    expect(missing).toEqual([]);
  });
});

describe('the requirements of RFC 6455', () => {
  it('contain all 170 occurrences of the words MUST and SHOULD', () => {
    const words = RFC_6455.flatMap(({ text }) => text.match(/\b(MUST|SHOULD)\b/g) ?? []);
    expect(words).toHaveLength(170);
  });

  it('quote the standard word for word, each sentence once', () => {
    const keys = RFC_6455.map(({ section, text }) => `${section} ${text}`);
    const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
    expect(twice).toEqual([]);
  });
});

describe('docs/conformance.md', () => {
  it('contains the output of `npm run requirements`', () => {
    const document = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
    expect(document).toContain(requirementTables());
  });
});
