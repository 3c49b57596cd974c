/** An event, in the terms of WHATWG HTML §9.2.6. Each field may be left out. @typeParam Data what `serialize` takes */
export interface ServerSentEvent<Data = string> {
  /** The event type; a listener of `message` gets those without one. */
  readonly event?: string | undefined;
  /** The payload. CRLF, CR and LF all count as line ends, and arrive as LF. Without it, nothing is dispatched. */
  readonly data?: Data | undefined;
  /** The last event ID from now on. An empty one takes it away. */
  readonly id?: string | number | undefined;
  /** The reconnection time, in whole milliseconds. */
  readonly retry?: number | undefined;
}

/** What would end a line, and what makes a parser ignore an id (§9.2.6): CR, LF and NUL. */
const FORBIDDEN = /[\r\n\0]/;

const LINE_END = /\r\n|\r|\n/;

/** Makes text of the data of an event. What it returns is split into lines as any other text: nothing can be injected. */
export type Serialize<Data> = (data: Data) => string;

/**
 * One event as text of an event stream. Whatever the strings hold, a parser reads exactly one event, with these fields.
 *
 * @param serialize makes the text of data that is no string, such as `JSON.stringify`. Default: data must be a string
 * @throws TypeError for CR, LF or NUL in `event` or `id`, and for values of other types
 * @throws RangeError for a `retry` or a numeric `id` that is not a non-negative safe integer
 */
export function encodeEvent<Data = string>(event: ServerSentEvent<Data>, serialize?: Serialize<Data>): string {
  const { before, data, after } = partsOf(event, serialize);
  return `${before}${data}${after}`;
}

/** An event as text: what is before its data, the lines of that, and what is behind. */
export interface EventParts {
  readonly before: string;
  /** Nearly all of a large event: who writes bytes need not put it together with the others first. */
  readonly data: string;
  readonly after: string;
}

/** As `encodeEvent`. */
export function partsOf<Data = string>(event: ServerSentEvent<Data>, serialize?: Serialize<Data>): EventParts {
  let text = '';
  if (event.event !== undefined) text += `event: ${singleLine('event', event.event)}\n`;
  if (event.id !== undefined) {
    text += `id: ${typeof event.id === 'number' ? wholeNumber('id', event.id) : singleLine('id', event.id)}\n`;
  }
  if (event.retry !== undefined) text += `retry: ${wholeNumber('retry', event.retry)}\n`;
  const { data } = event;
  if (data === undefined) return { before: text, data: '', after: '\n' };
  const lines = encodeData(serialize === undefined ? data : serialize(data));
  return { before: `${text}data: `, data: lines, after: '\n\n' };
}

/**
 * One comment as text of an event stream; parsers drop it.
 *
 * @throws TypeError for CR, LF or NUL
 */
export function encodeComment(text: string): string {
  return `: ${singleLine('comment', text)}\n\n`;
}

/**
 * A line for each line, without the first name and the last line feed. The space behind the colon is dropped by the parser,
 * so that data may begin with one.
 */
function encodeData(data: unknown): string {
  if (typeof data !== 'string') throw wrongType('data', 'a string', data);
  // Most events have one line.
  if (data.indexOf('\n') === -1 && data.indexOf('\r') === -1) return data;
  return data.split(LINE_END).join('\ndata: ');
}

function singleLine(field: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(field, 'a string', value);
  if (FORBIDDEN.test(value)) {
    throw Object.assign(
      new TypeError(`${field} must not contain CR, LF or NUL, and is ${JSON.stringify(value.slice(0, 80))}`),
      { code: 'SSE_ERR_LINE_BREAK' },
    );
  }
  return value;
}

function wholeNumber(field: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(field, 'a number', value);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw Object.assign(new RangeError(`${field} must be a non-negative whole number, and is ${value}`), {
      code: 'SSE_ERR_OUT_OF_RANGE',
    });
  }
  return value;
}

function wrongType(field: string, wanted: string, value: unknown): TypeError {
  return Object.assign(new TypeError(`${field} must be ${wanted}, and is of type ${typeof value}`), {
    code: 'SSE_ERR_INVALID_TYPE',
  });
}
