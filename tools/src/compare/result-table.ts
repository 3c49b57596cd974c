import { type Figure, summarize } from './statistics.ts';

/** What a scene has measured: a table of figures. */
export interface ResultTable {
  /** The names of the columns, with their units. */
  readonly columns: readonly string[];
  /** Grouped by row; rows and techniques in the order in which they were added. */
  readonly lines: readonly TableLine[];
}

export interface TableLine {
  /** The condition, such as `16 B`. */
  readonly row: string;
  /** The technique, such as `WebSocket`. */
  readonly series: string;
  /** By column; a text if there is no figure. */
  readonly cells: Readonly<Record<string, Figure | string>>;
}

/** Collects the measured values of all rounds. */
export class TableBuilder {
  readonly #lines = new Map<string, { row: string; series: string; cells: Map<string, number[] | string> }>();

  /** Adds the values of a round, by column. An undefined value is ignored; a text replaces any earlier value. */
  add(row: string, series: string, values: Readonly<Record<string, number | string | undefined>>): void {
    const key = JSON.stringify([row, series]);
    const line = this.#lines.get(key) ?? { row, series, cells: new Map() };
    this.#lines.set(key, line);
    for (const [column, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const before = line.cells.get(column);
      if (typeof value === 'string') line.cells.set(column, value);
      else line.cells.set(column, Array.isArray(before) ? [...before, value] : [value]);
    }
  }

  build(): ResultTable {
    const rows = [...new Set([...this.#lines.values()].map(({ row }) => row))];
    const grouped = [...this.#lines.values()].sort((one, other) => rows.indexOf(one.row) - rows.indexOf(other.row));
    const lines = grouped.map(({ row, series, cells }): TableLine => {
      const figures = [...cells].map(([column, values]) => [
        column,
        typeof values === 'string' ? values : summarize(values),
      ]);
      return { row, series, cells: Object.fromEntries(figures) };
    });
    return { columns: [...new Set(lines.flatMap(({ cells }) => Object.keys(cells)))], lines };
  }
}
