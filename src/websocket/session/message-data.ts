import { describeValue } from '../../shared/describe-value.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';
import { COPY_LIMIT, type Payload } from '../wire/frame-encoder.ts';

/** A received message in the form that `binaryType` selects; text is a Buffer of UTF-8. The types of `ws` omit Blob. */
export type MessageData = Buffer | ArrayBuffer | Buffer[];

/**
 * Data that can be sent: text, bytes, or a Blob. A number is sent as text, an array of numbers as bytes, and any other
 * object is converted by `Buffer.from()`.
 */
export type Sendable =
  | string
  | number
  | Buffer
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  // biome-ignore lint/suspicious/noExplicitAny: as in the types of `ws`
  | readonly any[]
  | { valueOf(): ArrayBuffer | SharedArrayBuffer | Uint8Array | readonly number[] | string }
  | { [Symbol.toPrimitive](hint: string): string };

/** Converts what `ws` accepts into a payload. Views are not copied. A Blob has to be read before it is sent. @internal */
export function toPayload(data: Exclude<Sendable, Blob>): Payload;
/** @internal */
export function toPayload(data: Sendable): Payload | Blob;
export function toPayload(data: Sendable): Payload | Blob {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (typeof data === 'number') return String(data);
  if (data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // In `ws`, a falsy value is an empty message.
  return data ? convertedBytes(data as ArrayBuffer) : '';
}

function convertedBytes(data: ArrayBuffer): Buffer {
  try {
    return Buffer.from(data);
  } catch (cause) {
    const message = `data must be a string, a number, bytes or a Blob; received ${describeValue(data)}`;
    throw Object.assign(new TypeError(message, { cause }), { code: 'WS_ERR_INVALID_ARGUMENT' });
  }
}

/** Returns whether the data can be sent as it is. A Blob cannot. @internal */
export function isPayload(data: Payload | Blob): data is Payload {
  return typeof data === 'string' || ArrayBuffer.isView(data);
}

/** The number of bytes; of a string, in UTF-8. @internal */
export function byteLengthOf(data: Payload | Blob): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isPayload(data) ? data.length : data.size;
}

/**
 * Data that has to wait. Text and small data are copied: the application may change them after the call. Large data must not change, but
 * is copied if it is a small view of a larger buffer, which must not be kept.
 *
 * @internal
 */
export function keepData(data: Payload | Blob): Buffer | Blob {
  if (!isPayload(data)) return data;
  if (typeof data !== 'string' && data.length > COPY_LIMIT) return ownMemory(data);
  const copy = Buffer.allocUnsafeSlow(byteLengthOf(data));
  if (typeof data === 'string') copy.write(data);
  else copy.set(data);
  return copy;
}

/** The memory in bytes that is kept for data that has to wait. @internal */
export function memoryOf(data: Buffer | Blob): number {
  return isPayload(data) ? memoryCost(data) : data.size + OBJECT_PRICE;
}

/** The type in which binary messages are delivered. `fragments` is an array with one Buffer. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** Whether a string is a BinaryType. @internal */
export function isBinaryType(type: string): type is BinaryType {
  return type === 'nodebuffer' || type === 'arraybuffer' || type === 'fragments' || type === 'blob';
}

/** Converts a binary message to the type in which it is delivered. @internal */
export function toBinaryType(data: Buffer, type: BinaryType): MessageData {
  switch (type) {
    case 'nodebuffer':
      return data;
    case 'arraybuffer':
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
    case 'fragments':
      return [data];
    case 'blob':
      // The types of `ws` omit Blob.
      return new Blob([data as Buffer<ArrayBuffer>]) as unknown as MessageData;
  }
}
