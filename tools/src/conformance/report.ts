import type { CaseResult, Verdict } from './verdict.ts';
import type { LogEntry } from './wire-log.ts';

/** One case of one agent. The first four names are those of the reports of the Autobahn suite. */
export interface ReportedCase {
  readonly behavior: Verdict;
  readonly behaviorClose: Verdict;
  /** Milliseconds. */
  readonly duration: number;
  readonly remoteCloseCode: number | null;
  readonly title: string;
  readonly section: string;
  readonly text: string;
  readonly log: readonly LogEntry[];
}

/** By agent, and by the id of the case. */
export type Report = Readonly<Record<string, Readonly<Record<string, ReportedCase>>>>;

/** What is told of a case, of whatever kind. */
export interface Described {
  readonly id: string;
  readonly title: string;
  readonly section: string;
}

export function reportOf(agent: string, cases: readonly Described[], results: readonly CaseResult[]): Report {
  const described = new Map(cases.map((test) => [test.id, test]));
  const entries = results.map((result): [string, ReportedCase] => {
    const { title, section } = described.get(result.id)!;
    const { verdict, closeVerdict, duration, closeCode, text, log } = result;
    const behaviour = { behavior: verdict, behaviorClose: closeVerdict };
    return [
      result.id,
      { ...behaviour, duration: Math.round(duration), remoteCloseCode: closeCode, title, section, text, log },
    ];
  });
  return { [agent]: Object.fromEntries(entries) };
}

/** The worse of the two verdicts on a case. */
export function overall({ behavior, behaviorClose }: Pick<ReportedCase, 'behavior' | 'behaviorClose'>): Verdict {
  if (behavior === 'INFORMATIONAL' || behavior === 'UNIMPLEMENTED') return behavior;
  for (const verdict of ['FAILED', 'NON-STRICT'] as const) {
    if (behavior === verdict || behaviorClose === verdict) return verdict;
  }
  return 'OK';
}

export const VERDICTS: readonly Verdict[] = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'];
