import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Agreement } from '../handshake/response.ts';
import type { Endpoint } from '../wire/frame-encoder.ts';
import type { Compression } from './compression.ts';
import { flushAtExit } from './flush-at-exit.ts';
import type { SessionOptions } from './session-options.ts';
import type { Supervisor } from './supervisor.ts';

/** A transport whose opening handshake is complete, and everything else that a session needs. */
export interface OpenTransport {
  readonly transport: Duplex;
  /** Bytes that were received after the opening handshake. */
  readonly head: Buffer;
  readonly agreement: Agreement;
  /** The role; on a client also the source of masking keys. */
  readonly endpoint: Endpoint;
  readonly options: SessionOptions;
  /** Null unless permessage-deflate is in use. */
  readonly compression: Compression | null;
  /** Null on a client without a heartbeat. */
  readonly supervisor: Supervisor | null;
}

/**
 * The property of a transport that holds its session, so that all transports share the same listener functions. All copies of the
 * module use the same property.
 */
export const SESSION: unique symbol = /* @__PURE__ */ Symbol.for('pushwire.session');
export type TransportOf<Session> = Duplex & { [SESSION]?: Session };

/** Returns whether a WebSocket already uses the transport. */
export function hasSession(transport: TransportOf<unknown>): boolean {
  return transport[SESSION] !== undefined;
}

/**
 * While a socket is not read, it keeps one chunk, instead of all chunks that fit into its high-water mark: chunks of one byte take 200
 * times as much memory. While it is read, it keeps nothing. There is no documented way to change the mark of a socket.
 */
function limitReadAhead(socket: Socket & { _readableState?: { highWaterMark?: number } }): void {
  if (socket._readableState?.highWaterMark !== undefined) socket._readableState.highWaterMark = 1;
}

/** Sets what the transport of an open connection needs. */
export function prepareTransport(transport: Duplex, head: Buffer): void {
  flushAtExit();
  if (transport instanceof Socket) {
    transport.setTimeout(0);
    transport.setNoDelay();
    limitReadAhead(transport);
  }
  // If the peer ends its side, this side ends after all input has been delivered, which `pause()` may delay.
  transport.allowHalfOpen = true;
  if (head.length > 0) transport.unshift(head);
}
