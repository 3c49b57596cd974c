/** What a class needs to look like an interface of the Web. */
type InterfaceClass = { readonly prototype: object };

/** Web IDL §3.7.3: constants of the interface object and of the prototype, which are enumerable, and which nothing may change. */
export function defineConstants(interfaceClass: InterfaceClass, constants: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [interfaceClass, interfaceClass.prototype]) {
      Object.defineProperty(owner, name, { value, enumerable: true });
    }
  }
}

/** Web IDL §3.7.6 and §3.7.7: attributes and operations are enumerable properties of the prototype. */
export function makeEnumerable({ prototype }: InterfaceClass, names: readonly string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
}
