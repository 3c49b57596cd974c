import type { Exchange } from '../exchange-terms.ts';
import type { TableBuilder } from '../result-table.ts';
import type { TestBed } from '../test-bed.ts';

/**
 * One comparison of the two techniques, such as their latency or their memory.
 *
 * @typeParam Bed the processes that it measures
 */
export interface Scene<Bed = TestBed> {
  readonly name: string;
  readonly title: string;
  /** For the report: what is measured, and how. */
  readonly text: string;
  /** `bars`: one bar per line, for the first column. `stack`: one bar per line, in which all columns are stacked. */
  readonly chart: { readonly kind: 'bars' | 'stack'; readonly columns: readonly string[] };
  /** The number of rounds, if it needs fewer than the run has. */
  readonly rounds?: number;
  /** Whether its processes must not have run another scene, because it measures their memory. Default: false. */
  readonly needsOwnProcesses?: boolean;
  /** Whether it spends most of its time waiting. It then runs in parallel with other such scenes. Default: false. */
  readonly isMostlyIdle?: boolean;
  /** Measures once, in processes that were started for this round. */
  measure(testBed: Bed, results: Results): Promise<void>;
}

/** Where a scene adds what it has measured. */
export interface Results {
  readonly table: TableBuilder;
  /** Adds the times of a single exchange to the report, so that its terms can be computed again. */
  addExchange(row: string, series: string, exchange: Exchange): void;
}
