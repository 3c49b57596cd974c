import type { LogEntry } from '../log.ts';
import { positionId } from './position.ts';

/** An entry of the stream. */
export interface StreamEntry extends LogEntry {
  /** Empty for an entry that no log has appended. */
  readonly epoch: string;
  readonly number: number;
}

/**
 * The entries in a reply to XREAD with one stream. Replies differ: RESP2 has pairs of a name and entries, or null; RESP3 has a map,
 * which clients return as an object, a Map, or an array in which names and entries alternate.
 */
export function readReplyEntries(reply: unknown): StreamEntry[] {
  if (reply === null || reply === undefined) return [];
  if (reply instanceof Map) return rangeReplyEntries([...reply.values()][0]);
  if (!Array.isArray(reply)) return rangeReplyEntries(Object.values(reply)[0]);
  const [first, second] = reply;
  return rangeReplyEntries(Array.isArray(first) ? first[1] : second);
}

/** The entries in a reply to XRANGE. */
export function rangeReplyEntries(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return reply.map(([id, fields]: [unknown, unknown]) => streamEntry(String(id), fieldsOf(fields)));
}

/** The fields of an entry: an array in which names and values alternate, an object, or a Map. */
function fieldsOf(fields: unknown): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  if (Array.isArray(fields)) {
    for (let index = 0; index < fields.length; index += 2) pairs.set(String(fields[index]), String(fields[index + 1]));
    return pairs;
  }
  const entries = fields instanceof Map ? fields : Object.entries(fields ?? {});
  for (const [name, value] of entries) pairs.set(String(name), String(value));
  return pairs;
}

function streamEntry(streamId: string, fields: ReadonlyMap<string, string>): StreamEntry {
  const epoch = fields.get('e') ?? '';
  const number = Number(streamId.split('-', 1)[0]);
  return {
    id: positionId(epoch, number),
    topic: fields.get('t') ?? '',
    event: fields.get('n'),
    data: fields.get('d') ?? '',
    epoch,
    number,
  };
}

/** The number of entries, from the first one on, that continue a position without a gap. */
export function continuingEntries(entries: readonly StreamEntry[], epoch: string, number: number): number {
  const end = entries.findIndex((entry, index) => entry.epoch !== epoch || entry.number !== number + index + 1);
  return end === -1 ? entries.length : end;
}
