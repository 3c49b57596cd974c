import { eventStreamOption } from '../../shared/option-validation.ts';
import type { EventSink } from './event-sink.ts';

/**
 * Checks the methods when the parser is created, rather than when the first event is complete.
 *
 * @throws TypeError with the code SSE_ERR_INVALID_OPTION
 */
export function checkSink(sink: EventSink): EventSink {
  eventStreamOption.withMethods('sink', sink, [], 'an object');
  const { onEvent, onRetry, onComment, onError } = sink;
  if (typeof onEvent !== 'function') throw eventStreamOption.error(TypeError, 'sink.onEvent', 'a function', onEvent);
  eventStreamOption.callback('sink.onRetry', onRetry);
  eventStreamOption.callback('sink.onComment', onComment);
  eventStreamOption.callback('sink.onError', onError);
  return sink;
}

/** Returns the chunk as a Buffer, without copying it. */
export function toBuffer(chunk: Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  throw eventStreamOption.error(TypeError, 'chunk', 'a Uint8Array', chunk);
}
