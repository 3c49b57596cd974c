import type { Environment } from './environment.ts';
import type { Exchange } from './exchange-terms.ts';
import type { ResultTable } from './result-table.ts';
import type { Scene } from './scenes/scene.ts';

/** The results of a run. This is also the format of `--json`. */
export interface ComparisonReport {
  readonly environment: Environment;
  readonly conditions: ReportedConditions;
  readonly scenes: readonly SceneReport[];
}

export interface ReportedConditions {
  readonly rounds: number;
  /** How long the server held back each message, in milliseconds. */
  readonly hold: number;
  /** The simulated network delay each way, in milliseconds. */
  readonly delay: number;
  /** Whether the client was a browser. Default: false. */
  readonly isBrowser?: boolean;
  /** The URLs of the user's servers, if those were measured. */
  readonly servers?: { readonly websocket: string; readonly eventStream: string };
}

export interface SceneReport extends ResultTable {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly chart: Scene['chart'];
  readonly exchanges: readonly ExchangeReport[];
}

export interface ExchangeReport extends Exchange {
  readonly row: string;
  readonly series: string;
}
