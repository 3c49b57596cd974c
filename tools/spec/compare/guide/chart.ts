import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { SceneReport } from '../../../src/compare/comparison-report.ts';

/** The rows whose terms are large enough to draw. */
const ROWS = ['100 ms, TCP', '100 ms, TLS 1.3'];
const TERMS = ['C', 'C2', 'R up', 'P', 'R down'];

/** Draws a stacked bar chart of the terms of exchanges over a network. */
export function chartOf({ lines }: SceneReport, translate: (text: string) => string): Promise<string> {
  const parts = lines
    .filter(({ row }) => ROWS.includes(row))
    .flatMap(({ row, series, cells }) =>
      TERMS.map((term, order) => {
        const cell = cells[`${term} (ms)`];
        const time = typeof cell === 'object' ? cell.value : 0;
        return { row: translate(row), series: translate(series), term: translate(term), order, time };
      }),
    );
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    width: 480,
    height: { step: 22 },
    data: { values: parts },
    mark: 'bar',
    encoding: {
      row: { field: 'row', type: 'nominal', sort: null, title: null, header: { labelAngle: 0, labelAlign: 'left' } },
      y: { field: 'series', type: 'nominal', sort: null, axis: { title: null, labelLimit: 0 } },
      x: { field: 'time', type: 'quantitative', axis: { title: 'ms' } },
      color: {
        field: 'term',
        type: 'nominal',
        sort: TERMS.map(translate),
        legend: { title: null, orient: 'top' },
        scale: { range: ['#4269d0', '#97bbf5', '#c46a10', '#b3261e', '#e8a65c'] },
      },
      order: { field: 'order' },
    },
    resolve: { scale: { y: 'independent' } },
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
