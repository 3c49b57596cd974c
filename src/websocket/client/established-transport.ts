import type { Duplex } from 'node:stream';
import { webSocketOption } from '../../shared/option-validation.ts';
import type { OpenTransport } from '../session/open-transport.ts';
import { sessionOptions, type WebSocketOptions } from '../session/session-options.ts';
import { warnOfSimilarOptions } from './client-options.ts';
import { generateMaskingKey } from './masking-key.ts';

/**
 * Describes a transport whose opening handshake was not made here, for `setSocket()`.
 *
 * @throws TypeError or RangeError for an invalid option
 */
export function establishedTransport(
  transport: Duplex,
  head: Buffer,
  isServer: boolean,
  options: WebSocketOptions,
): OpenTransport {
  const given = webSocketOption.object('options', options);
  warnOfSimilarOptions('setSocket()', given);
  webSocketOption.withMethods('transport', transport, ['on', 'write', 'destroy'], 'a stream');
  return {
    transport,
    head,
    agreement: { protocol: '', extensions: [], deflate: null },
    endpoint: isServer ? { role: 'server' } : { role: 'client', generateMask: generateMaskingKey },
    options: sessionOptions(given),
    compression: null,
    supervisor: null,
  };
}
