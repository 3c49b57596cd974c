import type { HeaderFields } from './raw-connection.ts';

/** Why no case can say anything about a server. */
export type Obstacle =
  /** It answers with something other than HTTP. */
  | { readonly kind: 'no HTTP'; readonly received: string }
  /** It neither opens a WebSocket nor sends an event stream. */
  | { readonly kind: 'response'; readonly response: ResponseSummary }
  /** It sends a message before it has received one, or one that belongs to none. */
  | { readonly kind: 'own message'; readonly received: string }
  /** It answers a message with another one. */
  | { readonly kind: 'other message'; readonly sent: string; readonly received: string }
  /** It answers a message with a Close frame, and that does not report a violation of the protocol. */
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  /** It does not answer a message within this many milliseconds. It may send the message to other connections. */
  | { readonly kind: 'silence'; readonly timeLimit: number; readonly reachesOthers: boolean };

/** What matters of a response. */
export interface ResponseSummary {
  readonly status: number;
  /** By lower-case name. */
  readonly fields: Readonly<Record<string, string>>;
  /** The beginning of the content, as far as it came with the head. */
  readonly content: string;
}

/** Why cases must run one at a time: the server sends each message to all connections, or accepts one connection only. */
export type Sharing = 'broadcast' | 'single connection';

/** What a server does before the first case. */
export interface ServerCheck {
  /** Undefined if the cases can say something, even if it is that the server violates the protocol. */
  readonly obstacle?: Obstacle | undefined;
  /** Undefined if cases may run at the same time. */
  readonly sharing?: Sharing | undefined;
}

/** How to check a server. */
export interface CheckOptions {
  /** Milliseconds to wait for an answer. */
  readonly timeLimit: number;
  /** Header fields to send besides those of a valid request. */
  readonly headers: HeaderFields;
}
