import { TransformStream } from 'node:stream/web';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { EventParser, type EventParserOptions, type ParsedEvent } from '../wire/event-parser.ts';

/** Options of an EventParserStream. */
export interface EventParserStreamOptions extends EventParserOptions {
  /** Called with each new reconnection time, in milliseconds. Default: none. */
  readonly onRetry?: ((milliseconds: number) => void) | undefined;
  /** Called with the text of each comment, without the colon. Default: none. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/**
 * A TransformStream of the Web that parses an event stream (WHATWG HTML §9.2.5, §9.2.6): bytes or strings in, events out. To
 * parse the body of a `fetch()`, use `response.body.pipeThrough(new EventParserStream())`.
 *
 * If a line or an event exceeds `maxEventSize`, the stream fails with an EventTooLargeError.
 */
export class EventParserStream extends TransformStream<Uint8Array | string, ParsedEvent> {
  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor(options: EventParserStreamOptions = {}) {
    const { onRetry, onComment, ...parserOptions } = eventStreamOption.object('options', options);
    eventStreamOption.callback('onRetry', onRetry);
    eventStreamOption.callback('onComment', onComment);
    let parser: EventParser;
    super({
      start(controller) {
        const onEvent = (event: ParsedEvent): void => controller.enqueue(event);
        const onError = (error: Error): void => controller.error(error);
        parser = new EventParser(
          { onEvent, onError, ...(onRetry && { onRetry }), ...(onComment && { onComment }) },
          parserOptions,
        );
      },
      transform(chunk) {
        parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      },
    });
  }
}
