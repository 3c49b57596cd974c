import { LimitError } from './websocket-error.ts';

/** Totals since a server was created, and current values. */
export interface Metrics {
  /** Connections of this server. */
  readonly connections: {
    /** Connections that are open now. */
    readonly open: number;
    /** Clients that wait for `verifyClient` or another function of the application to decide. */
    readonly pending: number;
    /** Opening handshakes that were accepted. */
    readonly accepted: number;
    /** Opening handshakes that were refused. */
    readonly refused: number;
  };
  /** Messages, not fragments. */
  readonly messages: { readonly received: number; readonly sent: number };
  /** Bytes on the transport, frame headers included. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /**
   * Memory in bytes of received data that is not delivered: unfinished messages, input held back by `pause()`, messages that are
   * being decompressed. Unused parts of buffers count, and each object counts 128 bytes.
   */
  readonly receiveMemory: number;
  /** Bytes of memory kept for what is queued for peers, as `maxBackpressure` counts it. */
  readonly sendMemory: number;
  /** The number of connections that ended with each close code. */
  readonly closeCodes: Readonly<Record<number, number>>;
  /** The number of connections that failed with each error code, or reason of a HandshakeError. */
  readonly errors: Readonly<Record<string, number>>;
  /** The number of connections that exceeded each limit, by the name of the option. */
  readonly limits: Readonly<Record<string, number>>;
}

/** The counters behind `Metrics`. Sessions increment the public ones directly. @internal */
export class Counters {
  readonly #closeCodes: Record<number, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #limits: Record<string, number> = {};

  accepted = 0;
  refused = 0;
  messagesReceived = 0;
  messagesSent = 0;
  bytesReceived = 0;
  bytesSent = 0;

  countClose(code: number): void {
    this.#closeCodes[code] = (this.#closeCodes[code] ?? 0) + 1;
  }

  countError(error: Error): void {
    // An error of an opening handshake has a reason.
    const { reason, code = reason } = error as NodeJS.ErrnoException & { readonly reason?: string };
    // The code of a DOMException is a number.
    const key = typeof code === 'string' ? code : error.name;
    this.#errors[key] = (this.#errors[key] ?? 0) + 1;
    if (error instanceof LimitError) this.#limits[error.option] = (this.#limits[error.option] ?? 0) + 1;
  }

  /** A copy of the current totals. */
  snapshot(openConnections: number, pendingConnections: number, receiveMemory: number, sendMemory: number): Metrics {
    return {
      connections: {
        open: openConnections,
        pending: pendingConnections,
        accepted: this.accepted,
        refused: this.refused,
      },
      messages: { received: this.messagesReceived, sent: this.messagesSent },
      bytes: { received: this.bytesReceived, sent: this.bytesSent },
      receiveMemory,
      sendMemory,
      closeCodes: { ...this.#closeCodes },
      errors: { ...this.#errors },
      limits: { ...this.#limits },
    };
  }
}
