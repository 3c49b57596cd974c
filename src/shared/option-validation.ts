import { describeValue } from './describe-value.ts';

/** Node's timers run a longer delay after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

type Unit = 'bytes' | 'milliseconds' | '';

/**
 * Resolves the options of one protocol. Each method takes an option's name and value, and returns the value, or the default
 * for `undefined` and `null` (`ws` documents `null` as the default of many options).
 *
 * A value of the wrong type throws a TypeError, any other wrong value a RangeError. The message names the option, what is
 * allowed and what was received; `code` is the same for all options of the protocol.
 */
export class OptionValidator {
  readonly #code: string;

  constructor(code: string) {
    this.#code = code;
  }

  /** A number that is at least 0, Infinity included. */
  nonNegative(name: string, value: number | null | undefined, defaultValue: number, unit: Unit = ''): number {
    const number = value ?? defaultValue;
    if (typeof number !== 'number') throw this.error(TypeError, name, 'a number', number);
    // Not `number < 0`, which is false for NaN.
    if (!(number >= 0)) throw this.error(RangeError, name, `at least 0 ${unit}`.trimEnd(), number);
    return number;
  }

  /** A number that is at least 0, where 0 means no limit: returns Infinity for it. */
  limit(name: string, value: number | null | undefined, defaultValue: number, unit: Unit = ''): number {
    return this.nonNegative(name, value, defaultValue, unit) || Number.POSITIVE_INFINITY;
  }

  /** A duration in milliseconds. Longer ones than a timer can hold are cut to 2^31 - 1, which is 24.8 days. */
  milliseconds(name: string, value: number | null | undefined, defaultValue: number): number {
    return Math.min(this.nonNegative(name, value, defaultValue, 'milliseconds'), MAX_DELAY);
  }

  /** A whole number from `min` to `max`, without a default. */
  integer(name: string, value: number, min: number, max: number): number {
    const allowed = `a whole number from ${min} to ${max}`;
    if (typeof value !== 'number') throw this.error(TypeError, name, allowed, value);
    if (!Number.isInteger(value) || value < min || value > max) throw this.error(RangeError, name, allowed, value);
    return value;
  }

  boolean(name: string, value: boolean | null | undefined, defaultValue: boolean): boolean {
    const flag = value ?? defaultValue;
    if (typeof flag !== 'boolean') throw this.error(TypeError, name, 'a boolean', flag);
    return flag;
  }

  /** Returns undefined if there is neither a value nor a default. */
  string<T extends string | undefined = undefined>(
    name: string,
    value: string | null | undefined,
    defaultValue?: T,
  ): string | T {
    const text = value ?? (defaultValue as T);
    if (text !== undefined && typeof text !== 'string') throw this.error(TypeError, name, 'a string', text);
    return text;
  }

  /** Returns undefined if there is no function. */
  // biome-ignore lint/suspicious/noExplicitAny: the parameters of any function
  callback<T extends (...args: any[]) => unknown>(name: string, value: T | null | undefined): T | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'function') throw this.error(TypeError, name, 'a function', value);
    return value;
  }

  /** One of a few strings or numbers. @param alternative what else the option may be, for the message */
  oneOf<T extends string | number>(
    name: string,
    value: T | null | undefined,
    allowed: readonly T[],
    defaultValue: T,
    alternative?: string,
  ): T {
    const choice = value ?? defaultValue;
    if (allowed.includes(choice)) return choice;
    const all = allowed.map(describeValue).concat(alternative ?? []);
    const list = `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
    throw this.error(typeof choice === typeof defaultValue ? RangeError : TypeError, name, list, choice);
  }

  /** The error for a value that is not allowed: `${name} must be ${allowed}; received ${value}`. */
  error(
    ErrorClass: typeof TypeError | typeof RangeError,
    name: string,
    allowed: string,
    received: unknown,
  ): TypeError | RangeError {
    const message = `${name} must be ${allowed}; received ${describeValue(received)}`;
    return Object.assign(new ErrorClass(message), { code: this.#code });
  }
}

/** For the options of WebSockets and of their server. */
export const webSocketOption: OptionValidator = /* @__PURE__ */ new OptionValidator('WS_ERR_INVALID_OPTION');

/** For the options of event streams: of EventStream, EventChannel, EventParser and EventSource. */
export const eventStreamOption: OptionValidator = /* @__PURE__ */ new OptionValidator('SSE_ERR_INVALID_OPTION');
