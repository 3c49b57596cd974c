import type { LogEntry, WireLog } from './wire-log.ts';

/** Milliseconds to wait for what a case expects, and for the end of TCP. */
export const DEFAULT_TIME_LIMIT = 5_000;

/** How well the behavior of an agent matches the standard. */
export type Verdict = 'OK' | 'NON-STRICT' | 'INFORMATIONAL' | 'UNIMPLEMENTED' | 'FAILED';

/** The result of one case. */
export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** The verdict on how the agent closed the connection, apart from the rest. */
  readonly closeVerdict: Verdict;
  /** What was wrong, or is worth knowing; empty if there is nothing to say. */
  readonly text: string;
  /** Milliseconds. */
  readonly duration: number;
  /** The code in the agent's Close frame: 1005 if the frame had none, null if the agent sent no Close frame. */
  readonly closeCode: number | null;
  readonly log: readonly LogEntry[];
}

/** The result of a case that has no closing handshake, or could not start. */
export function resultOf(test: { readonly id: string }, verdict: Verdict, text: string, log: WireLog): CaseResult {
  return { id: test.id, verdict, closeVerdict: verdict, text, duration: log.time, closeCode: null, log: log.finish() };
}
