/** Messages that were not passed to the session yet. */
export interface WaitingMessages {
  /** The memory that is kept for them, in bytes. */
  readonly memory: number;
  /** Nothing can be sent any more. */
  discard(): void;
}
