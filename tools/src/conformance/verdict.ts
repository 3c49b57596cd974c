import type { TrafficRecord } from './traffic.ts';
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
  /** What the tester does, step by step, in words. */
  readonly steps?: readonly string[];
  /** What the case expects, in words. */
  readonly expectation?: string;
  /** When the case began, as an ISO 8601 date. */
  readonly started?: string;
  /** Milliseconds. */
  readonly duration: number;
  /** The code in the agent's Close frame: 1005 if the frame had none, null if the agent sent no Close frame. */
  readonly closeCode: number | null;
  readonly log: readonly LogEntry[];
  /** How the connection ended, for cases that open one. */
  readonly closing?: ClosingRecord;
  /** What went over the wire, counted, for cases that send frames. */
  readonly traffic?: TrafficRecord;
}

/** How a connection ended. */
export interface ClosingRecord {
  /** Who sent a Close frame first; null if nobody sent one. */
  readonly firstClose: 'tester' | 'agent' | null;
  /** The code in the tester's Close frame: 1005 if the frame had none, null if the tester sent no Close frame. */
  readonly testerCode: number | null;
  /** The same for the agent. */
  readonly agentCode: number | null;
  /** The reason in the agent's Close frame. */
  readonly agentReason: string;
  /** Who ended TCP first; null if nobody did while the case ran. */
  readonly tcpEndedBy: 'tester' | 'agent' | null;
  /** Whether the agent reset the connection. */
  readonly reset: boolean;
  /** What the agent did not do within the time limit; empty if the tester did not wait in vain. */
  readonly timedOut: string;
}

/** The result of a case that has no closing handshake, or could not start. */
export function resultOf(test: { readonly id: string }, verdict: Verdict, text: string, log: WireLog): CaseResult {
  const { id } = test;
  const entries = log.finish(verdict === 'FAILED');
  const rest = { text, duration: log.time, closeCode: null, log: entries, ...recordOf(log) };
  return { id, verdict, closeVerdict: verdict, ...rest };
}

/** What a log says of the case as a whole. */
export function recordOf(log: WireLog): Pick<CaseResult, 'started' | 'traffic'> {
  const traffic = log.traffic();
  return { started: log.started.toISOString(), ...(traffic && { traffic }) };
}
