/** What Web IDL requires of a class, beside what the language does. */
import { describeValue } from './describe-value.ts';

type InterfaceClass = { readonly prototype: object };

/** What `webInterface()` completes a class with. */
interface InterfaceShape {
  /** The name of the class, and what `Object.prototype.toString()` shows of its objects. Default: the name of the class alone. */
  readonly identifier?: string;
  /** The constants of the interface. Default: none. */
  readonly constants?: Readonly<Record<string, number>>;
  /** The attributes and operations to make enumerable, separated by spaces. Default: all of the prototype. */
  readonly members?: string;
}

/**
 * Completes a class that implements an interface of Web IDL, and returns it.
 *
 * Export what this returns, and mark the call with `@__PURE__`. A statement after the class would keep the class in every
 * bundle. A bundler drops a marked call if nothing uses its result, and then the class.
 */
export function webInterface<Class extends InterfaceClass>(
  interfaceClass: Class,
  { identifier, constants = {}, members }: InterfaceShape,
): Class {
  if (identifier !== undefined) identify(interfaceClass, identifier);
  defineConstants(interfaceClass, constants);
  makeEnumerable(interfaceClass, members?.split(' ') ?? Object.getOwnPropertyNames(interfaceClass.prototype));
  return interfaceClass;
}

/** Web IDL §3.7.1, §3.7.3: the name of the interface object, and the class string. A bundler may have renamed the class. */
function identify(interfaceClass: InterfaceClass, identifier: string): void {
  Object.defineProperty(interfaceClass, 'name', { value: identifier, configurable: true });
  Object.defineProperty(interfaceClass.prototype, Symbol.toStringTag, { value: identifier, configurable: true });
}

/** Web IDL §3.7.5: defines constants on the class and on its prototype. They are enumerable and read-only. */
function defineConstants(interfaceClass: InterfaceClass, constants: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [interfaceClass, interfaceClass.prototype]) {
      Object.defineProperty(owner, name, { value, enumerable: true });
    }
  }
}

/**
 * Web IDL §3.7.6, §3.7.7: makes attributes and operations enumerable properties of the prototype. An inherited one becomes a
 * property of this prototype: some programs look for it there, to replace or to wrap it.
 */
function makeEnumerable({ prototype }: InterfaceClass, names: readonly string[]): void {
  for (const name of names) {
    if (name === 'constructor' || Object.getOwnPropertyDescriptor(prototype, name)?.configurable === false) continue;
    Object.defineProperty(prototype, name, { ...descriptorOf(prototype, name), enumerable: true });
  }
}

function descriptorOf(prototype: object | null, name: string): PropertyDescriptor | undefined {
  if (prototype === null) return undefined;
  return Object.getOwnPropertyDescriptor(prototype, name) ?? descriptorOf(Object.getPrototypeOf(prototype), name);
}

/** Whether a value is what ECMAScript calls an Object: a function is one, and null is not. */
export function isObjectOrFunction(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Whether a value is converted to a sequence where a string is allowed, too (Web IDL §3.2.25). */
export function isSequence(value: unknown): value is Iterable<unknown> {
  return isObjectOrFunction(value) && ((value as Partial<Iterable<unknown>>)[Symbol.iterator] ?? null) !== null;
}

/** Converts a value to a DOMString (Web IDL §3.2.10). Unlike `String()`, this throws a TypeError for a symbol. */
export function domString(value: unknown): string {
  return `${value as string}`;
}

/** Converts a value to a USVString (Web IDL §3.2.12): a string without lone surrogates. */
export function usvString(value: unknown): string {
  // The types of ECMAScript 2023 do not have the method, but every supported Node.js does.
  return (domString(value) as string & { toWellFormed(): string }).toWellFormed();
}

/** Converts a value to an `unsigned short` (Web IDL §3.2.4.4): modulo 65,536. */
export function unsignedShort(value: unknown): number {
  return +(value as number) & 0xffff;
}

/** Converts a value to a `[Clamp] unsigned short` (Web IDL §3.2.4.9): the nearest one, and the even one of two. */
export function clampedUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(+(value as number), 0), 0xffff);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const isHalf = number - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(number);
}

/** Converts a value to a dictionary (Web IDL §3.2.17). It returns the value itself: its members are not converted. */
export function dictionary<Dictionary extends object>(name: string, value: Dictionary | null | undefined): Dictionary {
  if (isObjectOrFunction(value)) return value;
  if (value === undefined || value === null) return {} as Dictionary;
  throw new TypeError(`${name} must be an object; received ${describeValue(value)}`);
}

/** Throws unless a method or a constructor received all of the arguments that it requires. */
export function requireArguments({ length }: IArguments, ...names: readonly string[]): void {
  if (length < names.length) throw new TypeError(`${names[length]} is required`);
}
