import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** Describes a client that asks for a connection. */
export interface VerifyInformation<Request extends IncomingMessage = IncomingMessage> {
  /** The value of `Origin`. It is undefined if there is none, which the types of `ws` omit. */
  origin: string;
  /** Whether the connection uses TLS. */
  secure: boolean;
  /** The upgrade request. */
  req: Request;
}

/**
 * Accepts or refuses a client. A refusal is an HTTP response with the status `code` (default: 401), with `message` as its
 * body (default: `The client was not verified`), and with `headers` (default: none).
 */
export type VerifyCallback = (result: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void;

/**
 * Returns whether to accept a client, or a Promise for it. Only `true` accepts; `ws` accepts any truthy value, a Promise
 * included. A refusal is an HTTP response with the status 401.
 */
export type VerifyClientSync<Request extends IncomingMessage = IncomingMessage> = (
  information: VerifyInformation<Request>,
) => boolean | Promise<boolean>;

/** Calls back to accept or refuse a client, within `handshakeTimeout`. */
export type VerifyClientAsync<Request extends IncomingMessage = IncomingMessage> = (
  information: VerifyInformation<Request>,
  callback: VerifyCallback,
) => void;

/**
 * Accepts or refuses a client: a `VerifyClientAsync` if it has two parameters, otherwise a `VerifyClientSync`. It is one signature,
 * and not a union, so that the compiler knows the types of the parameters of an arrow function.
 */
export type VerifyClient<Request extends IncomingMessage = IncomingMessage> = (
  information: VerifyInformation<Request>,
  callback: VerifyCallback,
) => boolean | void | Promise<boolean | void>;
