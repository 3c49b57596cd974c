/** An event to append to a log. */
export interface NewLogEntry {
  /** The topic to which the event is published. */
  readonly topic: string;
  /** The event type; undefined for none. */
  readonly event: string | undefined;
  /** The data as JSON text. */
  readonly data: string;
  /** An event with a key that the log remembers is not appended again; undefined for none. */
  readonly idempotencyKey: string | undefined;
}

/** An event in a log. */
export interface LogEntry {
  /**
   * The position of the event in the log. It names the log, too: after a log was lost and begun anew, ids are different, so that an
   * old id is never taken for a new one. It consists of visible ASCII characters.
   */
  readonly id: string;
  /** The topic to which it was published. */
  readonly topic: string;
  /** The event type; undefined for none. */
  readonly event: string | undefined;
  /** The data as JSON text. */
  readonly data: string;
}

/** What `append()` resolves to. */
export interface Appended {
  /** The id of the event. For a repeated idempotency key, that of the first event, or an empty string if the log does not know it. */
  readonly id: string;
  /** Whether an event with this idempotency key was in the log already, so that nothing was appended. */
  readonly duplicate: boolean;
}

/** The ends of a log. */
export interface LogRange {
  /** The id of the oldest event; null if the log is empty. */
  readonly oldestId: string | null;
  /** The id of the latest event. For an empty log, an id for the position before the next event. */
  readonly latestId: string;
}

/** Receives what a log appends. The calls are in the order of the log. */
export interface TailListener {
  /**
   * The tail begins after this id. It is called again when events may be lost: the log was trimmed before it was read, lost data, or
   * was begun anew. Then the entries that follow do not continue those before.
   */
  onStart(latestId: string): void;
  /** The next entries, without a gap. */
  onEntries(entries: readonly LogEntry[]): void;
  /** The log does not answer. The tail tries again by itself, and calls `onEntries()` or `onStart()` when it succeeds. */
  onError(error: Error): void;
}

/** Receives the entries of a log until it is closed. */
export interface Tail {
  /** No method of the listener is called after this. */
  close(): void;
}

/** The counts of several processes, kept in the engine of a log. A record that is not written again expires. */
export interface PresenceRecords {
  /** Writes the record of a process. It expires after `expiry` milliseconds. */
  write(process: string, record: string, expiry: number): Promise<void>;
  /** Removes the record of a process. */
  remove(process: string): Promise<void>;
  /** The records that have not expired, by process. */
  read(): Promise<ReadonlyMap<string, string>>;
}

/** An ordered log of events that several processes can share. */
export interface Log {
  /**
   * Appends an event. Calls in one process are appended in their order. Rejects with an error with the code HUB_ERR_NOT_PUBLISHED if
   * the event is certainly not in the log. Any other rejection means that it may be.
   */
  append(entry: NewLogEntry): Promise<Appended>;
  /**
   * Reads the entries after an id, oldest first. Resolves to null unless the log holds every entry after this id: the id is not of
   * this log, or later entries were trimmed or lost. At the end of the log, resolves to an empty array.
   *
   * @param limit the maximum number of entries
   * @param maxBytes the bytes of text that the entries may have, about: there is at least one entry, if the log has one. Default: any
   *   number
   */
  read(after: string, limit: number, maxBytes?: number): Promise<readonly LogEntry[] | null>;
  /** The ends of the log. */
  range(): Promise<LogRange>;
  /** Calls the listener with what is appended from now on, in this process and in others. */
  tail(listener: TailListener): Tail;
  /**
   * Compares the positions of two ids: the number of entries from the second to the first, which is negative if the first is earlier; NaN
   * if they are not ids of the same log.
   */
  compare(id: string, other: string): number;
  /** Counts of all processes, if the log can keep them. */
  readonly presence?: PresenceRecords | undefined;
  /** Releases what the log itself has opened. Appends that wait are rejected. */
  close(): Promise<void>;
}
