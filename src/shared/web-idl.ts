/** Features that Web IDL requires of a class, and that a class does not have by itself. */

type InterfaceClass = { readonly prototype: object };

/** The features that `webInterface()` adds to a class. */
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

/** Converts a value to a DOMString (Web IDL §3.2.10). Unlike `String()`, this throws a TypeError for a symbol. */
export function domString(value: unknown): string {
  return `${value as string}`;
}

/** Converts a value to a USVString (Web IDL §3.2.12): a string without lone surrogates. */
export function usvString(value: unknown): string {
  // The types of ECMAScript 2023 do not have the method, but every supported Node.js does.
  return (domString(value) as string & { toWellFormed(): string }).toWellFormed();
}

/** Throws unless a method or a constructor received all of the arguments that it requires. */
export function requireArguments({ length }: IArguments, ...names: readonly string[]): void {
  if (length < names.length) throw new TypeError(`${names[length]} is required`);
}
