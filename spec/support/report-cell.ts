import type { SceneReport } from '../../tools/src/compare/comparison-report.ts';

/** Returns the median or the text of a cell. */
export function cell({ lines }: SceneReport, row: string, series: string, column: string): number | string | undefined {
  const found = lines.find((line) => line.row === row && line.series === series)?.cells[column];
  return typeof found === 'object' ? found.value : found;
}
