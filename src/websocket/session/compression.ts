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
import type { PoolUser } from './compression-pool.ts';

/** Options of permessage-deflate (RFC 7692). The names are those of `ws`. An invalid one throws a TypeError or RangeError. */
export interface PerMessageDeflateOptions extends DeflatePreferences {
  /** The minimum size in bytes of messages to compress, without context takeover. Default: 1024. */
  readonly threshold?: number | undefined;
  /** How many large messages, of all connections, are compressed or decompressed at the same time. Default: 10. */
  readonly concurrencyLimit?: number | undefined;
  /** `level`, `memLevel` and `strategy` of zlib. Other members, which `ws` accepts, have no effect. Default: none. */
  readonly zlibDeflateOptions?: (DeflateOptions & Readonly<Record<string, unknown>>) | undefined;
  /** Accepted for compatibility with `ws`; it has no effect. */
  readonly zlibInflateOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** PerMessageDeflateOptions after validation. */
export interface CompressionOptions {
  readonly preferences: DeflatePreferences;
  readonly threshold: number;
  readonly concurrencyLimit: number;
  readonly deflate: DeflateOptions;
}

/** The compressor and decompressor of one connection. */
export interface Compression extends PoolUser {
  readonly deflater: Deflater;
  readonly inflater: Inflater;
}

/**
 * Returns null for no compression.
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
  // zlib validates these options. Without this call, it would throw when the first message is sent.
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

/** Creates the compressor and decompressor for one side of a connection; null if permessage-deflate is not in use. */
export function createCompression(
  parameters: DeflateParameters | null,
  role: Role,
  options: CompressionOptions | null,
): Compression | null {
  if (parameters === null || options === null) return null;
  const server = [parameters.serverMaxWindowBits, !parameters.serverNoContextTakeover] as const;
  const client = [parameters.clientMaxWindowBits, !parameters.clientNoContextTakeover] as const;
  const [own, peer] = role === 'server' ? [server, client] : [client, server];
  return {
    deflater: new Deflater(...own, options.threshold, options.deflate),
    inflater: new Inflater(...peer),
    concurrencyLimit: options.concurrencyLimit,
    poolPosition: 0,
  };
}
