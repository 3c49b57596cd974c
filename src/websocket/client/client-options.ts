import type { ClientRequest } from 'node:http';
import type { PerMessageDeflateOptions } from '../session/compression.ts';
import type { HeartbeatOptions, WebSocketOptions } from '../session/session-options.ts';
import type { WebSocket } from '../websocket.ts';
import type { GenerateMask } from '../wire/frame-encoder.ts';
import type { HandshakeOptions } from './client-handshake.ts';
import { generateMaskingKey } from './masking-key.ts';

/** Options of a client. Every option of `https.request` is taken, too, such as `headers`, `agent` or `ca`. */
export interface ClientOptions extends WebSocketOptions, HeartbeatOptions, HandshakeOptions {
  /** Fills four bytes with a masking key. Default: from the system's random generator. For tests that repeat a run. */
  readonly generateMask?: ((maskingKey: Buffer) => void) | undefined;
  /** The subprotocols to offer, if the argument of that name is left out. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Called with each request, to set header fields: it must end the request. Default: the request is ended as it is. */
  readonly finishRequest?: ((request: ClientRequest, socket: WebSocket) => void) | undefined;
  /** Whether, and how, permessage-deflate (RFC 7692) is offered. Default: true. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

/** The application's generator gets a Buffer, as with `ws`. */
export function maskingKeys(generateMask: ClientOptions['generateMask']): GenerateMask {
  if (generateMask === undefined) return generateMaskingKey;
  return (maskingKey) => generateMask(Buffer.from(maskingKey.buffer as ArrayBuffer, maskingKey.byteOffset, 4));
}

export function isClientOptions(argument: unknown): argument is ClientOptions {
  return typeof argument === 'object' && argument !== null && !Array.isArray(argument);
}

/** What is for the connection, and what is for its handshake. */
export function splitClientOptions(options: ClientOptions): {
  webSocketOptions: WebSocketOptions;
  handshakeOptions: HandshakeOptions;
} {
  const {
    maxPayload,
    maxFragments,
    maxBufferedChunks,
    skipUTF8Validation,
    autoPong,
    maxPendingAutoPongs,
    allowSynchronousEvents,
    maxBackpressure,
    closeTimeout,
    ...handshakeOptions
  } = options;
  const sizes = { maxPayload, maxFragments, maxBufferedChunks, maxBackpressure };
  const behaviour = { skipUTF8Validation, autoPong, maxPendingAutoPongs, allowSynchronousEvents, closeTimeout };
  return { webSocketOptions: { ...sizes, ...behaviour }, handshakeOptions };
}
