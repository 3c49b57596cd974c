import type { SheetResult } from '../../compare/result-table.ts';
import type { Figure } from '../../compare/statistics.ts';
import { align } from '../text-table.ts';
import { formatNumber, formatSpread } from './format.ts';

/** A table for a terminal: the medians, each with the farthest of its rounds. */
export function tableOf({ columns, lines }: SheetResult): string {
  const head = ['', '', ...columns];
  const rows = lines.map(({ row, series, cells }, index) => {
    const isFirst = index === 0 || lines[index - 1]!.row !== row;
    return [isFirst ? row : '', series, ...columns.map((column) => cellOf(cells[column]))];
  });
  return align([head, ...rows], (_, column) => column > 1).join('\n');
}

function cellOf(cell: Figure | string | undefined): string {
  if (cell === undefined) return '';
  return typeof cell === 'string' ? cell : `${formatNumber(cell.value)} ${formatSpread(cell)}`.trimEnd();
}
