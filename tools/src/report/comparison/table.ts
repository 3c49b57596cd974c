import type { ResultTable } from '../../compare/result-table.ts';
import { align } from '../text-table.ts';
import { textCells } from './format.ts';

/** A table for a terminal. Each figure is the median of the rounds, with the largest deviation from it. */
export function tableOf(table: ResultTable): string {
  return align([['', '', ...table.columns], ...textCells(table)], (_, column) => column > 1).join('\n');
}
