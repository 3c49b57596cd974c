import type { LogEntry } from '../log/log.ts';
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
  return Array.isArray(reply) ? reply.map(streamEntry) : [];
}

function streamEntry([id, fields]: readonly [unknown, unknown]): StreamEntry {
  const list = fieldList(fields);
  const epoch = fieldOf(list, 'e') ?? '';
  const number = Number(String(id).split('-', 1)[0]);
  return {
    id: positionId(epoch, number),
    topic: fieldOf(list, 't') ?? '',
    event: fieldOf(list, 'n'),
    data: fieldOf(list, 'd') ?? '',
    epoch,
    number,
  };
}

/** The names and values of the fields, alternating. Replies have them like this, in an object, or in a Map. */
function fieldList(fields: unknown): readonly unknown[] {
  if (Array.isArray(fields)) return fields;
  return (fields instanceof Map ? [...fields] : Object.entries(fields ?? {})).flat();
}

function fieldOf(list: readonly unknown[], name: string): string | undefined {
  for (let index = 0; index < list.length; index += 2) {
    if (String(list[index]) === name) return String(list[index + 1]);
  }
  return undefined;
}

/** The number of characters of data in the entries. */
export function charactersIn(entries: readonly StreamEntry[]): number {
  return entries.reduce((sum, { data }) => sum + data.length, 0);
}

/** The number of entries, from the first one on, that continue a position without a gap. */
export function continuingEntries(entries: readonly StreamEntry[], epoch: string, number: number): number {
  const end = entries.findIndex((entry, index) => entry.epoch !== epoch || entry.number !== number + index + 1);
  return end === -1 ? entries.length : end;
}
