import { randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { parseServerUrl } from '../server-url.ts';
import { acceptFor, VERSION } from './protocol.ts';

/** Milliseconds for the opening handshake. */
const HANDSHAKE_TIME_LIMIT = 10_000;

export interface Opened {
  readonly transport: Duplex;
  readonly head: Buffer;
  /** The value of Sec-WebSocket-Extensions. */
  readonly extensions: string | undefined;
}

/** An opening handshake, RFC 6455 §4.1; `offers` is the value of Sec-WebSocket-Extensions. */
export function openHandshake(url: string, offers: string | undefined): Promise<Opened> {
  const { hostname, port, secure, target } = parseServerUrl(url);
  const key = randomBytes(16).toString('base64');
  const options: RequestOptions = {
    agent: false,
    host: hostname,
    port,
    path: target,
    timeout: HANDSHAKE_TIME_LIMIT,
    // It is the protocol that is tested here.
    rejectUnauthorized: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': VERSION,
      ...(offers !== undefined && { 'Sec-WebSocket-Extensions': offers }),
    },
  };
  const request = (secure ? requestHttps : requestHttp)(options);
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`it took longer than ${HANDSHAKE_TIME_LIMIT} ms`)));
    request.on('response', (response) => {
      response.destroy();
      reject(new Error(`the status is ${response.statusCode}`));
    });
    request.on('upgrade', (response, transport, head) => {
      if (response.headers['sec-websocket-accept'] === acceptFor(key)) {
        return resolve({ transport, head, extensions: response.headers['sec-websocket-extensions'] });
      }
      transport.destroy();
      return reject(new Error('Sec-WebSocket-Accept does not match the key'));
    });
    request.end();
  });
}
