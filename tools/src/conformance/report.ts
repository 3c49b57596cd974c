import { type CaseDescription, describeCase } from './describe-case.ts';
import type { TrafficRecord } from './traffic.ts';
import type { CaseResult, ClosingRecord, Verdict } from './verdict.ts';
import type { LogEntry } from './wire-log.ts';

/** The result of one case for one agent. The Autobahn suite's reports use the same first four names. */
export interface ReportedCase extends CaseDescription {
  readonly behavior: Verdict;
  readonly behaviorClose: Verdict;
  /** Milliseconds. */
  readonly duration: number;
  readonly remoteCloseCode: number | null;
  readonly title: string;
  readonly section: string;
  readonly text: string;
  readonly log: readonly LogEntry[];
  /** When the case began, as an ISO 8601 date. */
  readonly started?: string;
  /** How the connection ended, for cases that open one. */
  readonly closing?: ClosingRecord;
  /** What went over the wire, counted, for cases that send frames. */
  readonly traffic?: TrafficRecord;
  /** The suite, if it is not this one. */
  readonly suite?: 'Autobahn';
}

/** Results by agent, then by the id of the case. */
export type Report = Readonly<Record<string, Readonly<Record<string, ReportedCase>>>>;

/** A server whose cases did not all run. */
export interface UntestedServer {
  readonly name: string;
  /** Why, in sentences. */
  readonly reason: string;
  /** Whether some of its cases ran. */
  readonly isPartlyTested: boolean;
}

/** What a report needs to know of a case of any kind. */
export interface Described {
  readonly id: string;
  readonly title: string;
  readonly section: string;
}

/** Each result is described once: reports are written again and again while a run goes on. */
const reported = new WeakMap<CaseResult, ReportedCase>();

/** Makes a report of the results of one agent. */
export function reportOf(agent: string, cases: readonly Described[], results: readonly CaseResult[]): Report {
  const described = new Map(cases.map((test) => [test.id, test]));
  const entries = results.map((result): [string, ReportedCase] => {
    const known = reported.get(result);
    if (known !== undefined) return [result.id, known];
    const test = described.get(result.id)!;
    const { id, verdict, closeVerdict, closeCode, duration, ...rest } = result;
    const verdicts = { behavior: verdict, behaviorClose: closeVerdict };
    const numbers = { duration: Math.round(duration), remoteCloseCode: closeCode };
    const { title, section } = test;
    // What was done says more than the catalogue: a case can be run with another number of messages.
    const all = { ...verdicts, ...numbers, title, section, ...describeCase(test), ...rest };
    reported.set(result, all);
    return [id, all];
  });
  return { [agent]: Object.fromEntries(entries) };
}

/** All reports in one. If several have an agent, its earlier results stand beside the last under the name `NAME (earlier)`. */
export function mergeReports(reports: readonly Report[]): Report {
  const entries = reports.flatMap((report, index) =>
    Object.entries(report).map(([agent, cases]) => {
      const later = reports.slice(index + 1).filter((other) => Object.hasOwn(other, agent)).length;
      return [`${agent}${later === 0 ? '' : later === 1 ? ' (earlier)' : ` (earlier ${later})`}`, cases] as const;
    }),
  );
  // `Object.assign()` would lose an agent that is called `__proto__`.
  return Object.fromEntries(entries);
}

/** The results of all reports in one. A case that several reports have for an agent is taken from the last. */
export function mergeResults(reports: readonly Report[]): Report {
  const merged = new Map<string, Map<string, ReportedCase>>();
  for (const [agent, cases] of reports.flatMap((report) => Object.entries(report))) {
    const known = merged.get(agent) ?? new Map<string, ReportedCase>();
    for (const [id, reported] of Object.entries(cases)) known.set(id, reported);
    merged.set(agent, known);
  }
  return Object.fromEntries([...merged].map(([agent, cases]) => [agent, Object.fromEntries(cases)]));
}

/** The worse of the two verdicts on a case. INFORMATIONAL and UNIMPLEMENTED cases are not judged by their closing. */
export function overall({ behavior, behaviorClose }: Pick<ReportedCase, 'behavior' | 'behaviorClose'>): Verdict {
  if (behavior === 'INFORMATIONAL' || behavior === 'UNIMPLEMENTED') return behavior;
  for (const verdict of ['FAILED', 'NON-STRICT'] as const) {
    if (behavior === verdict || behaviorClose === verdict) return verdict;
  }
  return 'OK';
}

/** Whether a case of one of the agents FAILED. */
export function hasFailed(report: Report): boolean {
  return Object.values(report).some((cases) => Object.values(cases).some((one) => overall(one) === 'FAILED'));
}

/** The verdicts, in the order in which reports list them. */
export const VERDICTS: readonly Verdict[] = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'];
