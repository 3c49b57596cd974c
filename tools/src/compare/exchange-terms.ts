/**
 * One complete exchange: a client connects, sends a message, and receives a pushed answer. All times are in milliseconds, by
 * the clock that the processes share.
 */
export interface Exchange {
  /** Before the first SYN. */
  readonly start: number;
  /** The client may send, or the event stream is open. */
  readonly opened: number;
  /** The client calls `send`, or begins the POST request. */
  readonly sent: number;
  /** How long the set-up of a connection for the POST request took; 0 if an existing connection was used. */
  readonly secondConnection: number;
  /** The server application receives the message. This is also the origin of the event that answers it. */
  readonly arrived: number;
  /** The server writes the answer to the socket. */
  readonly written: number;
  /** The client application receives the answer. */
  readonly received: number;
  /** The response to the POST request arrives; undefined for a WebSocket. */
  readonly answered?: number;
}

/** The parts of an exchange, in milliseconds. */
export interface Terms {
  /** The set-up of the push connection: TCP, TLS, and the head of the response. */
  readonly C: number;
  /** The set-up of a second connection, for the POST request. */
  readonly C2: number;
  /** From `send` in the client to the server application. */
  readonly 'R up': number;
  /** From the origin of the event in the server to its write. Includes any batching and flushing. */
  readonly P: number;
  /** From the write in the server to the client application. */
  readonly 'R down': number;
  /** The total, by the clock of the client alone. */
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

/** The sequential model: T = C + C2 + R up + P + R down. It omits the time of the client between 'open' and `send`. */
export function sequentialTotal(terms: Terms): number {
  return terms.C + terms.C2 + terms['R up'] + terms.P + terms['R down'];
}

/**
 * The model of the article. For a WebSocket, T = C + R, where R is the transfer in both directions. For an event stream,
 * T = C + R + P, where R is the request from its start to its response, and P the push from the origin of the event to the
 * client.
 */
export function articleTotal(exchange: Exchange): number {
  const { C, 'R up': up, 'R down': down } = termsOf(exchange);
  const { answered, sent, arrived, received } = exchange;
  return answered === undefined ? C + up + down : C + (answered - sent) + (received - arrived);
}

/** The difference between a model's total and the measured one, in percent of the measured one. */
export function errorOf(total: number, { T }: Terms): number {
  return (100 * (total - T)) / T;
}
