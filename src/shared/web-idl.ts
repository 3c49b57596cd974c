type InterfaceClass = { readonly prototype: object };

/**
 * Completes a class that implements an interface of Web IDL, and returns it.
 *
 * Export what this returns, and mark the call with `@__PURE__`. A statement after the class would keep the class in every
 * bundle. A bundler drops a marked call if nothing uses its result, and then the class.
 *
 * @param constants the constants of the interface
 * @param names     the attributes and operations to make enumerable, separated by spaces. Default: all of the prototype
 */
export function webInterface<Class extends InterfaceClass>(
  interfaceClass: Class,
  constants: Readonly<Record<string, number>>,
  names?: string,
): Class {
  defineConstants(interfaceClass, constants);
  makeEnumerable(interfaceClass, names?.split(' ') ?? Object.getOwnPropertyNames(interfaceClass.prototype));
  return interfaceClass;
}

/** Web IDL §3.7.3: defines constants on the class and on its prototype. They are enumerable and read-only. */
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
    if (name === 'constructor') continue;
    Object.defineProperty(prototype, name, { ...descriptorOf(prototype, name), enumerable: true });
  }
}

function descriptorOf(prototype: object | null, name: string): PropertyDescriptor | undefined {
  if (prototype === null) return undefined;
  return Object.getOwnPropertyDescriptor(prototype, name) ?? descriptorOf(Object.getPrototypeOf(prototype), name);
}
