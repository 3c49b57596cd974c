import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { type Certificate, selfSignedCertificate } from '../support/certificate.ts';

export type Scheme = 'ws' | 'wss';
export const SCHEMES: readonly Scheme[] = ['ws', 'wss'];

/** The lengths around the three forms of the payload length, and the longest message that is accepted by default. */
export const LENGTHS: readonly number[] = [0, 1, 125, 126, 65_535, 65_536, 16 * 1024 * 1024];

/** A message to be echoed. */
export interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Code points of every length in UTF-8: 64 bytes, so that none of the lengths above splits one. */
const TEXT_PATTERN = Buffer.alloc(64, '.');
TEXT_PATTERN.write('grüße, 你好, 😀; ');

/** The bytes that a message repeats. */
export function patternOf(isBinary: boolean): Buffer {
  return isBinary ? EVERY_BYTE : TEXT_PATTERN;
}

/** A message of this many bytes: text with code points of every length, or bytes of every value. */
export function messageOf(length: number, isBinary: boolean): Message {
  return { bytes: Buffer.alloc(length, patternOf(isBinary)), isBinary };
}

/** Four fragments, the second one empty. They may split code points. */
export function fragmentsOf(bytes: Buffer): Buffer[] {
  const third = Math.floor(bytes.length / 3);
  return [
    bytes.subarray(0, third),
    Buffer.alloc(0),
    bytes.subarray(third, 2 * third + 1),
    bytes.subarray(2 * third + 1),
  ];
}

/** A digest, short enough for the report of a failed test. */
export function digest({ bytes, isBinary }: Message): string {
  return `${isBinary ? 'binary' : 'text'} of ${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex')}`;
}

/** Expects the same messages. A digest of each takes longer than the echo, so that only the report of a failure has digests. */
export function expectSame(received: readonly Message[], sent: readonly Message[]): void {
  const isSame = received.every(({ bytes, isBinary }, index) => {
    const other = sent[index];
    return other !== undefined && isBinary === other.isBinary && bytes.equals(other.bytes);
  });
  if (!isSame || received.length !== sent.length) expect(received.map(digest)).toEqual(sent.map(digest));
}

/** A server of node:http or node:https for a WebSocketServer of either library. */
export async function listen(scheme: Scheme): Promise<{ http: HttpsServer; url: string; certificate: Certificate }> {
  const certificate = await selfSignedCertificate();
  const http = scheme === 'wss' ? createHttpsServer(certificate) : (createHttpServer() as HttpsServer);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, url: `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`, certificate };
}
