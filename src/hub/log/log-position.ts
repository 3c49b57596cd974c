/** A position in a log that several processes share. */
export interface LogPosition {
  /** A part of the log in which nothing was lost. Entries of two epochs are not consecutive. */
  readonly epoch: string;
  /** The number of the entry, or of the place before the first one. */
  readonly number: number;
}

/** The number of entries from the second position to the first; NaN if one is undefined or they are in different epochs. */
export function comparePositions(position: LogPosition | undefined, other: LogPosition | undefined): number {
  const isSame = position !== undefined && position.epoch === other?.epoch;
  return isSame ? position.number - other.number : Number.NaN;
}
