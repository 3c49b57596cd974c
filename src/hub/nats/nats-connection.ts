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

/** What a log needs of the connection to NATS. That of `@nats-io/transport-node` has it. */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number } | undefined;
  publish(subject: string, payload?: string, options?: { reply?: string; headers?: unknown }): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription;
  /** Says, with 'disconnect', 'reconnect' and 'close', whether there is a connection, and with 'error', what the server refuses. */
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  isClosed(): boolean;
  /** Resolves when the server has answered a ping. */
  flush?: (() => Promise<void>) | undefined;
  /** Ends the connection to the server, so that the client opens another one. */
  reconnect?: (() => Promise<void>) | undefined;
}
