/** An opening handshake failed (RFC 6455 §4): the server responded with `status`, or the client ended the connection. */
export class HandshakeError extends Error {
  override readonly name: string = 'HandshakeError';
  /** A stable code for programs: `WS_ERR_…`. */
  readonly code: string;
  /** The status of the HTTP response, sent by a server or received by a client; 0 if there was none. */
  readonly status: number;
  /** Header fields of the response, such as `Allow` or `Sec-WebSocket-Version`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status: number,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}
