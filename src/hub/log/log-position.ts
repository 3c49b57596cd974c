/** A position in a log that several processes share. */
export interface LogPosition {
  /** The part of the log without a loss of data: entries of another epoch do not continue those of this one. */
  readonly epoch: string;
  /** The number of the entry, or of the place before the first one. */
  readonly number: number;
}

/** The number of entries from the second position to the first; NaN if they are not in the same epoch, or there is none. */
export function comparePositions(position: LogPosition | undefined, other: LogPosition | undefined): number {
  const isSame = position !== undefined && position.epoch === other?.epoch;
  return isSame ? position.number - other.number : Number.NaN;
}
