import type { Duplex } from 'node:stream';
import type { Agreement } from '../handshake/response.ts';
import type { Endpoint } from '../wire/frame-encoder.ts';
import type { Compression } from './compression.ts';
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
