import type { HistoryEntry } from '../../shared/history.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';
import { ownText } from '../../shared/own-text.ts';
import type { ServerSentEvent } from '../wire/event-encoder.ts';

/** An event that was broadcast, as the history of a channel keeps it. */
export interface StoredEvent<Context, Data> extends HistoryEntry {
  readonly event: ServerSentEvent<Data> & { readonly id: string };
  readonly context: Context;
  /** The event as a chunk of HTTP/1.1, which goes to each stream. */
  readonly encoded: Buffer;
}

/** The objects that an event in the history consists of: the stored event, its fields, its id, and the id's place in a map. */
const OBJECTS_PER_EVENT = 4;

/**
 * Creates an event for the history. It must not keep other memory alive: text that may be a slice of a longer text is copied.
 * Objects of the application are not copied.
 */
export function storedEvent<Context, Data>(
  event: ServerSentEvent<Data> & { readonly id: string },
  context: Context,
  encoded: Buffer,
  isKept: boolean,
): StoredEvent<Context, Data> {
  // The encoded event, and its fields, whose data is about as long.
  const memory = memoryCost(encoded) + encoded.length + OBJECTS_PER_EVENT * OBJECT_PRICE;
  const base = { context, time: performance.now(), memory, bytesBefore: 0 };
  if (!isKept) return { ...base, id: event.id, event, encoded };
  const own = { ...event, id: ownText(event.id) };
  if (typeof own.event === 'string') own.event = ownText(own.event);
  if (typeof own.data === 'string') own.data = ownText(own.data) as Data & string;
  return { ...base, id: own.id, event: own, encoded: ownMemory(encoded) };
}
