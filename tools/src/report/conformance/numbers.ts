// `toLocaleString()` would make one for each number. The first one takes a tenth of the time in which the command starts.
let format: Intl.NumberFormat | undefined;

/** A number with separators, such as `65,536`. */
export function count(value: number): string {
  if (value < 1000) return String(value);
  format ??= new Intl.NumberFormat('en');
  return format.format(value);
}

/** What compression made of a size, in per cent. */
export function ratioOf(bytes: number, compressedBytes: number): string {
  return bytes === 0 ? '–' : `${((100 * compressedBytes) / bytes).toFixed(1)} %`;
}

/** Milliseconds in words, such as `1.5 s`. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
