import { describeValue, wholeNumber } from '../../shared/describe-value.ts';

/**
 * An event, in the terms of WHATWG HTML §9.2.6. Every field is optional.
 *
 * @typeParam Data the type of `data`; without a `serialize` function it must be a string
 */
export interface ServerSentEvent<Data = string> {
  /** The event type. Default: none, which clients dispatch as `message`. */
  readonly event?: string | undefined;
  /** The payload. CRLF, CR and LF all count as line ends, and arrive as LF. Without `data`, clients dispatch no event. */
  readonly data?: Data | undefined;
  /** Sets the last event ID of the client; an empty string removes it. Default: the last event ID stays. */
  readonly id?: string | number | undefined;
  /** The reconnection time, in whole milliseconds. Default: none, so that the client keeps its own. */
  readonly retry?: number | undefined;
}

/** Converts the data of an event to text. The text is split into lines like any other, so it cannot inject fields. */
export type Serialize<Data> = (data: Data) => string;

/** The text of an event in three parts, so that a large `data` can be written without joining it to the others first. */
export interface EncodedEvent {
  readonly before: string;
  readonly data: string;
  readonly after: string;
}

/** CR and LF would end the line, and parsers ignore an id that contains NUL (§9.2.6). */
const FORBIDDEN = /[\r\n\0]/;

/**
 * The maximum number of bytes in an id. Clients return it in a header field, and servers and proxies limit the size of those:
 * many of them to 8 KiB.
 */
const MAX_ID_BYTES = 4 * 1024;

/**
 * Matches ids that the header field Last-Event-ID cannot contain: control characters are not allowed in a field value, white space at
 * its ends is removed (RFC 9110 §5.5), and UTF-8 has no lone surrogates.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const UNRETURNABLE = /[\x01-\x1f\x7f]|^ | $|\p{Surrogate}/u;

const LINE_END = /\r\n|\r|\n/;

/**
 * Encodes an event, WHATWG HTML §9.2.5. Whatever the strings contain, a parser reads exactly one event with these fields.
 *
 * @param serialize converts the data to text, such as `JSON.stringify`. It is called for strings, too
 * @throws TypeError with the code SSE_ERR_LINE_BREAK if `event` or `id` contains CR, LF or NUL
 * @throws TypeError with the code SSE_ERR_INVALID_ID if a client could not return the `id` in its Last-Event-ID header: it has
 *         control characters, a space at its start or end, lone surrogates, or more than 4,096 bytes
 * @throws TypeError with the code SSE_ERR_INVALID_TYPE if the event, a field or `serialize` has the wrong type
 * @throws RangeError with the code SSE_ERR_OUT_OF_RANGE if `retry` or a numeric `id` is negative, not whole, or too large
 */
export function encodeEvent<Data = string>(event: ServerSentEvent<Data>, serialize?: Serialize<Data>): string {
  const { before, data, after } = encodeEventParts(event, serialize);
  return `${before}${data}${after}`;
}

/** Encodes an event like `encodeEvent`, in parts. */
export function encodeEventParts<Data = string>(
  fields: ServerSentEvent<Data>,
  serialize?: Serialize<Data>,
): EncodedEvent {
  if (!isObject(fields)) throw wrongType('event', 'an object', fields);
  if (serialize !== undefined && typeof serialize !== 'function') throw wrongType('serialize', 'a function', serialize);
  const { event, id, retry, data } = fields;
  let before = '';
  if (event !== undefined) before += `event: ${checkLine('event', event)}\n`;
  if (id !== undefined) before += `id: ${checkId(id)}\n`;
  if (retry !== undefined) before += `retry: ${checkInteger('retry', retry)}\n`;
  if (data === undefined) {
    checkFields(fields);
    return { before, data: '', after: '\n' };
  }
  const lines = encodeData(serialize === undefined ? data : serialize(data));
  return { before: `${before}data: `, data: lines, after: '\n\n' };
}

/**
 * Encodes a comment, WHATWG HTML §9.2.5. Parsers ignore it.
 *
 * @throws TypeError with the code SSE_ERR_LINE_BREAK if the text contains CR, LF or NUL
 * @throws TypeError with the code SSE_ERR_INVALID_TYPE if it is not a string
 */
export function encodeComment(text: string): string {
  return `: ${checkLine('comment', text)}\n\n`;
}

/**
 * The fields of an event. A string is the data of an event.
 *
 * @throws TypeError with the code SSE_ERR_INVALID_TYPE for anything else
 */
export function toFields<Data>(event: ServerSentEvent<Data> | string): ServerSentEvent<Data> {
  if (typeof event === 'string') return { data: event as Data };
  if (!isObject(event)) throw wrongType('event', 'an object or a string', event);
  checkFields(event);
  return event;
}

/**
 * An object without any of the fields, or of a class such as Date, is most likely meant as data. Clients would not dispatch such an
 * event.
 */
function checkFields(fields: ServerSentEvent<unknown>): void {
  const { event, data, id, retry } = fields;
  if (data !== undefined || event !== undefined || id !== undefined || retry !== undefined) return;
  const other = Object.keys(fields).find((name) => !['event', 'data', 'id', 'retry'].includes(name));
  const received = other === undefined ? describeValue(fields) : `an object with ${other}`;
  if (received !== 'an object') throw wrongType('event', 'an object with data, event, id or retry', fields, received);
}

/**
 * The id of an event as text.
 *
 * @throws TypeError or RangeError like `encodeEvent()`
 */
export function checkId(id: string | number): string {
  if (typeof id === 'number') return String(checkInteger('id', id));
  checkLine('id', id, 'a string or a number');
  // A character has at most three bytes for each of its UTF-16 code units.
  const bytes = id.length * 3 > MAX_ID_BYTES ? Buffer.byteLength(id) : 0;
  if (bytes > MAX_ID_BYTES) throw invalidId(`id must have at most ${MAX_ID_BYTES} bytes; received ${bytes}`);
  if (!UNRETURNABLE.test(id)) return id;
  throw invalidId(
    `id must not contain control characters, lone surrogates, or a space at its start or end; received ${describeValue(id)}`,
  );
}

function isObject(value: unknown): boolean {
  // A Promise has no fields: the application forgot to await it.
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}

/** Puts `data: ` before every line but the first. The parser drops the space, so a line may start with one of its own. */
function encodeData(data: unknown): string {
  if (typeof data !== 'string') throw wrongType('data', 'a string', data);
  // Most events have one line.
  if (data.indexOf('\n') === -1 && data.indexOf('\r') === -1) return data;
  return data.split(LINE_END).join('\ndata: ');
}

function checkLine(field: string, value: unknown, allowed = 'a string'): string {
  if (typeof value !== 'string') throw wrongType(field, allowed, value);
  if (!FORBIDDEN.test(value)) return value;
  throw Object.assign(new TypeError(`${field} must not contain CR, LF or NUL; received ${describeValue(value)}`), {
    code: 'SSE_ERR_LINE_BREAK',
  });
}

function invalidId(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'SSE_ERR_INVALID_ID' });
}

function checkInteger(field: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  const allowed = wholeNumber(0, Number.MAX_SAFE_INTEGER);
  if (typeof value !== 'number') throw wrongType(field, allowed, value);
  throw Object.assign(new RangeError(`${field} must be ${allowed}; received ${value}`), {
    code: 'SSE_ERR_OUT_OF_RANGE',
  });
}

function wrongType(field: string, allowed: string, value: unknown, received = describeValue(value)): TypeError {
  return Object.assign(new TypeError(`${field} must be ${allowed}; received ${received}`), {
    code: 'SSE_ERR_INVALID_TYPE',
  });
}
