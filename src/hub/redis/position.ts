/**
 * A position in a log: the entry with this number, or the place before the first entry. Each entry has the number after that of the
 * entry before it, so that a gap shows in the numbers alone.
 */
export interface Position {
  /** The part of the log without a loss of data: entries of another epoch do not continue those of this one. */
  readonly epoch: string;
  readonly number: number;
}

/** The text of a position: `<epoch>-<number>`. */
export function positionId(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** Returns null if the text is not a position of any log. */
export function parsePosition(id: string): Position | null {
  const match = /^([0-9a-f]+)-(0|[1-9]\d{0,15})$/.exec(id);
  if (!match) return null;
  const number = Number(match[2]);
  return Number.isSafeInteger(number) ? { epoch: match[1]!, number } : null;
}

/** Negative, 0 or positive; NaN if the ids are not positions of the same epoch. */
export function comparePositions(id: string, other: string): number {
  const position = parsePosition(id);
  const otherPosition = parsePosition(other);
  if (!position || position.epoch !== otherPosition?.epoch) return Number.NaN;
  return position.number - otherPosition.number;
}
