type InterfaceClass = { readonly prototype: object };

/** Web IDL §3.7.3: defines constants on the class and on its prototype. They are enumerable and read-only. */
export function defineConstants(interfaceClass: InterfaceClass, constants: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [interfaceClass, interfaceClass.prototype]) {
      Object.defineProperty(owner, name, { value, enumerable: true });
    }
  }
}

/** Web IDL §3.7.6, §3.7.7: makes attributes and operations enumerable properties of the prototype. */
export function makeEnumerable({ prototype }: InterfaceClass, names: readonly string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
}
