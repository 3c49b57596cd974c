import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Certificate, selfSignedCertificate } from '../support/certificate.ts';

export type Scheme = 'ws' | 'wss';
export const SCHEMES: readonly Scheme[] = ['ws', 'wss'];

/** The lengths around the three forms of the length field, and the longest message that is taken by default. */
export const LENGTHS: readonly number[] = [0, 1, 125, 126, 65_535, 65_536, 16 * 1024 * 1024];

/** A message to be echoed. */
export interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Code points of every length; 64 bytes, so that no length of the above cuts one. */
const TEXT_PATTERN = Buffer.alloc(64, '.');
TEXT_PATTERN.write('grüße, 你好, 😀; ');

/** What a message repeats. */
export function patternOf(isBinary: boolean): Buffer {
  return isBinary ? EVERY_BYTE : TEXT_PATTERN;
}

/** Text of so many bytes that has code points of every length, or bytes of every value. */
export function messageOf(length: number, isBinary: boolean): Message {
  return { bytes: Buffer.alloc(length, patternOf(isBinary)), isBinary };
}

/** Four fragments, the second of which is empty; the cuts do not mind code points. */
export function fragmentsOf(bytes: Buffer): Buffer[] {
  const third = Math.floor(bytes.length / 3);
  return [
    bytes.subarray(0, third),
    Buffer.alloc(0),
    bytes.subarray(third, 2 * third + 1),
    bytes.subarray(2 * third + 1),
  ];
}

/** Short enough to be shown when it differs. */
export function digest({ bytes, isBinary }: Message): string {
  return `${isBinary ? 'binary' : 'text'} of ${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex')}`;
}

/** The server of node:http or node:https that a WebSocketServer, of ours or of a peer, is put on. */
export async function listen(scheme: Scheme): Promise<{ http: HttpsServer; url: string; certificate: Certificate }> {
  const certificate = await selfSignedCertificate();
  const http = scheme === 'wss' ? createHttpsServer(certificate) : (createHttpServer() as HttpsServer);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, url: `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`, certificate };
}
