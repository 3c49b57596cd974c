/**
 * One exchange of a client that was not connected before: it connects, says something, and gets the answer pushed. All are
 * times of the clock that the processes share, in milliseconds.
 */
export interface Exchange {
  /** Before the first SYN. */
  readonly start: number;
  /** The application may send, or the event stream is open. */
  readonly opened: number;
  /** The application of the client has called `send`, or has begun the POST. */
  readonly sent: number;
  /** Milliseconds after `sent` that a connection for the POST took; 0 if there was one. */
  readonly secondConnection: number;
  /** The application of the server has the message: the origin of the event that answers. */
  readonly arrived: number;
  /** The answer was written to the socket. */
  readonly written: number;
  /** The application of the client has it. */
  readonly received: number;
  /** The response to the POST; undefined for a WebSocket. */
  readonly answered?: number;
}

/** Milliseconds. */
export interface Terms {
  /** The set-up of the connection that is pushed over: TCP, TLS, and the response. */
  readonly C: number;
  /** That of a second connection, for what the client sends. */
  readonly C2: number;
  /** From `send` to the application of the server. */
  readonly 'R up': number;
  /** From the event's origin in the server to its write: whatever holds it back, batching and flush included. */
  readonly P: number;
  /** From the write to the application of the client. */
  readonly 'R down': number;
  /** The whole, by the client's clock alone. */
  readonly T: number;
}

export function termsOf(exchange: Exchange): Terms {
  const { start, opened, sent, secondConnection, arrived, written, received } = exchange;
  return {
    C: opened - start,
    C2: secondConnection,
    'R up': arrived - sent - secondConnection,
    P: written - arrived,
    'R down': received - written,
    T: received - start,
  };
}

/**
 * What follows one after another: T = C + C2 + R up + P + R down. It leaves out what the client's application does between
 * 'open' and `send`.
 */
export function sequentialTotal(terms: Terms): number {
  return terms.C + terms.C2 + terms['R up'] + terms.P + terms['R down'];
}

/**
 * The total by the article: T = C + R for a WebSocket, where R is the transfer there and back; T = C + R + P for an event
 * stream, where R is the request, from its beginning to its response, and P the push, from the event's origin to the client.
 */
export function articleTotal(exchange: Exchange): number {
  const { C, 'R up': up, 'R down': down } = termsOf(exchange);
  const { answered, sent, arrived, received } = exchange;
  return answered === undefined ? C + up + down : C + (answered - sent) + (received - arrived);
}

/** How far a total is from the measured one, in percent of that. */
export function errorOf(total: number, { T }: Terms): number {
  return (100 * (total - T)) / T;
}
