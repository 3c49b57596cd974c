import type { ServerResponse } from 'node:http';

/** Whether a call was reported. This mistake in a program is reported once. */
let isReported = false;

/**
 * Takes a response from the code that has called `EventStream.open()`: its methods `write()`, `end()` and `writeHead()` have no
 * effect from now on. Frameworks call them when a handler has returned: Koa would write `OK` into the stream and end it, h3
 * would end it, and Hono would throw because the header was sent. The stream keeps the methods that it needs.
 *
 * The replacements are the same functions for all responses. An application may still destroy a response.
 *
 * @internal
 */
export function takeResponse(response: ServerResponse): void {
  response.write = ignoreWrite;
  response.end = ignoreEnd as ServerResponse['end'];
  response.writeHead = ignoreWriteHead;
}

/** Whether the response belongs to an EventStream. @internal */
export function isTaken(response: ServerResponse): boolean {
  return response.write === ignoreWrite;
}

/** As in node:http, the callback is called later. */
function ignoreWrite(this: ServerResponse, ...args: unknown[]): boolean {
  report(this, 'write');
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(callback as () => void);
  return true;
}

function ignoreEnd(this: ServerResponse, ...args: unknown[]): ServerResponse {
  report(this, 'end');
  const callback = args.at(-1);
  if (typeof callback !== 'function') return this;
  // Code that waits for the end of the response waits for the end of the stream.
  if (this.closed || this.destroyed) process.nextTick(callback as () => void);
  else this.once('close', () => callback());
  return this;
}

function ignoreWriteHead(this: ServerResponse): ServerResponse {
  report(this, 'writeHead');
  return this;
}

/** Warns of a call, unless the stream has ended the response: the call would have had no effect anyway. */
function report(response: ServerResponse, method: string): void {
  if (isReported || response.writableEnded || response.destroyed) return;
  isReported = true;
  process.emitWarning(
    `response.${method}() has no effect, because the response belongs to an EventStream: use send() and close() of the stream, and ` +
      'with a framework, see docs/frameworks.md (reported only once)',
    { code: 'SSE_ERR_RESPONSE_IN_USE' },
  );
}
