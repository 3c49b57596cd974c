import type { ClientOptions, ServerOptions } from '../../src/websocket/index.ts';

/** Milliseconds to wait for the answer to an attack, and for the echo to a bystander. A busy machine can need them. */
export const PATIENCE = 30_000;

/** The default limit on the growth of the process under attack, in bytes. */
export const DEFAULT_BOUND: number = 32 * 1024 * 1024;

/** Resets the connection, as the operating system does when a process is killed. */
export const RESET: unique symbol = Symbol('reset');

/** Bytes; null ends the attacker's side. */
export type Piece = Buffer | string | null | typeof RESET;

/** The options that can be sent to another process. */
export type PlainOptions = Pick<
  ServerOptions & ClientOptions,
  | 'auth'
  | 'closeTimeout'
  | 'followRedirects'
  | 'handshakeTimeout'
  | 'headers'
  | 'heartbeatInterval'
  | 'heartbeatTimeout'
  | 'maxBackpressure'
  | 'maxConnections'
  | 'maxPayload'
  | 'maxReceiveMemory'
  | 'maxRedirects'
  | 'messageTimeout'
  | 'perMessageDeflate'
>;

/** The required answer of the endpoint under attack. */
export type Answer =
  /** An HTTP response with this status, whose text matches `lines`. */
  | { readonly status: number; readonly lines?: readonly RegExp[] }
  /** Exactly these bytes and then the end of the connection. */
  | { readonly bytes: Buffer }
  /** A response that starts with these bytes. */
  | { readonly startsWith: Buffer }
  /** The end of the connection, after any bytes. */
  | 'the end'
  /** The answer is not checked. The bystander and the memory are. */
  | 'nothing';

interface Row {
  readonly title: string;
  /** The section of the standard that specifies the answer. */
  readonly section: string;
  readonly options?: PlainOptions;
  /** Limit on the growth of the process in bytes. Defaults to 32 MiB. An attack that sets it runs in its own process. */
  readonly bound?: number;
}

/** An attack on a server that echoes WebSocket messages and serves event streams. */
export interface ServerAttack extends Row {
  /** Whether the attacker completes the opening handshake first, and the extension that it offers. Defaults to true. */
  readonly open?: boolean | 'permessage-deflate';
  /** The resource name of the opening handshake. Defaults to `/`, which echoes. */
  readonly path?: string;
  /** The pieces that the attacker sends. */
  readonly send: () => Iterable<Piece>;
  /** Whether the attacker reads. Defaults to true. */
  readonly reads?: boolean;
  /** The number of attackers at the same time. Defaults to 1. */
  readonly times?: number;
  readonly answer: Answer;
  /** Whether the attack applies to `ws`. Defaults to true. */
  readonly ofWs?: boolean;
}

/** An attack of a server on a client. `respond` receives the head of the request, and returns what the server writes. */
export interface ClientAttack extends Row {
  readonly respond: (head: string, port: number) => Iterable<Piece>;
  /** The code of the error that the client emits. */
  readonly error: string;
  readonly ofWs?: boolean;
}

/** An attack of a server on an EventSource. `respond` is called for each connection. */
export interface SourceAttack extends Row {
  readonly respond: (head: string, port: number, connection: number) => Iterable<Piece>;
  /** The first event that the application receives. */
  readonly hears: string;
  /** The largest number of connections in a second. */
  readonly connections: number;
}

/** An attack of an event stream on an EventParser. */
export interface StreamAttack extends Row {
  readonly send: () => Iterable<Buffer | string>;
  /** The last event or error that the parser reports. */
  readonly hears: string;
}
