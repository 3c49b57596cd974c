import { type EncodedEvent, encodeEventParts, type Serialize, type ServerSentEvent } from '../wire/event-encoder.ts';

/** Data of at least this many characters is written directly into the chunk: joining it first would copy it once more. */
const DIRECT_WRITE_FROM = 1024;

const LF = 0x0a;
/** The bytes of the line end after the content of a chunk. */
export const CRLF_BYTES = 2;

/**
 * Encodes an event like `encodeEvent`, as one chunk of HTTP/1.1 (RFC 9112 §7.1). The same chunk can go to many streams.
 */
export function encodeEventChunk<Data = string>(event: ServerSentEvent<Data>, serialize?: Serialize<Data>): Buffer {
  return encodeChunk(encodeEventParts(event, serialize));
}

/** Encodes text that is not an event, such as a comment, as one chunk. */
export function encodeTextChunk(text: string): Buffer {
  return encodeChunk({ before: text, data: '', after: '' });
}

/** Returns where the content of a chunk is, without its size and its line ends. */
export function contentRange(chunk: Buffer): { readonly start: number; readonly end: number } {
  return { start: chunk.indexOf(LF) + 1, end: chunk.length - CRLF_BYTES };
}

/** Returns the content of a chunk. */
export function chunkContent(chunk: Buffer): Buffer {
  const { start, end } = contentRange(chunk);
  return chunk.subarray(start, end);
}

/** Encodes an event that was encoded in parts, as one chunk. */
export function encodeChunk({ before, data, after }: EncodedEvent): Buffer {
  const size = Buffer.byteLength(before) + Buffer.byteLength(data) + after.length;
  const head = `${size.toString(16)}\r\n${before}`;
  const tail = `${after}\r\n`;
  if (data.length < DIRECT_WRITE_FROM) return Buffer.from(`${head}${data}${tail}`);
  const chunk = Buffer.allocUnsafe(Buffer.byteLength(head) + Buffer.byteLength(data) + tail.length);
  const start = chunk.write(head);
  const end = start + chunk.write(data, start);
  chunk.write(tail, end);
  return chunk;
}
