import type { Exchange } from '../exchange-terms.ts';
import type { Technique } from '../technique.ts';

/** What the process of the clients does. Times are of the clock that all processes share, in milliseconds. */
export interface ClientOperations {
  /** Opens connections one after another, and closes each. */
  measureSetUp(options: SetUpOptions): Promise<SetUp[]>;
  /** Opens a connection that stays, and whose messages are noted. */
  connect(target: Target): Promise<void>;
  /** Closes those that stay. */
  disconnect(): Promise<void>;
  /** Resolves with what has been received since it was asked last, when it is so many messages. */
  takeReceived(count: number): Promise<Received[]>;
  exchange(options: ExchangeOptions): Promise<ClientExchange[]>;
  upload(options: UploadOptions): Promise<Upload>;
  /** Opens many connections, of bare sockets that only count. Resolves when all are open. */
  gather(options: CrowdOptions): Promise<void>;
  /** Resolves when each of the crowd has got so many bytes since it was asked last, with the time of each. */
  awaitCrowd(bytes: number): Promise<number[]>;
  dismissCrowd(): void;
  /** Opens connections that will be broken. */
  beginRecovery(options: RecoveryOptions): Promise<void>;
  /** What each of them has received, by its name. */
  takeRecovery(): Record<string, Recovered>;
}

export interface Target {
  readonly technique: Technique;
  /** By http: or https:, with the port and the path. */
  readonly url: string;
  /** PEM. */
  readonly ca?: string;
  /** Whether every certificate is believed. Default: false. */
  readonly insecure?: boolean;
  /** More header fields of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: 1.1. */
  readonly httpVersion?: '1.1' | '2';
  readonly compress?: boolean;
  /** Whether events of every type count, and not only those of the type `message`. Default: false. */
  readonly anyType?: boolean;
  /** Milliseconds in which it must be open. Default: no limit. */
  readonly timeout?: number;
}

export interface SetUpOptions extends Target {
  readonly count: number;
  /** Whether a TLS session is resumed, or the connection of HTTP/2 is open already. */
  readonly again: boolean;
}

/** Milliseconds. */
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
  /** At once. */
  readonly count: number;
  /** Whether the connection for the POST is open already. */
  readonly keepsConnection?: boolean;
}

/** What the client knows of an exchange. */
export interface ClientExchange extends Omit<Exchange, 'arrived' | 'written'> {
  readonly id: number;
}

export interface UploadOptions extends Target {
  readonly count: number;
  readonly bytes: number;
  /** Requests that wait for their response at the same time: a WebSocket has no need to wait. */
  readonly inFlight: number;
}

export interface Upload {
  /** When each message was sent; its number is its index. */
  readonly sent: readonly number[];
  /** Milliseconds of CPU time of the client. */
  readonly cpu: number;
}

export interface CrowdOptions {
  readonly technique: Technique;
  readonly port: number;
  readonly count: number;
}

export interface RecoveryOptions {
  readonly url: string;
  /** Milliseconds that the server tells an event stream to wait before it reconnects. */
  readonly retry: number;
}

export interface Recovered {
  /** When the loss of the connection was noticed. */
  readonly noticed: number;
  /** When it was open again. */
  readonly reopened: number;
  readonly received: readonly Received[];
}
