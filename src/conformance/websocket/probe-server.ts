import { randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { parseAddress } from '../../websocket/address.ts';
import { acceptKey } from '../../websocket/handshake/accept-key.ts';
import { type CaseResult, DEFAULT_TIME_LIMIT, notRun } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import type { ConformanceCase } from './case.ts';
import type { HandshakeCase } from './handshake-case.ts';
import { probeHandshake } from './probe-handshake.ts';
import { runCase } from './run-case.ts';
import { TestConnection } from './test-connection.ts';
import { acceptedByServer, offersOf } from './test-deflate.ts';

/** Milliseconds for the opening handshake. */
const HANDSHAKE_TIME_LIMIT = 10_000;

export interface ProbeOptions {
  /** Cases that run at once. */
  readonly concurrency: number;
  /** Milliseconds that what is expected may take to come. Default: 5,000. */
  readonly timeLimit?: number | undefined;
  /** Called with each result, in the order in which they come. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Runs cases against an echo server; the results are in the order of the cases. */
export async function probeServer(
  url: string,
  cases: readonly (ConformanceCase | HandshakeCase)[],
  { concurrency, timeLimit = DEFAULT_TIME_LIMIT, onResult }: ProbeOptions,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < cases.length) {
      const index = next++;
      const test = cases[index]!;
      const isEcho = 'steps' in test;
      const result = await (isEcho ? probeOnce(url, test, timeLimit) : probeHandshake(url, test, timeLimit));
      results[index] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, cases.length) }, work));
  return results;
}

async function probeOnce(url: string, test: ConformanceCase, timeLimit: number): Promise<CaseResult> {
  const log = new WireLog();
  try {
    const offers = test.deflate === undefined ? undefined : offersOf(test.deflate);
    const { transport, head, extensions } = await openHandshake(url, offers);
    const deflate = acceptedByServer(extensions);
    if (test.deflate !== undefined && deflate === null) {
      transport.destroy();
      return notRun(test, 'UNIMPLEMENTED', 'The agent did not accept permessage-deflate', log);
    }
    const connection = new TestConnection(transport, head, true, log, deflate);
    return await runCase(test, connection, log, { isClient: true, timeLimit });
  } catch (error) {
    return notRun(test, 'FAILED', `The opening handshake failed: ${(error as Error).message}`, log);
  }
}

interface Opened {
  readonly transport: Duplex;
  readonly head: Buffer;
  /** The value of Sec-WebSocket-Extensions. */
  readonly extensions: string | undefined;
}

/** An opening handshake, RFC 6455 §4.1. */
function openHandshake(url: string, offers: string | undefined): Promise<Opened> {
  const { hostname, port, secure, socketPath, path } = parseAddress(url);
  const key = randomBytes(16).toString('base64');
  const options: RequestOptions = {
    agent: false,
    host: hostname,
    port,
    socketPath,
    path,
    timeout: HANDSHAKE_TIME_LIMIT,
    // It is the protocol that is tested here.
    rejectUnauthorized: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': 13,
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
      if (response.headers['sec-websocket-accept'] === acceptKey(key)) {
        return resolve({ transport, head, extensions: response.headers['sec-websocket-extensions'] });
      }
      transport.destroy();
      return reject(new Error('Sec-WebSocket-Accept does not match the key'));
    });
    request.end();
  });
}
