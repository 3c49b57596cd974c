import type { IncomingHttpHeaders } from 'node:http';

/** One test of how a client takes the answer to its opening handshake. */
export interface ClientHandshakeCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** The head of the answer, for the value that Sec-WebSocket-Accept should have. */
  readonly answer: (accept: string) => string;
  /** Whether the client may take it; a message is echoed then, and the connection closed. */
  readonly accepts: boolean;
  /** The answer is sent in writes of so many bytes. Default: in one. */
  readonly writeSize?: number;
  /** The message comes in the same write. */
  readonly together?: boolean;
  /** What is wrong with the client's request; empty if nothing is. */
  readonly judgeRequest?: (request: SeenHandshake) => string;
}

export interface SeenHandshake {
  readonly method: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}
