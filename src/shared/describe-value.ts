const MAX_LENGTH = 80;

/** A value as an error message shows it: `"1mb"`, `-1`, `null`, `an array`, `an instance of Map`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object': {
      if (value === null) return 'null';
      try {
        if (Array.isArray(value)) return 'an array';
        const name: unknown = value.constructor?.name;
        return typeof name !== 'string' || name === 'Object' ? 'an object' : `an instance of ${name}`;
      } catch {
        // A Proxy, or a getter that throws.
        return 'an object';
      }
    }
    default:
      return String(value);
  }
}

/** A value that the application threw, as an error message shows it. It may be an Error that throws when it is read. */
export function describeCause(cause: unknown): string {
  try {
    if (cause instanceof Error && typeof cause.message === 'string') return cause.message;
  } catch {
    // A Proxy, or a getter that throws.
  }
  return describeValue(cause);
}

/** The stack trace of a value that the application threw; undefined if there is none. */
export function stackOf(cause: unknown): string | undefined {
  try {
    if (cause instanceof Error && typeof cause.stack === 'string') return cause.stack;
  } catch {
    // A Proxy, or a getter that throws.
  }
  return undefined;
}

/** The allowed range of a whole number, for error messages. */
export function wholeNumber(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}
