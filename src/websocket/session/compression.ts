import { deflateRawSync } from 'node:zlib';
import { DEFAULT_COMPRESSION_THRESHOLD, DEFAULT_CONCURRENCY_LIMIT } from '../../shared/defaults.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import {
  type DeflateParameters,
  type DeflatePreferences,
  MAX_WINDOW_BITS,
  MIN_WINDOW_BITS,
} from '../handshake/deflate-negotiation.ts';
import type { Role } from '../wire/frame.ts';
import { type DeflateOptions, Deflater, Inflater } from '../wire/permessage-deflate.ts';

/** Options of permessage-deflate (RFC 7692), with the names of `ws`. */
export interface PerMessageDeflateOptions extends DeflatePreferences {
  /** Bytes: without context takeover, smaller messages are sent as they are. Default: 1024. */
  readonly threshold?: number | undefined;
  /** How many large messages are compressed or decompressed at once, of all connections. Default: 10. */
  readonly concurrencyLimit?: number | undefined;
  /** `level`, `memLevel` and `strategy` of zlib; what else `ws` takes here has no effect. */
  readonly zlibDeflateOptions?: (DeflateOptions & Readonly<Record<string, unknown>>) | undefined;
  /** Taken for the sake of `ws`; it has no effect. */
  readonly zlibInflateOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** The options, checked, with their defaults. */
export interface CompressionOptions {
  readonly preferences: DeflatePreferences;
  readonly threshold: number;
  readonly concurrencyLimit: number;
  readonly deflate: DeflateOptions;
}

/** What compresses and decompresses for one connection. */
export interface Compression {
  readonly deflater: Deflater;
  readonly inflater: Inflater;
  readonly concurrencyLimit: number;
}

/**
 * Null for no compression.
 *
 * @throws TypeError or RangeError for an invalid option
 */
export function compressionOptions(
  perMessageDeflate: boolean | PerMessageDeflateOptions | undefined,
  defaultValue: boolean,
): CompressionOptions | null {
  const value = perMessageDeflate ?? defaultValue;
  if (value === false) return null;
  const options = value === true ? {} : value;
  if (typeof options !== 'object' || options === null) {
    throw webSocketOption.error(TypeError, 'perMessageDeflate', 'a boolean or an object', options);
  }
  const { serverMaxWindowBits, clientMaxWindowBits, serverNoContextTakeover, clientNoContextTakeover } = options;
  checkWindowBits('serverMaxWindowBits', serverMaxWindowBits);
  checkWindowBits('clientMaxWindowBits', clientMaxWindowBits);
  const { level, memLevel, strategy } = options.zlibDeflateOptions ?? {};
  const deflate: DeflateOptions = {
    ...(level === undefined ? {} : { level }),
    ...(memLevel === undefined ? {} : { memLevel }),
    ...(strategy === undefined ? {} : { strategy }),
  };
  // zlib checks them, here and not when the first message is sent.
  deflateRawSync('', deflate);
  return {
    preferences: { serverMaxWindowBits, clientMaxWindowBits, serverNoContextTakeover, clientNoContextTakeover },
    threshold: webSocketOption.nonNegative('threshold', options.threshold, DEFAULT_COMPRESSION_THRESHOLD, 'bytes'),
    concurrencyLimit: Math.max(
      1,
      webSocketOption.nonNegative('concurrencyLimit', options.concurrencyLimit, DEFAULT_CONCURRENCY_LIMIT),
    ),
    deflate,
  };
}

function checkWindowBits(name: string, value: number | boolean | undefined): void {
  if (value === undefined || typeof value === 'boolean') return;
  webSocketOption.integer(name, value, MIN_WINDOW_BITS, MAX_WINDOW_BITS);
}

/** The compression of one side of a connection, with the parameters that were negotiated. */
export function createCompression(
  parameters: DeflateParameters,
  role: Role,
  { threshold, concurrencyLimit, deflate }: CompressionOptions,
): Compression {
  const server = [parameters.serverMaxWindowBits, !parameters.serverNoContextTakeover] as const;
  const client = [parameters.clientMaxWindowBits, !parameters.clientNoContextTakeover] as const;
  const [own, peer] = role === 'server' ? [server, client] : [client, server];
  return {
    deflater: new Deflater(...own, threshold, deflate),
    inflater: new Inflater(...peer),
    concurrencyLimit,
  };
}
