import { positionId } from './position.ts';
import type { StreamEntry } from './replies.ts';

/** A message by which a script announces entries. */
export interface ChannelMessage {
  /** The number of the last entry before those that are announced. */
  readonly before: number;
  /** The number of the last entry that is announced, or `before`. */
  readonly last: number;
  /** The entries after `before`; null if the message does not contain them, because they are long. */
  readonly entries: readonly StreamEntry[] | null;
}

/** The channel of an epoch. Logs in other databases, or with a key prefix, have other epochs. */
export function channelOf(epoch: string): string {
  return `pushwire:${epoch}`;
}

/**
 * Reads a message of the channel of an epoch: see `announce()` in scripts.ts. Returns null if it says that the epoch is over, and
 * undefined if no script has sent it: every client of Redis can publish to the channel.
 */
export function readChannelMessage(text: string, epoch: string): ChannelMessage | null | undefined {
  if (text === '') return null;
  const [head, ...fields] = text.split('\0') as [string, ...string[]];
  if (!/^\d{1,16} \d{1,16}$/.test(head)) return undefined;
  const [before, last] = head.split(' ').map(Number) as [number, number];
  if (before > last) return undefined;
  // Data may contain the separator.
  if (fields.length !== 3 * (last - before)) return { before, last, entries: null };
  const entries: StreamEntry[] = [];
  for (let index = 0, number = before + 1; number <= last; index += 3, number++) {
    const type = fields[index + 1]!;
    entries.push({
      id: positionId(epoch, number),
      topic: fields[index]!,
      event: type === '' ? undefined : type.slice(1),
      data: fields[index + 2]!,
      epoch,
      number,
    });
  }
  return { before, last, entries };
}
