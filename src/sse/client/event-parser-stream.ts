import { TransformStream as NodeTransformStream } from 'node:stream/web';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import { EventParser, type EventParserOptions, type ParsedEvent } from '../wire/event-parser.ts';

/** Options of an EventParserStream. */
export interface EventParserStreamOptions extends EventParserOptions {
  /** Called with each new reconnection time, in milliseconds. Default: none. */
  readonly onRetry?: ((milliseconds: number) => void) | undefined;
  /** Called with the text of each comment, without the colon. Default: none. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/**
 * The type is that of the global class, which fits the body of a `fetch()` also with the types of browsers. The value is imported:
 * bundlers keep a class that extends a global one.
 */
const GlobalTransformStream: typeof TransformStream = NodeTransformStream as never;

/**
 * A TransformStream of the Web that parses an event stream (WHATWG HTML §9.2.5, §9.2.6): bytes or strings in, events out. To
 * parse the body of a `fetch()`, use `response.body.pipeThrough(new EventParserStream())`.
 *
 * If a line or an event exceeds `maxEventSize`, the stream fails with an EventTooLargeError. It also fails with what `onRetry`
 * or `onComment` throws.
 */
export class EventParserStream extends GlobalTransformStream<Uint8Array | string, ParsedEvent> {
  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor(options: EventParserStreamOptions = {}) {
    const { onRetry, onComment, ...parserOptions } = namedOptions(options);
    eventStreamOption.callback('onRetry', onRetry);
    eventStreamOption.callback('onComment', onComment);
    let parser: EventParser;
    /** The first half of a surrogate pair, at the end of a string: the next one begins with the other half. */
    let highSurrogate = '';
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
        if (typeof chunk !== 'string') {
          // A half that no text follows becomes U+FFFD.
          if (highSurrogate !== '') parser.push(Buffer.from(highSurrogate));
          highSurrogate = '';
          parser.push(chunk);
          return turnBudget();
        }
        const text = highSurrogate + chunk;
        const isCut = isHighSurrogate(text.charCodeAt(text.length - 1));
        highSurrogate = isCut ? text.slice(-1) : '';
        parser.push(Buffer.from(isCut ? text.slice(0, -1) : text));
        return turnBudget();
      },
    });
    Object.defineProperty(this, 'writable', { value: inPieces(this.writable), configurable: true });
  }
}

const NAMES: OptionNames<EventParserStreamOptions> = {
  maxEventSize: true,
  lastEventId: true,
  onRetry: true,
  onComment: true,
};

/** Returns the options of the parser alone, because the parser would warn of unknown ones again. */
function namedOptions(options: EventParserStreamOptions): EventParserStreamOptions {
  const { onRetry, onComment, maxEventSize, lastEventId } = eventStreamOption.options(
    'EventParserStream',
    options,
    NAMES,
  );
  return { onRetry, onComment, maxEventSize, lastEventId };
}

/** The length of the pieces in which larger chunks are parsed. */
const PIECE_LENGTH = 64 * 1024;

/**
 * Returns a stream that writes large chunks in pieces. Each piece is written when the events of the previous one have been read.
 * If many events wait in the queue of a stream, each takes longer: a chunk of 1 MB would take seconds.
 */
function inPieces(target: WritableStream<Uint8Array | string>): WritableStream<Uint8Array | string> {
  const writer = target.getWriter();
  const writePieces = async (chunk: Uint8Array | string): Promise<void> => {
    for (let start = 0; start < chunk.length; start += PIECE_LENGTH) {
      const end = start + PIECE_LENGTH;
      await writer.write(typeof chunk === 'string' ? chunk.slice(start, end) : chunk.subarray(start, end));
    }
  };
  return new WritableStream({
    start(controller) {
      // The reader has cancelled, or an event is too large.
      writer.closed.catch((error) => controller.error(error));
    },
    write: (chunk) => (isLong(chunk) ? writePieces(chunk) : writer.write(chunk)),
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

/** Whether a chunk is parsed in pieces. An invalid chunk, which may be any value, is not: the parser refuses it. */
function isLong(chunk: Uint8Array | string): boolean {
  return (typeof chunk === 'string' || ArrayBuffer.isView(chunk)) && chunk.length > PIECE_LENGTH;
}

/** The maximum number of milliseconds that the streams and their consumers may occupy a turn of the event loop. */
const TURN_MILLISECONDS = 10;

/** The time in milliseconds at which the first chunk of this turn was parsed; undefined if none was. */
let turnStart: number | undefined;

/**
 * Web streams work in microtasks, which block the event loop as long as there is data. When the time of this turn is used up, this
 * returns a Promise that resolves in the next turn.
 */
function turnBudget(): Promise<void> | undefined {
  if (turnStart === undefined) {
    turnStart = performance.now();
    setImmediate(() => {
      turnStart = undefined;
    });
    return undefined;
  }
  if (performance.now() - turnStart < TURN_MILLISECONDS) return undefined;
  return new Promise((resolve) => setImmediate(resolve));
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
