import type { Environment } from './environment.ts';
import type { Exchange } from './model.ts';
import { selfSignedCertificate } from './processes/certificate.ts';
import type { Notes, Scene } from './scene.ts';
import { Sheet, type SheetResult } from './sheet.ts';
import { type Conditions, Stage } from './stage.ts';

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

/**
 * Measures all scenes in each round, and each round in fresh processes: so whatever changes with time meets all scenes, and
 * what differs between two processes of one program is in the spread.
 */
export async function runScenes(scenes: readonly Scene[], options: RunOptions): Promise<SceneReport[]> {
  const { rounds, onProgress } = options;
  const certificate = selfSignedCertificate();
  const taken = scenes.map((scene): Taken => ({ scene, sheet: new Sheet(), exchanges: [] }));
  const all = scenes.reduce((sum, scene) => sum + Math.min(rounds, scene.rounds ?? rounds), 0);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const due = taken.filter(({ scene }) => round < (scene.rounds ?? rounds));
    const measure = (group: readonly Taken[]): Promise<void> =>
      onStage({ ...options, certificate }, async (stage) => {
        for (const { scene, sheet, exchanges } of group) {
          onProgress?.(done++, all, scene.name);
          const exchange: Notes['exchange'] = (row, series, one) => exchanges.push({ row, series, ...one });
          await scene.measure(stage, { sheet, exchange });
        }
      });
    const busy = due.filter(({ scene }) => !scene.waits);
    const together = busy.filter(({ scene }) => !scene.isAlone);
    if (together.length > 0) await measure(together);
    for (const one of busy.filter(({ scene }) => scene.isAlone)) await measure([one]);
    await Promise.all(due.filter(({ scene }) => scene.waits).map((one) => measure([one])));
  }
  return taken.map(({ scene: { name, title, text, chart }, sheet, exchanges }) => {
    return { name, title, text, chart, ...sheet.result(), exchanges };
  });
}

interface Taken {
  readonly scene: Scene;
  readonly sheet: Sheet;
  readonly exchanges: ExchangeReport[];
}

/** Ends the processes in any case. */
async function onStage(
  { signal, ...conditions }: Conditions & { readonly signal?: AbortSignal },
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const stage = await Stage.set(conditions);
  const strike = (): void => void stage.strike();
  signal?.addEventListener('abort', strike);
  try {
    await work(stage);
  } finally {
    signal?.removeEventListener('abort', strike);
    await stage.strike();
  }
}
