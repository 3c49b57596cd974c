import type { SceneReport } from '../../compare/comparison-report.ts';
import type { TableLine } from '../../compare/result-table.ts';
import type { Figure } from '../../compare/statistics.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { formatNumber } from './format.ts';

/** The chart of a scene as HTML; empty if there are no figures to draw. */
export function chartOf(scene: SceneReport): string {
  const { chart, lines } = scene;
  const drawn = lines.filter(({ cells }) => chart.columns.some((column) => figureIn(cells[column]) !== undefined));
  if (drawn.length === 0) return '';
  return chart.kind === 'stack' ? stackedBars(drawn, chart.columns) : bars(drawn, chart.columns[0]!);
}

/** One bar per line. Each row has its own scale, since rows may differ by a factor of a thousand. */
function bars(lines: readonly TableLine[], column: string): string {
  const rows = rowsOf(lines).map(([row, members]) => {
    const figures = members.map(({ cells }) => figureIn(cells[column]));
    const limit = Math.max(...figures.map((figure) => figure?.high ?? 0));
    const drawn = members.map(({ series }, index) => {
      const figure = figures[index];
      if (figure === undefined) return '';
      const spread = `left:${percent(figure.low, limit)};width:${percent(figure.high - figure.low, limit)}`;
      const bar = `<i class="${classOf(series)}" style="width:${percent(figure.value, limit)}"></i><b style="${spread}"></b>`;
      return barOf(series, bar, figure.value);
    });
    return `<h4>${escapeMarkup(row)}</h4>${drawn.join('')}`;
  });
  return `<figure><figcaption>${escapeMarkup(column)}; each row has its own scale; the line shows the range of the rounds</figcaption>${rows.join('')}</figure>`;
}

/** One bar per line, in which the columns are stacked. All bars have the same scale. */
function stackedBars(lines: readonly TableLine[], columns: readonly string[]): string {
  const partsOf = ({ cells }: TableLine): number[] =>
    columns.map((column) => Math.max(0, figureIn(cells[column])?.value ?? 0));
  const limit = Math.max(...lines.map((line) => sum(partsOf(line))));
  const rows = rowsOf(lines).map(([row, members]) => {
    const drawn = members.map((line) => {
      const parts = partsOf(line);
      const bar = parts.map((part, index) => `<i class="part${index}" style="width:${percent(part, limit)}"></i>`);
      return barOf(line.series, bar.join(''), sum(parts));
    });
    return `<h4>${escapeMarkup(row)}</h4>${drawn.join('')}`;
  });
  const legend = columns.map((column, index) => `<li><i class="part${index}"></i>${escapeMarkup(column)}</li>`);
  return `<figure><ul class="legend">${legend.join('')}</ul>${rows.join('')}</figure>`;
}

function barOf(series: string, bar: string, value: number): string {
  return `<div class="bar"><span>${escapeMarkup(series)}</span><span class="track">${bar}</span><span>${formatNumber(value)}</span></div>`;
}

function rowsOf(lines: readonly TableLine[]): [string, TableLine[]][] {
  const rows = new Map<string, TableLine[]>();
  for (const line of lines) rows.set(line.row, [...(rows.get(line.row) ?? []), line]);
  return [...rows];
}

function figureIn(cell: Figure | string | undefined): Figure | undefined {
  return typeof cell === 'string' ? undefined : cell;
}

function classOf(series: string): string {
  return series.startsWith('WebSocket') ? 'websocket' : 'event-stream';
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / (whole || 1)).toFixed(2)}%`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
