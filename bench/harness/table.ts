import { type ComparisonResult, ratio } from './compare.ts';

/** Formats a number with three digits and a unit prefix: 1.58 M, 12.3 k, 0.47. */
export function amount(value: number): string {
  for (const [factor, letter] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const) {
    if (value >= factor) return `${(value / factor).toPrecision(3)}${letter}`;
  }
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A table in Markdown. It shows the median of each contender, its minimum and maximum, its ratios to others, and its CPU time if measured. */
export function tableOf(result: ComparisonResult): string {
  const against = result.against.filter((name) => result.contenders.some((contender) => contender.name === name));
  const hasCpu = result.contenders.some(({ cpuMicroseconds }) => cpuMicroseconds !== undefined);
  const head = ['', result.unit, 'from', 'to', ...against.map((name) => `x ${name}`), ...(hasCpu ? ['us of CPU'] : [])];
  const rows = result.contenders.map(({ name, median, min, max, cpuMicroseconds }) => [
    name,
    amount(median),
    amount(min),
    amount(max),
    ...against.map((other) => (other === name ? '' : ratio(result, name, other)!.toFixed(2))),
    ...(hasCpu ? [cpuMicroseconds === undefined ? '' : amount(cpuMicroseconds)] : []),
  ]);
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
