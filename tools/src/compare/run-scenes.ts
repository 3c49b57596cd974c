import type { Environment } from './environment.ts';
import type { Exchange } from './exchange-terms.ts';
import { Sheet, type SheetResult } from './result-table.ts';
import type { Notes, Scene } from './scenes/scene.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import type { Conditions } from './test-bed.ts';

/** What a run has measured. */
export interface ComparisonReport {
  readonly environment: Environment;
  readonly conditions: ReportedConditions;
  readonly scenes: readonly SceneReport[];
}

export interface ReportedConditions {
  readonly rounds: number;
  /** Milliseconds. */
  readonly hold: number;
  readonly delay: number;
  /** Whether the clients were a browser's. Default: false. */
  readonly isBrowser?: boolean;
  /** Those of the user, if it was not ours that were measured. */
  readonly servers?: { readonly websocket: string; readonly eventStream: string };
}

export interface SceneReport extends SheetResult {
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

export interface RunOptions extends Omit<Conditions, 'certificate'> {
  readonly rounds: number;
  /** Called before each measurement of a scene. */
  readonly onProgress?: (done: number, all: number, scene: string) => void;
  /** Ends the processes, and the run with an error. */
  readonly signal?: AbortSignal;
}

/** Where scenes play: processes that are ended in any case. */
interface Played {
  stop(): Promise<void>;
}

/**
 * Measures all scenes in each round, and each round in fresh processes: so whatever changes with time meets all scenes, and
 * what differs between two processes of one program is in the spread.
 *
 * @param set starts the processes
 */
export async function runScenes<On extends Played>(
  scenes: readonly Scene<On>[],
  options: RunOptions,
  set: (conditions: Conditions) => Promise<On>,
): Promise<SceneReport[]> {
  const { rounds, onProgress } = options;
  const certificate = selfSignedCertificate();
  const taken = scenes.map((scene) => ({ scene, sheet: new Sheet(), exchanges: [] as ExchangeReport[] }));
  const all = scenes.reduce((sum, scene) => sum + Math.min(rounds, scene.rounds ?? rounds), 0);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const due = taken.filter(({ scene }) => round < (scene.rounds ?? rounds));
    const measure = async (group: typeof taken): Promise<void> => {
      if (group.length === 0) return;
      await play({ ...options, certificate }, set, async (stage) => {
        for (const { scene, sheet, exchanges } of group) {
          onProgress?.(done++, all, scene.name);
          const exchange: Notes['exchange'] = (row, series, one) => exchanges.push({ row, series, ...one });
          await scene.measure(stage, { sheet, exchange });
        }
      });
    };
    const busy = due.filter(({ scene }) => !scene.waits);
    await measure(busy.filter(({ scene }) => !scene.isAlone));
    for (const one of busy.filter(({ scene }) => scene.isAlone)) await measure([one]);
    await Promise.all(due.filter(({ scene }) => scene.waits).map((one) => measure([one])));
  }
  return taken.map(({ scene: { name, title, text, chart }, sheet, exchanges }) => {
    return { name, title, text, chart, ...sheet.result(), exchanges };
  });
}

async function play<On extends Played>(
  { signal, ...conditions }: Conditions & { readonly signal?: AbortSignal },
  set: (conditions: Conditions) => Promise<On>,
  work: (stage: On) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const stage = await set(conditions);
  const stop = (): void => void stage.stop();
  signal?.addEventListener('abort', stop);
  try {
    await work(stage);
  } finally {
    signal?.removeEventListener('abort', stop);
    await stage.stop();
  }
}
