import type { Exchange } from '../exchange-terms.ts';
import type { Sheet } from '../result-table.ts';
import type { Stage } from '../test-bed.ts';

/**
 * One thing that is compared.
 *
 * @typeParam On where it plays
 */
export interface Scene<On = Stage> {
  readonly name: string;
  readonly title: string;
  /** What is measured, and how, for the report. */
  readonly text: string;
  /** Which columns the report draws: a bar for each line, of the first one that the line has, or of all, one behind the other. */
  readonly chart: { readonly kind: 'bars' | 'stack'; readonly columns: readonly string[] };
  /** Rounds, if fewer than the run has are enough. */
  readonly rounds?: number;
  /** Whether no other scene may have used its processes, as it weighs their memory. Default: false. */
  readonly isAlone?: boolean;
  /** Whether it has little to do but wait: then it runs beside others of this kind. Default: false. */
  readonly waits?: boolean;
  /** Measures once, in processes that no round before has used. */
  measure(stage: On, notes: Notes): Promise<void>;
}

/** Where a scene leaves what it has measured. */
export interface Notes {
  readonly sheet: Sheet;
  /** Keeps an exchange whole, so that the terms can be counted again. */
  exchange(row: string, series: string, exchange: Exchange): void;
}
