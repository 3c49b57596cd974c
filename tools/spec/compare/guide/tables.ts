import type { ComparisonReport, SceneReport } from '../../../src/compare/run-scenes.ts';
import type { Figure } from '../../../src/compare/statistics.ts';
import { formatNumber, formatSpread } from '../../../src/report/comparison/format.ts';

/** What two runs have measured, in Markdown: in Node, and in a browser. */
export function tablesOf(
  { environment, conditions, scenes }: ComparisonReport,
  browser: ComparisonReport,
  translate: (text: string) => string,
): string {
  const { date, node, pushwire, machine } = environment;
  const head = `${date.slice(0, 10)}, pushwire ${pushwire}, Node.js ${node}, ${machine}; ${translate('rounds')}: ${conditions.rounds}, Chromium ${browser.conditions.rounds}.`;
  const tables = [...scenes, ...browser.scenes].map((scene) => tableOf(scene, translate));
  return [head, ...tables].join('\n\n');
}

function tableOf({ title, columns, lines }: SceneReport, translate: (text: string) => string): string {
  const rows = lines.map(({ row, series, cells }, index) => {
    const isFirst = lines[index - 1]?.row !== row;
    return [
      isFirst ? translate(row) : '',
      translate(series),
      ...columns.map((column) => cellOf(cells[column], translate)),
    ];
  });
  const head = ['', '', ...columns.map(translate)];
  const rule = head.map((_, column) => (column > 1 ? '---:' : '---'));
  return [`### ${translate(title)}`, '', ...[head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)].join(
    '\n',
  );
}

function cellOf(cell: Figure | string | undefined, translate: (text: string) => string): string {
  if (cell === undefined) return '';
  return typeof cell === 'string' ? translate(cell) : `${formatNumber(cell.value)} ${formatSpread(cell)}`.trimEnd();
}
