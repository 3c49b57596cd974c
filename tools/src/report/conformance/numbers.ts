// `toLocaleString()` would make one for each number.
const FORMAT = new Intl.NumberFormat('en');

/** A number with separators, such as `65,536`. */
export function count(value: number): string {
  return value < 1000 ? String(value) : FORMAT.format(value);
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
