import type { IncomingMessage } from 'node:http';
import { type Duplex, type Readable, Transform, type TransformCallback } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** Flushes the decompressed data after each chunk, so that no event waits for the next one. */
const ZLIB_OPTIONS = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI_OPTIONS = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** RFC 1950 §2.2: the low four bits of the first byte are 8 in the zlib format; no raw deflate of any encoder begins so. */
const ZLIB_METHOD = 8;

/** Returns the body of a response, decompressed by its Content-Encoding. */
export function decodedBody(response: IncomingMessage): Readable {
  switch (response.headers['content-encoding']?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return pipe(response, createGunzip(ZLIB_OPTIONS));
    case 'deflate':
      return pipe(response, new AnyInflate());
    case 'br':
      return pipe(response, createBrotliDecompress(BROTLI_OPTIONS));
    default:
      return response;
  }
}

/** Pipes the response into a decoder. If the connection breaks, the decoder ends with what has arrived. */
function pipe(response: IncomingMessage, decoder: Duplex): Readable {
  response.on('error', () => {});
  response.on('close', () => {
    // A destroyed stream still returns its buffered data.
    if (!response.complete && !decoder.writableEnded) decoder.end(response.read() ?? undefined);
  });
  response.pipe(decoder);
  return decoder;
}

/** Inflates the zlib format, which is what `deflate` means (RFC 9110 §8.4.1.2), or raw deflate, which some servers send. */
class AnyInflate extends Transform {
  #inflate: Duplex | undefined;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#inflate ??= this.#create((chunk[0]! & 0x0f) === ZLIB_METHOD);
    this.#inflate.write(chunk, (error) => callback(error));
  }

  override _flush(callback: TransformCallback): void {
    if (this.#inflate === undefined) return callback();
    this.#inflate.once('end', () => callback());
    this.#inflate.end();
  }

  override _read(size: number): void {
    this.#inflate?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#inflate?.destroy();
    callback(error);
  }

  #create(isZlib: boolean): Duplex {
    const inflate = isZlib ? createInflate(ZLIB_OPTIONS) : createInflateRaw(ZLIB_OPTIONS);
    inflate.on('data', (data: Buffer) => {
      if (!this.push(data)) inflate.pause();
    });
    // Also before the response ends, if bytes follow the compressed data. Nothing more is written then.
    inflate.on('end', () => this.push(null));
    inflate.on('error', (error) => this.destroy(error));
    return inflate;
  }
}
