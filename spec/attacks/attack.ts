import type { ClientOptions, ServerOptions } from '../../src/websocket/index.ts';

/** Milliseconds for the answer to an attack, and for the echo of a bystander. A busy machine may need them. */
export const PATIENCE = 30_000;

/** Bytes by which the process under attack may grow, unless a row says otherwise. */
export const DEFAULT_BOUND: number = 32 * 1024 * 1024;

/** Resets the connection, as the operating system does for a process that is killed. */
export const RESET: unique symbol = Symbol('reset');

/** Bytes; null ends the attacker's side. */
export type Piece = Buffer | string | null | typeof RESET;

/** The part of the options that can be sent to another process. */
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

/** What the attacked side must do. */
export type Answer =
  /** An HTTP response with this status, and these lines in its head. */
  | { readonly status: number; readonly lines?: readonly RegExp[] }
  /** Exactly these bytes, and then the end of the connection. */
  | { readonly bytes: Buffer }
  /** A response that starts with these bytes. */
  | { readonly startsWith: Buffer }
  /** The end of the connection, after anything. */
  | 'the end'
  /** Nothing to check: only the bystander and the memory count. */
  | 'nothing';

interface Row {
  readonly title: string;
  /** The section of the standard that says what to do. */
  readonly section: string;
  readonly options?: PlainOptions;
  /** Bytes by which the process may grow. Default: 32 MiB. A row that sets it aims at memory, and gets a process of its own. */
  readonly bound?: number;
}

/** Bytes sent to a server that has an echoing WebSocket and event streams. */
export interface ServerAttack extends Row {
  /** Whether the opening handshake is completed first, and with which offer of extensions. Default: yes, with none. */
  readonly open?: boolean | 'permessage-deflate';
  /** The resource name of the opening handshake. Default: `/`, which echoes. */
  readonly path?: string;
  /** What is sent, piece by piece. */
  readonly send: () => Iterable<Piece>;
  /** Whether the attacker reads the response. Default: yes. */
  readonly reads?: boolean;
  /** Number of attackers at once. Default: 1. */
  readonly times?: number;
  readonly answer: Answer;
  /** Whether it makes sense against `ws`. Default: yes. */
  readonly ofWs?: boolean;
}

/** What a server does to a client: `respond` receives the head of the request, and returns what is written. */
export interface ClientAttack extends Row {
  readonly respond: (head: string, port: number) => Iterable<Piece>;
  /** The code of the error that the client emits. */
  readonly error: string;
  readonly ofWs?: boolean;
}

/** What a server does to an EventSource, connection by connection. */
export interface SourceAttack extends Row {
  readonly respond: (head: string, port: number, connection: number) => Iterable<Piece>;
  /** The first event that the application receives, and how often the source may connect in a second. */
  readonly hears: string;
  readonly connections: number;
}

/** A stream sent to a parser of events. */
export interface StreamAttack extends Row {
  readonly send: () => Iterable<Buffer | string>;
  /** The last event or error that the parser reports. */
  readonly hears: string;
}
