import type { IncomingHttpHeaders } from 'node:http';

/** One test of how a client handles the response to its opening handshake. */
export interface ClientHandshakeCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** The response, made for the correct value of Sec-WebSocket-Accept. */
  readonly response: (accept: string) => string;
  /** Whether the response is valid. If so, the client must echo a message and close cleanly. */
  readonly accepts: boolean;
  /** The bytes of each write. Default: one write. */
  readonly writeSize?: number;
  /** Whether the first message is in the same write as the response. */
  readonly messageWithResponse?: boolean;
  /** Returns what is wrong with the client's request; empty if nothing is. */
  readonly judgeRequest?: (request: SeenHandshake) => string;
}

export interface SeenHandshake {
  readonly method: string;
  readonly httpVersion: string;
  /** The request target, with the query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The octets that arrived together with the request. */
  readonly early: number;
  /** Whether the client has sent the same key before. */
  readonly isKeyRepeated: boolean;
}
