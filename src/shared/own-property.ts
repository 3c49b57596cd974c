/**
 * Gives an object a property of its own, in place of an accessor of its class. A setter that calls this lets an application
 * use the name for itself.
 */
export function setOwnProperty(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
