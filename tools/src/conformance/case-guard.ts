import type { CaseResult } from './verdict.ts';

/** Decides whether a run goes on. */
export interface CaseGuard {
  /** Called before each case. Resolves with whether it runs. */
  start(id: string): Promise<boolean>;
  /** Called with each result. Resolves with whether it counts. */
  finish(result: CaseResult): Promise<boolean>;
}
