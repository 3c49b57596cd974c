import { describeCause } from '../../shared/describe-value.ts';

/** An opening handshake failed (RFC 6455 §4): the server responded with `status`, or the client ended the connection. */
export class HandshakeError extends Error {
  override readonly name: string = 'HandshakeError';
  /**
   * A stable reason for programs: `WS_ERR_…`. As in `ws`, there is no `code`, because some programs treat an error with a `code` as
   * a network error.
   */
  readonly reason: string;
  /** The status of the HTTP response, sent by a server or received by a client; 0 if there was none. */
  readonly status: number;
  /** Header fields of the response, such as `Allow` or `Sec-WebSocket-Version`. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The function of the application that failed. In a server: `verifyClient`, `origin`, `shouldHandle`, `handleProtocols`,
   * `headers` for a listener of this event, or `WebSocket` for the class of the sockets. In a client, the event of the listener:
   * `redirect`, `upgrade` or `unexpected-response`. Undefined if none failed.
   */
  declare readonly hook?: string;

  constructor(
    reason: string,
    message: string,
    status: number,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions & { readonly hook?: string },
  ) {
    super(message, options);
    this.reason = reason;
    this.status = status;
    this.headers = headers;
    if (options?.hook !== undefined) this.hook = options.hook;
  }
}

/**
 * A function of the application that takes part in an opening handshake failed.
 *
 * @param subject the name of the function in the message
 * @param cause   what it threw
 * @internal
 */
export function hookFailed(hook: string, subject: string, status: number, cause: unknown): HandshakeError {
  const message = `${subject} failed: ${describeCause(cause)}`;
  return new HandshakeError('WS_ERR_HOOK_FAILED', message, status, {}, { cause, hook });
}
