import { isObject } from '../../conformance/is-object.ts';
import { UsageError } from '../arguments/usage-error.ts';

/** The fields of an object in a configuration file. Each method returns undefined for a field that is missing. */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #where: string;

  /**
   * @param where names the object in error messages; empty for the whole file
   * @param allowed the names of fields that the object may have
   * @throws {UsageError} if it is not an object, or has another field
   */
  constructor(value: unknown, where: string, allowed: readonly string[]) {
    if (!isObject(value)) throw invalid(where || 'The configuration', 'an object', value);
    this.#object = value;
    this.#where = where;
    const unknown = Object.keys(value).find((name) => !allowed.includes(name));
    if (unknown === undefined) return;
    const place = where === '' ? '' : ` in ${where}`;
    throw new UsageError(`Unknown field "${unknown}"${place} (allowed: ${allowed.join(', ')})`);
  }

  /** The value of the first of these fields that is present. */
  #value(names: readonly string[]): readonly [name: string, value: unknown] | undefined {
    const present = names.filter((name) => this.#object[name] !== undefined);
    if (present.length > 1)
      throw new UsageError(
        `${this.name(present[0]!)} and ${this.name(present[1]!)} are the same setting: use one of them`,
      );
    return present[0] === undefined ? undefined : [present[0], this.#object[present[0]]];
  }

  /** The name of a field, in error messages. */
  name(field: string): string {
    return this.#where === '' ? field : `${this.#where}.${field}`;
  }

  text(...names: readonly string[]): string | undefined {
    return this.#read(names, 'a string', (value) => typeof value === 'string');
  }

  flag(...names: readonly string[]): boolean | undefined {
    return this.#read(names, 'true or false', (value) => typeof value === 'boolean');
  }

  /** A number, in the form that the command line has. */
  number(...names: readonly string[]): string | undefined {
    const value = this.#read<number>(names, 'a number', (one) => typeof one === 'number');
    return value === undefined ? undefined : String(value);
  }

  /** A string, or an array of strings. */
  list(...names: readonly string[]): readonly string[] | undefined {
    const isText = (value: unknown): boolean => typeof value === 'string';
    const isList = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.every(isText));
    const value = this.#read<string | string[]>(names, 'an array of strings', isList);
    return value === undefined ? undefined : [value].flat();
  }

  /** An array of anything, with the names of its elements. */
  array(...names: readonly string[]): readonly (readonly [where: string, value: unknown])[] | undefined {
    const found = this.#value(names);
    const value = this.#read<unknown[]>(names, 'an array', Array.isArray);
    return value?.map((one, index): [string, unknown] => [`${this.name(found![0])}[${index}]`, one]);
  }

  /** An object of strings. */
  texts(...names: readonly string[]): Readonly<Record<string, string>> | undefined {
    const isText = (value: unknown): boolean => typeof value === 'string';
    return this.#read(names, 'an object of strings', (one) => isObject(one) && Object.values(one).every(isText));
  }

  /** An object of arrays of strings. */
  lists(...names: readonly string[]): Readonly<Record<string, readonly string[]>> | undefined {
    const isList = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
    const isLists = (one: unknown): boolean => isObject(one) && Object.values(one).every(isList);
    return this.#read(names, 'an object of arrays of strings', isLists);
  }

  #read<T>(names: readonly string[], what: string, isValid: (value: unknown) => boolean): T | undefined {
    const found = this.#value(names);
    if (found === undefined) return undefined;
    if (!isValid(found[1])) throw invalid(this.name(found[0]), what, found[1]);
    return found[1] as T;
  }
}

function invalid(name: string, what: string, value: unknown): UsageError {
  return new UsageError(`${name} must be ${what}; received ${JSON.stringify(value)}`);
}
