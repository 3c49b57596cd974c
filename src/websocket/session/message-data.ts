import type { MessageData } from '../event-target.ts';
import type { Payload } from '../wire/frame-encoder.ts';

/**
 * What can be sent: text, bytes, a Blob; a number is sent as text, a list of numbers as bytes, another object as
 * `Buffer.from` takes it.
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

/** Views are sent from where they stand, a Blob must be read; other things as `Buffer.from` takes them, as in `ws`. */
export function payloadOf(data: Exclude<Sendable, Blob>): Payload;
export function payloadOf(data: Sendable): Payload | Blob;
export function payloadOf(data: Sendable): Payload | Blob {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (typeof data === 'number') return String(data);
  if (data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // A falsy value is no data, as in `ws`.
  return data ? Buffer.from(data as ArrayBuffer) : '';
}

/** Whether it can be sent as it is; a Blob must be read first. */
export function isPayload(data: Payload | Blob): data is Payload {
  return typeof data === 'string' || ArrayBuffer.isView(data);
}

/** In bytes. */
export function lengthOf(data: Payload | Blob): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isPayload(data) ? data.length : data.size;
}

/** The form in which binary messages come. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

export function isBinaryType(type: string): type is BinaryType {
  return type === 'nodebuffer' || type === 'arraybuffer' || type === 'fragments' || type === 'blob';
}

export function toBinaryType(data: Buffer, type: BinaryType): MessageData {
  switch (type) {
    case 'nodebuffer':
      return data;
    case 'arraybuffer':
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
    case 'fragments':
      return [data];
    case 'blob':
      // As the types of `ws` have it, there is no such thing.
      return new Blob([data as Buffer<ArrayBuffer>]) as unknown as MessageData;
  }
}
