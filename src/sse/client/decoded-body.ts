import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Flushes what can be decompressed after each chunk, so that no event waits for the next one. */
const ZLIB_OPTIONS = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI_OPTIONS = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** Returns the body of a response, decompressed by its Content-Encoding. */
export function decodedBody(response: IncomingMessage): Readable {
  switch (response.headers['content-encoding']?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return pipe(response, createGunzip(ZLIB_OPTIONS));
    case 'deflate':
      return pipe(response, createInflate(ZLIB_OPTIONS));
    case 'br':
      return pipe(response, createBrotliDecompress(BROTLI_OPTIONS));
    default:
      return response;
  }
}

/** Pipes the response into a decoder, which fails when the response does. */
function pipe<T extends Readable & NodeJS.WritableStream>(response: IncomingMessage, decoder: T): T {
  response.on('error', (error) => decoder.destroy(error));
  response.on('close', () => {
    if (!response.complete) decoder.destroy();
  });
  response.pipe(decoder);
  return decoder;
}
