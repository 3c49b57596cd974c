import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALL_CASES } from '../../../src/conformance/catalogue.ts';
import type { ReportedCase } from '../../../src/conformance/report.ts';
import { explain } from './explain.ts';
import { renderMatrix } from './matrix.ts';
import { fullNameOf, listAgents } from './peers.ts';
import { type AgentSummary, type Results, summarize } from './results.ts';
import { SHORTCOMINGS } from './shortcomings/all.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const results = JSON.parse(read('results.json')) as Results;

describe('the stored results', () => {
  it('are those in docs/conformance.md', () => {
    expect(read('../../../../docs/conformance.md')).toContain(renderMatrix(results, SHORTCOMINGS));
  });

  it('are of agents that exist', async () => {
    const names = (await listAgents(fileURLToPath(new URL('agents', import.meta.url)))).map(fullNameOf);
    expect(Object.keys(results).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(results).length).toBeGreaterThan(30);
  });

  it('name cases that exist', () => {
    const ids = new Set(ALL_CASES.map(({ id }) => id));
    const named = Object.values(results).flatMap(({ problems }) => problems.flatMap(({ cases }) => cases));
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('have counts that match the problems', () => {
    for (const [name, { counts, problems }] of Object.entries(results)) {
      for (const verdict of ['FAILED', 'NON-STRICT'] as const) {
        const counted = Object.values(counts).reduce((sum, group) => sum + (group[verdict] ?? 0), 0);
        const named = problems.filter((problem) => problem.verdict === verdict).flatMap(({ cases }) => cases);
        expect([name, verdict, named.length]).toEqual([name, verdict, counted]);
      }
    }
  });

  it('have no failed case that is not explained in the list of shortcomings', () => {
    expect(explain(results, SHORTCOMINGS).unexplained).toEqual([]);
  });

  it('are free of failures of pushwire', () => {
    const own = Object.values(results).filter(({ name }) => name === 'pushwire');
    expect(own).toHaveLength(4);
    expect(own.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

describe('the list of shortcomings', () => {
  it('names only what the results show', () => {
    const { explained } = explain(results, SHORTCOMINGS);
    expect(explained.filter(({ agents }) => agents.length === 0).map(({ row }) => row.does)).toEqual([]);
  });

  it('quotes a section of a standard in each row', () => {
    for (const { breaks } of SHORTCOMINGS) expect(breaks).toMatch(/^(RFC \d+|HTML|Fetch) §[\d.]+: /);
  });
});

describe('a summary', () => {
  const caseOf = (behavior: ReportedCase['behavior'], text: string): ReportedCase => ({
    behavior,
    behaviorClose: behavior,
    duration: 0,
    remoteCloseCode: null,
    title: '',
    section: '',
    text,
    log: [],
  });

  it('counts verdicts, groups cases with equal problems, and leaves out payloads and sentences', () => {
    const summary = summarize({
      '6.10.1': caseOf('FAILED', 'Message 1 is wrong; received text of 3 bytes ("a\\"b") (RFC 6455 §8.1: "When (a)")'),
      '6.9.1': caseOf('FAILED', 'Message 1 is wrong; received text of 12 bytes (ce00ff…) (RFC 6455 §8.1: "When (a)")'),
      '6.1.1': caseOf('OK', ''),
      '7.1.1': caseOf('INFORMATIONAL', 'Received a Close frame with 1000'),
      '7.1.2': caseOf('NON-STRICT', 'No Close frame; received nothing within 5000 ms'),
    });
    expect(summary).toEqual({
      counts: { 6: { OK: 1, FAILED: 2 }, 7: { INFORMATIONAL: 1, 'NON-STRICT': 1 } },
      problems: [
        { verdict: 'FAILED', cases: ['6.9.1', '6.10.1'], text: 'Message 1 is wrong; received text' },
        { verdict: 'NON-STRICT', cases: ['7.1.2'], text: 'No Close frame; received nothing within … ms' },
      ],
    });
  });

  it('is explained by the first row that fits', () => {
    const agent: AgentSummary = {
      name: 'a',
      kind: 'server',
      version: '1',
      date: '',
      notRun: 0,
      counts: {},
      problems: [
        { verdict: 'FAILED', cases: ['1.1.1', '6.1.1', '6.1.10'], text: 'x' },
        { verdict: 'NON-STRICT', cases: ['2.1'], text: 'y' },
      ],
    };
    const rows = [
      { cases: ['6.1'], agents: ['b-server'], does: 'b', breaks: '' },
      { cases: ['6.1.1'], does: 'c', breaks: '' },
      { cases: ['6'], agents: ['b-server'], does: 'd', breaks: '' },
    ];
    const shown = (name: string) => {
      const { explained, unexplained } = explain({ [name]: agent }, rows);
      return [explained.map(({ row, cases }) => [row.does, ...cases].join(' ')), unexplained];
    };
    expect(shown('a-server')).toEqual([
      ['b', 'c 6.1.1', 'd'],
      ['a-server 1.1.1', 'a-server 6.1.10'],
    ]);
    expect(shown('b-server')).toEqual([['b 6.1.1 6.1.10', 'c', 'd'], ['b-server 1.1.1']]);
  });
});
