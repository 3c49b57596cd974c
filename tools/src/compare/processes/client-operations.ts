import type { Exchange } from '../exchange-terms.ts';
import type { Technique } from '../technique.ts';

/** The calls that the client process answers. All times are in milliseconds, by the clock that all processes share. */
export interface ClientOperations {
  /** Opens and closes connections, one after another. */
  measureSetUp(options: SetUpOptions): Promise<SetUp[]>;
  /** Opens a connection, keeps it open, and records its messages. */
  connect(target: Target): Promise<void>;
  /** Closes the connections that are kept open. */
  disconnect(): Promise<void>;
  /** Waits for `count` messages. Resolves with all messages received since the last call. */
  takeReceived(count: number): Promise<Received[]>;
  exchange(options: ExchangeOptions): Promise<ClientExchange[]>;
  upload(options: UploadOptions): Promise<Upload>;
  /** Opens many connections. They are plain sockets that only count bytes. Resolves when all are open. */
  openCrowd(options: CrowdOptions): Promise<void>;
  /** Waits until each connection of the crowd has received `bytes`. Resolves with the time of each. */
  awaitBroadcast(bytes: number): Promise<number[]>;
  closeCrowd(): void;
  /** Opens connections that the server will break. */
  beginRecovery(options: RecoveryOptions): Promise<void>;
  /** Closes these connections, and returns what each has received, by its name. */
  takeRecovery(): Record<string, Recovered>;
}

export interface Target {
  readonly technique: Technique;
  /** An http: or https: URL. */
  readonly url: string;
  /** PEM. */
  readonly ca?: string;
  /** Whether to accept any certificate. Default: false. */
  readonly insecure?: boolean;
  /** Additional header fields of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: 1.1. */
  readonly httpVersion?: '1.1' | '2';
  readonly compress?: boolean;
  /** Whether to receive events of all types instead of only `message`. Default: false. */
  readonly anyType?: boolean;
  /** For opening the connection, in milliseconds. Default: no limit. */
  readonly timeout?: number;
}

export interface SetUpOptions extends Target {
  readonly count: number;
  /** Whether to resume a TLS session, or to use an open HTTP/2 connection. */
  readonly again: boolean;
}

/** The parts of a connection set-up, in milliseconds. */
export interface SetUp {
  readonly TCP: number;
  readonly TLS: number;
  /** From the request to the head of the response. */
  readonly HTTP: number;
  readonly C: number;
}

export interface Received {
  readonly id: number;
  readonly technique: Technique;
  readonly time: number;
}

export interface ExchangeOptions extends Target {
  readonly firstId: number;
  /** How many to run at the same time. */
  readonly count: number;
  /** Whether the connection for the POST request is already open. */
  readonly keepsConnection?: boolean;
}

/** The times of an exchange that the client knows. */
export interface ClientExchange extends Omit<Exchange, 'arrived' | 'written'> {
  readonly id: number;
}

export interface UploadOptions extends Target {
  readonly count: number;
  readonly bytes: number;
  /** The number of concurrent requests. With 1, a WebSocket waits for the answer to each message. */
  readonly inFlight: number;
}

export interface Upload {
  /** When each message was sent. Its index is the ID of the message. */
  readonly sent: readonly number[];
  /** CPU time of the client, in milliseconds. */
  readonly cpu: number;
}

export interface CrowdOptions {
  readonly technique: Technique;
  readonly port: number;
  readonly count: number;
}

export interface RecoveryOptions {
  readonly url: string;
  /** The `retry` field that the server sends to an event stream, in milliseconds. */
  readonly retry: number;
}

export interface Recovered {
  /** When the client noticed the loss of the connection. */
  readonly noticed: number;
  /** When the connection was open again. */
  readonly reopened: number;
  readonly received: readonly Received[];
}
