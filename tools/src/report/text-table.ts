/** The lines of a table whose columns are as wide as their widest cell. @param isRight whether to align a cell to the right */
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
