import { type Figure, figureOf } from './statistics.ts';

/** What a scene has measured: a table of figures. */
export interface SheetResult {
  /** Of the columns, with their units. */
  readonly columns: readonly string[];
  /** Those of a row together, rows and techniques in the order in which they were first named. */
  readonly lines: readonly SheetLine[];
}

export interface SheetLine {
  /** The condition, such as `16 B`. */
  readonly row: string;
  /** The technique, such as `WebSocket`. */
  readonly series: string;
  /** By column; text where there is no number to tell. */
  readonly cells: Readonly<Record<string, Figure | string>>;
}

/** Takes what is measured in each round, in any order. */
export class Sheet {
  readonly #lines = new Map<string, { row: string; series: string; cells: Map<string, number[] | string> }>();

  /** @param values by column; what is undefined is left out, and a text replaces what was before */
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

  result(): SheetResult {
    const rows = [...new Set([...this.#lines.values()].map(({ row }) => row))];
    const grouped = [...this.#lines.values()].sort((one, other) => rows.indexOf(one.row) - rows.indexOf(other.row));
    const lines = grouped.map(({ row, series, cells }): SheetLine => {
      const figures = [...cells].map(([column, values]) => [
        column,
        typeof values === 'string' ? values : figureOf(values),
      ]);
      return { row, series, cells: Object.fromEntries(figures) };
    });
    return { columns: [...new Set(lines.flatMap(({ cells }) => Object.keys(cells)))], lines };
  }
}
