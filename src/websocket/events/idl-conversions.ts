/** Conversions of Web IDL that only WebSocket and its events need; the others are in `shared/web-idl.ts`. */
import { types } from 'node:util';
import { describeValue } from '../../shared/describe-value.ts';

/** Whether a value is what ECMAScript calls an Object: a function is one, and null is not. */
function isObjectOrFunction(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Converts an iterable object to a sequence (Web IDL §3.2.21); undefined for another value. Unlike `Array.from()` alone, this reads
 * `Symbol.iterator` once, and calls no `return()` of the iterator if a conversion throws.
 */
export function sequence<Item>(value: unknown, convert: (item: unknown) => Item): Item[] | undefined {
  const method = isObjectOrFunction(value) ? (value as Partial<Iterable<unknown>>)[Symbol.iterator] : undefined;
  if (method === undefined || method === null) return undefined;
  const iterator: Iterator<unknown> = Reflect.apply(method, value, []);
  const { next } = iterator;
  return Array.from({ [Symbol.iterator]: () => ({ next: () => Reflect.apply(next, iterator, []) }) }, convert);
}

/**
 * Copies the bytes of a BufferSource of any realm (Web IDL §3.2.26); undefined for another value. A program may have redefined
 * the properties of the value. So this reads the accessors of the prototypes.
 *
 * @throws TypeError if the memory is shared or resizable
 */
export function copyBufferSource(value: unknown): Buffer | undefined {
  const { get } = Reflect;
  const { prototype } = ArrayBuffer;
  const isView = ArrayBuffer.isView(value);
  if (!isView && !types.isArrayBuffer(value)) return undefined;
  const owner = !isView ? prototype : types.isDataView(value) ? DataView.prototype : Uint8Array.prototype;
  const buffer: ArrayBuffer = get(owner, 'buffer', value) ?? value;
  if (types.isSharedArrayBuffer(buffer) || get(prototype, 'resizable', buffer)) {
    throw new TypeError(`data must not be shared or resizable; received ${describeValue(value)}`);
  }
  // A detached buffer is empty, and the length of a DataView on it cannot be read.
  const isEmpty = get(prototype, 'byteLength', buffer) === 0;
  return Buffer.from(
    isEmpty ? [] : new Uint8Array(buffer, get(owner, 'byteOffset', value), get(owner, 'byteLength', value)),
  );
}

/** Returns a copy of a Blob without properties that a program may have redefined; undefined for another value. */
export function copyBlob(value: unknown): Blob | undefined {
  if (typeof value !== 'object') return undefined;
  try {
    return Blob.prototype.slice.call(value);
  } catch {
    return undefined;
  }
}

/** Converts a value to an `unsigned short` (Web IDL §3.2.4.4): modulo 65,536. */
export function unsignedShort(value: unknown): number {
  return +(value as number) & 0xffff;
}

/** Converts a value to a `[Clamp] unsigned short` (Web IDL §3.2.4.9): the nearest one, and the even one of two. */
export function clampedUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(+(value as number), 0), 0xffff) || 0;
  return number % 1 === 0.5 ? 2 * Math.round(number / 2) : Math.round(number);
}

/** Converts a value to the dictionary of an event (Web IDL §3.2.17). It returns the value itself: its members are not converted. */
export function eventInitDictionary<Dictionary extends object>(value: Dictionary | null | undefined): Dictionary {
  if (isObjectOrFunction(value)) return value;
  if (value === undefined || value === null) return {} as Dictionary;
  throw new TypeError(`eventInitDict must be an object; received ${describeValue(value)}`);
}
