import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** The stream that a response belongs to. */
interface Owner {
  close(): void;
}

/** Null once something else has written to the response. */
const OWNER = Symbol('owner');

interface TakenResponse extends ServerResponse {
  [OWNER]?: Owner | null;
}

/** Whether a call was reported. This mistake in a program is reported once. */
let isReported = false;

/**
 * Takes a response from the code that has called `EventStream.open()`: `write()`, `writeHead()` and most calls of `end()` have no
 * effect from now on. Frameworks call them when a handler has returned: Koa would write `OK` into the stream and end it, h3
 * would end it, and Hono would throw because the header was sent. The stream keeps the methods that it needs.
 *
 * A later `end()` without a body closes the stream: an application may end a response in this way. In the turn of the event loop
 * in which the stream was opened, and after `write()` or `writeHead()`, the call comes from a framework.
 *
 * The replacements are the same functions for all responses. An application may still destroy a response.
 *
 * @internal
 */
export function takeResponse(response: TakenResponse, owner: Owner): void {
  response.write = ignoreWrite;
  response.end = end as ServerResponse['end'];
  response.writeHead = ignoreWriteHead;
  setImmediate(setOwner, response, owner);
}

/** Whether the response belongs to an EventStream. @internal */
export function isTaken(response: ServerResponse): boolean {
  return response.write === ignoreWrite;
}

function setOwner(response: TakenResponse, owner: Owner): void {
  if (response[OWNER] === undefined) response[OWNER] = owner;
}

/** As in node:http, the callback is called later. */
function ignoreWrite(this: TakenResponse, ...args: unknown[]): boolean {
  this[OWNER] = null;
  report(this, 'write', false);
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(callback as () => void);
  return true;
}

function end(this: TakenResponse, ...args: unknown[]): ServerResponse {
  const [body] = args as [string | Uint8Array | (() => void) | null | undefined];
  const isEmpty = typeof body === 'function' || (body?.length ?? 0) === 0;
  const owner = isEmpty ? this[OWNER] : null;
  report(this, 'end', Boolean(owner));
  owner?.close();
  const callback = args.at(-1);
  if (typeof callback !== 'function') return this;
  // Only a response of HTTP/1.1 has this property.
  const isDestroyed = this.destroyed ?? (this as unknown as Partial<Http2ServerResponse>).stream?.destroyed;
  // Code that waits for the end of the response waits for the end of the stream.
  if (this.closed || isDestroyed) process.nextTick(callback as () => void);
  else this.once('close', () => callback());
  return this;
}

function ignoreWriteHead(this: TakenResponse): ServerResponse {
  this[OWNER] = null;
  report(this, 'writeHead', false);
  return this;
}

/** Warns of a call, unless the stream has ended the response: the call would have had no effect anyway. */
function report(response: ServerResponse, method: string, closes: boolean): void {
  if (isReported || response.writableEnded || response.destroyed) return;
  isReported = true;
  process.emitWarning(
    `response.${method}() ${closes ? 'has closed' : 'has no effect, because the response belongs to'} an EventStream: use send() ` +
      'and close() of the stream, and with a framework, see docs/frameworks.md (reported only once)',
    { code: 'SSE_ERR_RESPONSE_IN_USE' },
  );
}
