import type { SceneReport } from '../../tools/src/compare/comparison-report.ts';

/** The median of a cell, or its text. */
export function cell({ lines }: SceneReport, row: string, series: string, column: string): number | string | undefined {
  const found = lines.find((line) => line.row === row && line.series === series)?.cells[column];
  return typeof found === 'object' ? found.value : found;
}
