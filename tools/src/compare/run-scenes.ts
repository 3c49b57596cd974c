import type { ExchangeReport, SceneReport } from './comparison-report.ts';
import { TableBuilder } from './result-table.ts';
import type { Results, Scene } from './scenes/scene.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import type { Conditions } from './test-bed.ts';

export interface RunOptions extends Omit<Conditions, 'certificate'> {
  readonly rounds: number;
  /** Called before each measurement of a scene. */
  readonly onProgress?: (done: number, total: number, scene: string) => void;
  /** Aborting stops the processes and rejects the promise of the run. */
  readonly signal?: AbortSignal;
}

interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Measures all scenes once per round, with new processes in each round. This way, a change over time affects all scenes
 * alike, and the spread of a figure includes the differences between two processes of the same program.
 *
 * @param start starts a test bed, that is, the processes that a scene needs
 */
export async function runScenes<Bed extends Stoppable>(
  scenes: readonly Scene<Bed>[],
  options: RunOptions,
  start: (conditions: Conditions) => Promise<Bed>,
): Promise<SceneReport[]> {
  const { rounds, onProgress } = options;
  const certificate = selfSignedCertificate();
  const runs = scenes.map((scene) => ({ scene, table: new TableBuilder(), exchanges: [] as ExchangeReport[] }));
  const total = scenes.reduce((sum, scene) => sum + Math.min(rounds, scene.rounds ?? rounds), 0);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const due = runs.filter(({ scene }) => round < (scene.rounds ?? rounds));
    const measure = async (group: typeof runs): Promise<void> => {
      if (group.length === 0) return;
      await withTestBed({ ...options, certificate }, start, async (testBed) => {
        for (const { scene, table, exchanges } of group) {
          onProgress?.(done++, total, scene.name);
          const addExchange: Results['addExchange'] = (row, series, one) => exchanges.push({ row, series, ...one });
          await scene.measure(testBed, { table, addExchange });
        }
      });
    };
    const busy = due.filter(({ scene }) => !scene.isMostlyIdle);
    await measure(busy.filter(({ scene }) => !scene.needsOwnProcesses));
    for (const one of busy.filter(({ scene }) => scene.needsOwnProcesses)) await measure([one]);
    await Promise.all(due.filter(({ scene }) => scene.isMostlyIdle).map((one) => measure([one])));
  }
  return runs.map(({ scene: { name, title, text, chart }, table, exchanges }) => {
    return { name, title, text, chart, ...table.build(), exchanges };
  });
}

/** Starts a test bed, and stops it after `work`, or as soon as the signal aborts. */
async function withTestBed<Bed extends Stoppable>(
  { signal, ...conditions }: Conditions & { readonly signal?: AbortSignal },
  start: (conditions: Conditions) => Promise<Bed>,
  work: (testBed: Bed) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const testBed = await start(conditions);
  const stop = (): void => void testBed.stop();
  signal?.addEventListener('abort', stop);
  try {
    await work(testBed);
  } finally {
    signal?.removeEventListener('abort', stop);
    await testBed.stop();
  }
}
