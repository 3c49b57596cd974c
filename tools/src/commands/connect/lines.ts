import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Outgoing } from './transmit.ts';

/** Each line as a message. @param lines a stream to read, or the lines themselves */
export async function* messagesOf(
  lines: Readable | readonly string[],
  kind: 'text' | 'binary',
): AsyncGenerator<Outgoing> {
  const source = Array.isArray(lines)
    ? lines
    : createInterface({ input: lines as Readable, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const data of source) yield { kind, data };
}
