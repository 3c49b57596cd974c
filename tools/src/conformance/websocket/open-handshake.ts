import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import type { HeaderFields } from '../raw-connection.ts';
import { parseServerUrl } from '../server-url.ts';
import type { WireLog } from '../wire-log.ts';
import { fieldLines } from './accept-handshake.ts';
import { acceptFor, VERSION } from './protocol.ts';

/** Milliseconds within which the server must respond. */
export const HANDSHAKE_TIME_LIMIT = 10_000;

/** An open connection. */
export interface Opened {
  readonly transport: Duplex;
  /** Octets that arrived after the response. */
  readonly head: Buffer;
  /** The value of Sec-WebSocket-Extensions. */
  readonly extensions: string | undefined;
}

export interface OpenOptions {
  /** Milliseconds within which the server must respond. Default: 10,000. */
  readonly timeLimit?: number;
  /** Header fields that are sent besides those of the opening handshake. */
  readonly headers?: HeaderFields | undefined;
  /** Records the request and the response. */
  readonly log?: WireLog;
}

/**
 * Performs the opening handshake of a client, RFC 6455 §4.1.
 *
 * @param offers the value of Sec-WebSocket-Extensions
 */
export function openHandshake(
  url: string,
  offers: string | undefined,
  { timeLimit = HANDSHAKE_TIME_LIMIT, headers, log }: OpenOptions = {},
): Promise<Opened> {
  const { hostname, port, secure, host, target } = parseServerUrl(url);
  const key = randomBytes(16).toString('base64');
  const options: RequestOptions = {
    agent: false,
    host: hostname,
    port,
    path: target,
    // The cases test the protocol, and not the certificate.
    rejectUnauthorized: false,
    headers: {
      ...headers,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': VERSION,
      ...(offers !== undefined && { 'Sec-WebSocket-Extensions': offers }),
    },
  };
  const lines = Object.entries({ Host: host, ...(options.headers as HeaderFields) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  log?.add('tester', JSON.stringify([`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')));
  const record = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage): void => {
    const head = [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...fieldLines(rawHeaders), '', ''];
    log?.add('agent', JSON.stringify(head.join('\r\n')));
  };
  const request = (secure ? requestHttps : requestHttp)(options);
  return new Promise((resolve, reject) => {
    // The `timeout` of a request would begin anew with each octet.
    const timer = setTimeout(() => {
      request.destroy(new Error(`no response within ${timeLimit} ms`));
    }, timeLimit);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.on('response', (response) => {
      record(response);
      response.destroy();
      reject(new Error(`wrong status; expected 101; received ${response.statusCode}`));
    });
    request.on('upgrade', (response, transport, head) => {
      clearTimeout(timer);
      record(response);
      const [accept, received = 'none'] = [acceptFor(key), response.headers['sec-websocket-accept']];
      if (received === accept) {
        return resolve({ transport, head, extensions: response.headers['sec-websocket-extensions'] });
      }
      transport.destroy();
      return reject(new Error(`wrong Sec-WebSocket-Accept; expected ${accept}; received ${received}`));
    });
    request.end();
  });
}
