import type { ComparisonReport, SceneReport } from '../../../src/compare/comparison-report.ts';
import { textCells } from '../../../src/report/comparison/format.ts';

/** Formats the results of two runs, in Node.js and in a browser, as Markdown. */
export function tablesOf(
  { environment, conditions, scenes }: ComparisonReport,
  browser: ComparisonReport,
  translate: (text: string) => string,
): string {
  const { date, node, pushwire, machine } = environment;
  const head = `${date.slice(0, 10)}, pushwire ${pushwire}, Node.js ${node}, ${machine}; rounds: ${conditions.rounds}, Chromium ${browser.conditions.rounds}.`;
  const tables = [...scenes, ...browser.scenes].map((scene) => tableOf(scene, translate));
  return [translate(head), ...tables].join('\n\n');
}

function tableOf(scene: SceneReport, translate: (text: string) => string): string {
  const rows = textCells(scene).map((cells) => cells.map(translate));
  const head = ['', '', ...scene.columns.map(translate)];
  const rule = head.map((_, column) => (column > 1 ? '---:' : '---'));
  const lines = [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [`### ${translate(scene.title)}`, '', ...lines].join('\n');
}
