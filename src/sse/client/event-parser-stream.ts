import { TransformStream } from 'node:stream/web';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { EventParser, type EventParserOptions, type ParsedEvent } from '../wire/event-parser.ts';

export interface EventParserStreamOptions extends EventParserOptions {
  /** Called with each new reconnection time, in milliseconds. */
  readonly onRetry?: ((milliseconds: number) => void) | undefined;
  /** Called with the text of each comment. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/**
 * Parses an event stream as a TransformStream of the Web: writes are bytes or strings, reads are events. For the body of a
 * `fetch()`: `response.body.pipeThrough(new EventParserStream())`.
 *
 * A line or an event that exceeds `maxEventSize` errors the stream with an EventTooLargeError.
 */
export class EventParserStream extends TransformStream<Uint8Array | string, ParsedEvent> {
  /** @throws TypeError or RangeError for an invalid option */
  constructor({ onRetry, onComment, ...options }: EventParserStreamOptions = {}) {
    eventStreamOption.callback('onRetry', onRetry);
    eventStreamOption.callback('onComment', onComment);
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
