import { describeValue, wholeNumber } from './describe-value.ts';
import { MAX_TIMER_DELAY } from './timer-delay.ts';
import { type OptionNames, warnOfUnknownOptions } from './unknown-options.ts';

type Unit = 'bytes' | 'milliseconds' | '';

/**
 * Validates the options of one protocol. Each method receives the name and the value of an option, and returns the value. For
 * `undefined` and `null` it returns the default: `ws` documents `null` as the default of many options.
 *
 * A method throws a TypeError for a value of the wrong type, and a RangeError for any other invalid value. The message says
 * which option is invalid, what is allowed, and what was received. All errors have the same `code`.
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

  /** A duration in milliseconds. A duration that exceeds MAX_TIMER_DELAY is reduced to it. */
  milliseconds(name: string, value: number | null | undefined, defaultValue: number): number {
    return Math.min(this.nonNegative(name, value, defaultValue, 'milliseconds'), MAX_TIMER_DELAY);
  }

  /** A whole number from `min` to `max`, without a default. */
  integer(name: string, value: number, min: number, max: number): number {
    const allowed = wholeNumber(min, max);
    if (typeof value !== 'number') throw this.error(TypeError, name, allowed, value);
    if (!Number.isInteger(value) || value < min || value > max) throw this.error(RangeError, name, allowed, value);
    return value;
  }

  /** A boolean. Returns undefined if there is neither a value nor a default. Truthy values of other types are a mistake. */
  flag<T extends boolean | undefined = undefined>(
    name: string,
    value: boolean | null | undefined,
    defaultValue?: T,
  ): boolean | T {
    const flag = value ?? (defaultValue as T);
    if (flag !== undefined && typeof flag !== 'boolean') throw this.error(TypeError, name, 'a boolean', flag);
    return flag;
  }

  /** A string. Returns undefined if there is neither a value nor a default. */
  string<T extends string | undefined = undefined>(
    name: string,
    value: string | null | undefined,
    defaultValue?: T,
  ): string | T {
    const text = value ?? (defaultValue as T);
    if (text !== undefined && typeof text !== 'string') throw this.error(TypeError, name, 'a string', text);
    return text;
  }

  /** A string that can be the value of a field of an event: without CR, LF or NUL. */
  line(name: string, value: string | null | undefined, defaultValue: string): string {
    const text = this.string(name, value, defaultValue);
    if (/[\r\n\0]/.test(text)) throw this.error(RangeError, name, 'a string without CR, LF and NUL', text);
    return text;
  }

  /**
   * An object that is not an array, such as the argument `options`. Without a value, returns an empty object. A Map and Headers are
   * refused: their entries are not properties, and would be ignored silently. A String object has no entries, and no effect.
   *
   * @param allowed the text of the message if other values are allowed, too, which the caller checks
   */
  object<T extends object>(name: string, value: T | null | undefined, allowed = 'an object'): T {
    if (value === undefined || value === null) return {} as T;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(TypeError, name, allowed, value);
    if (typeof (value as Partial<Headers>).entries !== 'function') return value;
    throw this.error(TypeError, name, 'a plain object: use Object.fromEntries()', value);
  }

  /**
   * The options of a class or function. Without a value, returns an empty object. Warns of options that are not in `names`.
   *
   * @param owner    the class or function, in the warning
   * @param passesOn whether the options are also passed to other code, such as a subclass
   */
  options<T extends object>(
    owner: string,
    value: T | null | undefined,
    names: OptionNames<T>,
    name = 'options',
    passesOn = false,
  ): T {
    const options = this.object(name, value);
    warnOfUnknownOptions(owner, options, names, passesOn);
    return options;
  }

  /** An object with methods, such as a socket or an HTTP server. `allowed` says what it is. */
  withMethods<T>(name: string, value: T, methods: readonly string[], allowed: string): T {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    const members = value as Readonly<Record<string, unknown>>;
    if (isObject && methods.every((method) => typeof members[method] === 'function')) return value;
    throw this.error(TypeError, name, allowed, value);
  }

  /** A function, without a default: returns undefined if there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: the parameters of any function
  callback<T extends (...args: any[]) => unknown>(name: string, value: T | null | undefined): T | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'function') throw this.error(TypeError, name, 'a function', value);
    return value;
  }

  /**
   * One of several strings or numbers.
   *
   * @param alternative another kind of value that is allowed. The caller checks it; here it is only part of the message
   */
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

  /** Creates the error for an invalid value: `${name} must be ${allowed}; received ${value}`. */
  error(
    ErrorClass: typeof TypeError | typeof RangeError,
    name: string,
    allowed: string,
    received: unknown,
  ): TypeError | RangeError {
    return this.fault(ErrorClass, `${name} must be ${allowed}; received ${describeValue(received)}`);
  }

  /** Creates an error with a message of its own. */
  fault(ErrorClass: typeof TypeError | typeof RangeError, message: string): TypeError | RangeError {
    return Object.assign(new ErrorClass(message), { code: this.#code });
  }
}

/** Validates the options of WebSocket, BrowserWebSocket and WebSocketServer. */
export const webSocketOption: OptionValidator = /* @__PURE__ */ new OptionValidator('WS_ERR_INVALID_OPTION');

/** Validates the options of EventStream, EventChannel, EventParser and EventSource. */
export const eventStreamOption: OptionValidator = /* @__PURE__ */ new OptionValidator('SSE_ERR_INVALID_OPTION');

/** Validates the options and arguments of a Hub and of its logs. */
export const hubOption: OptionValidator = /* @__PURE__ */ new OptionValidator('HUB_ERR_INVALID_OPTION');
