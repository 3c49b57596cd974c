import type { LogEntry, WireLog } from './wire-log.ts';

/** Milliseconds that what is expected may take to come, and TCP to end. */
export const DEFAULT_TIME_LIMIT = 5_000;

/** How an agent did. */
export type Verdict = 'OK' | 'NON-STRICT' | 'INFORMATIONAL' | 'UNIMPLEMENTED' | 'FAILED';

/** How an agent did in a case. */
export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** How it closed the connection, judged by itself. */
  readonly closeVerdict: Verdict;
  /** What was wrong, or is worth to be known; empty if nothing is. */
  readonly text: string;
  /** Milliseconds. */
  readonly duration: number;
  /** The code of its Close frame; 1005 without one, null if it sent no Close frame. */
  readonly closeCode: number | null;
  readonly log: readonly LogEntry[];
}

/** Of a case that has no closing handshake, or could not be begun. */
export function resultOf(test: { readonly id: string }, verdict: Verdict, text: string, log: WireLog): CaseResult {
  return { id: test.id, verdict, closeVerdict: verdict, text, duration: log.time, closeCode: null, log: log.finish() };
}
