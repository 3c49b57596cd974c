/** An event to append to a log. */
export interface NewLogEntry {
  /** The topic to which the event is published. */
  readonly topic: string;
  /** The event type; undefined for none. */
  readonly event: string | undefined;
  /** The data as JSON text. */
  readonly data: string;
  /** The log does not append an event with a key that it remembers; undefined for none. */
  readonly idempotencyKey: string | undefined;
}

/** An event in a log. */
export interface LogEntry {
  /**
   * The position of the event in the log. It identifies the log, too: if a log is lost and begins anew, its ids differ from all earlier
   * ids. It consists of visible ASCII characters.
   */
  readonly id: string;
  /** The topic to which it was published. */
  readonly topic: string;
  /** The event type; undefined for none. */
  readonly event: string | undefined;
  /** The data as JSON text. */
  readonly data: string;
}

/** The result of `append()`. */
export interface Appended {
  /** The id of the event. For a repeated idempotency key, that of the first event, or an empty string if the log does not know it. */
  readonly id: string;
  /** Whether the log already had an event with this idempotency key, so that nothing was appended. */
  readonly duplicate: boolean;
}

/** The first and the last id of a log. */
export interface LogRange {
  /** The id of the oldest event; null if the log is empty. */
  readonly oldestId: string | null;
  /** The id of the latest event. For an empty log, an id for the position before the next event. */
  readonly latestId: string;
}

/** Receives the entries that a log appends, in the order of the log. */
export interface TailListener {
  /**
   * The tail begins after this id. It is called again if events may be lost: entries were trimmed before they were read, or the log
   * has lost data or has begun anew. Then the next entries do not follow the previous ones.
   */
  onStart(latestId: string): void;
  /** The next entries, without a gap. */
  onEntries(entries: readonly LogEntry[]): void;
  /** The log does not answer. The tail tries again, and calls `onEntries()` or `onStart()` when it succeeds. */
  onError(error: Error): void;
}

/** Receives the entries of a log until it is closed. */
export interface Tail {
  /** Ends the tail. It calls no method of the listener after this. */
  close(): void;
}

/** Records of several processes, kept in the engine of a log. A record expires if it is not written again. */
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
   * Appends an event. The events of one process are appended in the order of the calls. Rejects with an error with the code
   * HUB_ERR_NOT_PUBLISHED if the event is certainly not in the log. After any other rejection, the event may be in the log.
   */
  append(entry: NewLogEntry): Promise<Appended>;
  /**
   * Reads the entries after an id, oldest first. Resolves to an empty array at the end of the log. Resolves to null if the id is not of
   * this log, or if entries after it were trimmed or lost.
   *
   * @param limit the maximum number of entries
   * @param maxBytes the approximate maximum number of bytes of text in the entries. The first entry may exceed it. Default: no limit
   */
  read(after: string, limit: number, maxBytes?: number): Promise<readonly LogEntry[] | null>;
  /** The first and the last id of the log. */
  range(): Promise<LogRange>;
  /** Calls the listener with the entries that this and other processes append from now on. */
  tail(listener: TailListener): Tail;
  /**
   * Returns the number of entries from the second id to the first: negative if the first is earlier, NaN if they are not ids of the
   * same log.
   */
  compare(id: string, other: string): number;
  /** The records of all processes; undefined if the log cannot keep them. */
  readonly presence?: PresenceRecords | undefined;
  /** Releases the resources that the log has opened, and rejects pending appends. */
  close(): Promise<void>;
}
