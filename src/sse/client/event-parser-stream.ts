import { TransformStream } from 'node:stream/web';
import { EventParser, type EventParserOptions, type ParsedEvent } from '../wire/event-parser.ts';

export interface EventParserStreamOptions extends EventParserOptions {
  /** Called with each new reconnection time, in milliseconds. */
  readonly onRetry?: ((milliseconds: number) => void) | undefined;
  /** Called with each comment. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/**
 * An EventParser as a Web TransformStream: bytes, or strings, in, events out. For the body of a `fetch`:
 * `response.body.pipeThrough(new EventParserStream())`. An event that is too large makes it fail with an
 * EventTooLargeError.
 */
export class EventParserStream extends TransformStream<Uint8Array | string, ParsedEvent> {
  constructor({ onRetry, onComment, ...options }: EventParserStreamOptions = {}) {
    let parser: EventParser;
    super({
      start(controller) {
        const onEvent = (event: ParsedEvent): void => controller.enqueue(event);
        const onError = (error: Error): void => controller.error(error);
        parser = new EventParser(
          { onEvent, onError, ...(onRetry && { onRetry }), ...(onComment && { onComment }) },
          options,
        );
      },
      transform(chunk) {
        parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      },
    });
  }
}
