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
      if (Array.isArray(value)) return 'an array';
      const name = value.constructor?.name;
      return name === undefined || name === 'Object' ? 'an object' : `an instance of ${name}`;
    }
    default:
      return String(value);
  }
}

/** What a whole number must be, as an error message says it. */
export function wholeNumber(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}
