/**
 * Yields every sequence of up to `length` events, for exhaustive tests. `isPossible` receives an event and the events before
 * it. It returns false if the event cannot happen then or changes nothing.
 */
export function* sequences<Event extends string>(
  events: readonly Event[],
  length: number,
  isPossible: (event: Event, before: readonly Event[]) => boolean,
  before: readonly Event[] = [],
): Generator<readonly Event[]> {
  if (before.length > 0) yield before;
  if (before.length === length) return;
  for (const event of events) {
    if (isPossible(event, before)) yield* sequences(events, length, isPossible, [...before, event]);
  }
}

/** Whether the last `on` event comes after the last `off` event. */
export function isOn<Event extends string>(before: readonly Event[], on: Event, off: Event): boolean {
  return before.lastIndexOf(on) > before.lastIndexOf(off);
}
