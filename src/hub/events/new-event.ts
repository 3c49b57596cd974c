/** An event to publish. */
export interface NewEvent<Data = unknown> {
  /** The event type, at most 256 bytes, not `reset`. Default: none, which event streams dispatch as `message`. */
  event?: string | undefined;
  /** A value that JSON can express. It is converted by `JSON.stringify()`, so a Date arrives as a string. */
  data: Data;
  /**
   * Publishing an event with the same key again has no effect, as long as the log remembers the key. With it, an event whose outcome is
   * unknown can be published again. A key counts for all topics of the log. At most 256 bytes. Default: none.
   */
  idempotencyKey?: string | undefined;
}

const MAX_TYPE_BYTES = 256;

/** The allowed event types, for error messages. */
export const EVENT_TYPE: string = `a string of at most ${MAX_TYPE_BYTES} bytes without line breaks, NUL and lone surrogates`;

/** Whether a value can be the type of an event; undefined is none. */
export function isEventType(type: unknown): type is string | undefined {
  if (type === undefined) return true;
  return typeof type === 'string' && Buffer.byteLength(type) <= MAX_TYPE_BYTES && !/[\r\n\0]|\p{Surrogate}/u.test(type);
}
