/** Columns as wide as they need to be. @param isRight whether a cell stands to the right */
export function align(
  rows: readonly (readonly string[])[],
  isRight: (cell: string, column: number) => boolean,
): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (isRight(cell, column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
