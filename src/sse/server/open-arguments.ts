import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { decodeHeaderText } from '../../shared/http/header-text.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { isTaken } from './response-ownership.ts';

/** A request of node:http, node:https or the compatibility API of node:http2. */
export type Request = IncomingMessage | Http2ServerRequest;

const RESPONSE_METHODS = ['setHeader', 'removeHeader', 'flushHeaders', 'write', 'end', 'on'];

/**
 * Checks the arguments of `EventStream.open()`.
 *
 * @throws TypeError with the code SSE_ERR_INVALID_OPTION
 * @throws Error with the code SSE_ERR_RESPONSE_IN_USE or SSE_ERR_HEADERS_SENT
 *
 * @internal
 */
export function checkExchange(request: Request | null | undefined, response: ServerResponse): void {
  if (typeof request?.headers !== 'object') {
    throw eventStreamOption.error(TypeError, 'request', 'a request of node:http or node:http2', request);
  }
  // A response of a test may have no more than `headersSent`.
  if (response?.headersSent !== true) {
    eventStreamOption.withMethods('response', response, RESPONSE_METHODS, 'a response of node:http or node:http2');
  } else if (isTaken(response)) {
    throw stateError('SSE_ERR_RESPONSE_IN_USE', 'The response already belongs to an EventStream: call open() once');
  } else {
    throw stateError('SSE_ERR_HEADERS_SENT', 'Response headers already sent');
  }
}

function stateError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** §9.2.3: the client sends the last event ID "encoded as UTF-8". @internal */
export function lastEventIdOf(request: Request): string {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' ? decodeHeaderText(value) : '';
}
