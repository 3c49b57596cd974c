import { constants } from 'node:zlib';
import { DEFAULT_COMPRESSION_THRESHOLD, DEFAULT_CONCURRENCY_LIMIT } from '../../shared/defaults.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { type OptionNames, warnOfUnknownOptions } from '../../shared/unknown-options.ts';
import {
  type DeflateParameters,
  type DeflatePreferences,
  MAX_WINDOW_BITS,
  MIN_WINDOW_BITS,
} from '../handshake/deflate-negotiation.ts';
import type { Role } from '../wire/frame.ts';
import { type DeflateOptions, Deflater, Inflater } from '../wire/permessage-deflate.ts';
import type { ZlibUser } from './zlib-jobs.ts';

/** Options of permessage-deflate (RFC 7692). The names are those of `ws`. An invalid one throws a TypeError or RangeError. */
export interface PerMessageDeflateOptions extends DeflatePreferences {
  /** Without context takeover, messages of fewer bytes are not compressed. Default: 1024. */
  threshold?: number | undefined;
  /**
   * The maximum number of large messages, of all connections, that are compressed or decompressed at the same time. Others wait, and
   * connections take turns. At most half of the places are for messages of which 1 MiB has been inflated. Default: 10.
   */
  concurrencyLimit?: number | undefined;
  /** `level`, `memLevel` and `strategy` of zlib. Other members, which `ws` accepts, have no effect. Default: none. */
  zlibDeflateOptions?: (DeflateOptions & Readonly<Record<string, unknown>>) | undefined;
  /** Accepted for compatibility with `ws`; it has no effect. Default: none. */
  zlibInflateOptions?: Readonly<Record<string, unknown>> | undefined;
}

const NAMES: OptionNames<PerMessageDeflateOptions> = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: true,
  clientMaxWindowBits: true,
  threshold: true,
  concurrencyLimit: true,
  zlibDeflateOptions: true,
  zlibInflateOptions: true,
};

/** PerMessageDeflateOptions after validation. @internal */
export interface CompressionOptions {
  readonly preferences: DeflatePreferences;
  readonly threshold: number;
  readonly concurrencyLimit: number;
  readonly deflate: DeflateOptions;
}

/** The compressor and decompressor of one connection. @internal */
export interface Compression extends ZlibUser {
  readonly deflater: Deflater;
  readonly inflater: Inflater;
}

/**
 * Returns null for no compression.
 *
 * @throws TypeError or RangeError for an invalid option
 *
 * @internal
 */
export function compressionOptions(
  perMessageDeflate: boolean | PerMessageDeflateOptions | undefined,
  defaultValue: boolean,
): CompressionOptions | null {
  const value = perMessageDeflate ?? defaultValue;
  if (value === false) return null;
  const options: PerMessageDeflateOptions =
    value === true ? {} : webSocketOption.object('perMessageDeflate', value, 'a boolean or an object');
  warnOfUnknownOptions('perMessageDeflate', options, NAMES);
  const serverNoContextTakeover = webSocketOption.flag('serverNoContextTakeover', options.serverNoContextTakeover);
  const clientNoContextTakeover = webSocketOption.flag('clientNoContextTakeover', options.clientNoContextTakeover);
  const serverMaxWindowBits = windowBits('serverMaxWindowBits', options.serverMaxWindowBits);
  const clientMaxWindowBits = windowBits('clientMaxWindowBits', options.clientMaxWindowBits);
  webSocketOption.object('zlibInflateOptions', options.zlibInflateOptions);
  const deflate = deflateOptions(webSocketOption.object('zlibDeflateOptions', options.zlibDeflateOptions));
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

function windowBits<T extends number | boolean>(name: string, value: T | null | undefined): T | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') webSocketOption.integer(name, value, MIN_WINDOW_BITS, MAX_WINDOW_BITS);
  return value;
}

/** The ranges of zlib. Without this check, zlib would throw when the first message is sent. */
const ZLIB_RANGES: Readonly<Record<keyof DeflateOptions, readonly [min: number, max: number]>> = {
  level: [constants.Z_MIN_LEVEL, constants.Z_MAX_LEVEL],
  memLevel: [constants.Z_MIN_MEMLEVEL, constants.Z_MAX_MEMLEVEL],
  strategy: [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED],
};

function deflateOptions(options: DeflateOptions): DeflateOptions {
  const given: Partial<Record<keyof DeflateOptions, number>> = {};
  for (const name of Object.keys(ZLIB_RANGES) as (keyof DeflateOptions)[]) {
    const value = options[name];
    if (value === undefined || value === null) continue;
    given[name] = webSocketOption.integer(`zlibDeflateOptions.${name}`, value, ...ZLIB_RANGES[name]);
  }
  return given;
}

/**
 * Creates the compressor and decompressor for one side of a connection; null if permessage-deflate is not in use.
 *
 * @internal
 */
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
    queuePosition: 0,
  };
}
