import type { ResultTable } from '../../compare/result-table.ts';
import type { Figure } from '../../compare/statistics.ts';

/** A number with three significant digits. Integers, such as counts and bytes, are not rounded. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (value !== 0 && Math.abs(value) < 0.001) return value.toPrecision(1);
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** The largest deviation of a round from the median, in percent. Empty if there is only one round. */
export function formatSpread({ value, low, high, rounds }: Figure): string {
  if (rounds === 1 || value === 0) return '';
  return `±${((100 * Math.max(high - value, value - low)) / Math.abs(value)).toFixed(0)}%`;
}

/** The cells of a table as text. The name of a row is only in its first line. */
export function textCells({ columns, lines }: ResultTable): string[][] {
  return lines.map(({ row, series, cells }, index) => {
    const isFirst = index === 0 || lines[index - 1]!.row !== row;
    return [isFirst ? row : '', series, ...columns.map((column) => formatCell(cells[column]))];
  });
}

function formatCell(cell: Figure | string | undefined): string {
  if (cell === undefined) return '';
  return typeof cell === 'string' ? cell : `${formatNumber(cell.value)} ${formatSpread(cell)}`.trimEnd();
}
