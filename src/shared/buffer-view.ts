type BufferClass = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

/** The internal class of all Buffers; `subarray()` calls its constructor, too. */
const NodeBuffer = (Buffer as unknown as { readonly [Symbol.species]: BufferClass })[Symbol.species];

/**
 * The chunk of the latest call, of any connection, and its memory. One chunk often holds many messages. Keeping one chunk
 * alive costs little.
 */
let latestChunk: Uint8Array | null = null;
let memory: ArrayBufferLike = /* @__PURE__ */ new ArrayBuffer(0);
let offset = 0;

/**
 * Returns the bytes from `start` to `end` as a Buffer, without a copy.
 *
 * In Node.js 20, this takes half the time of `subarray()`, which spends most of its time on reading `chunk.buffer`.
 */
export function bufferView(chunk: Uint8Array, start: number, end: number): Buffer {
  if (chunk !== latestChunk) {
    latestChunk = chunk;
    memory = chunk.buffer;
    offset = chunk.byteOffset;
  }
  return new NodeBuffer(memory, offset + start, end - start);
}
