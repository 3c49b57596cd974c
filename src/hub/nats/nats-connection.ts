/** Header fields of a message. */
export interface NatsHeaders {
  /** The status of a message that the server itself sends, such as 503; otherwise 0. */
  readonly code: number;
  readonly description: string;
  get(name: string): string;
}

/** A message that was received. */
export interface NatsMessage {
  readonly subject: string;
  /** The subject for an answer. */
  readonly reply?: string;
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
  string(): string;
}

/** A subscription to a subject. */
export interface NatsSubscription {
  unsubscribe(): void;
}

/** The members of a connection to NATS that a log uses, as `@nats-io/transport-node` has them. */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number } | undefined;
  publish(subject: string, payload?: string, options?: { reply?: string; headers?: unknown }): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription;
  /**
   * Yields 'disconnect', 'reconnect' and 'close' when the state of the connection changes, and 'error' when the server refuses a
   * request.
   */
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  isClosed(): boolean;
  /** Resolves when the server has answered a ping. */
  flush?: (() => Promise<void>) | undefined;
  /** Closes the connection to the server, so that the client opens another one. */
  reconnect?: (() => Promise<void>) | undefined;
}
